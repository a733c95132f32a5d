"""The forms and their fields as rows, for who fills them."""

from typing import Any

from regulatory.forms.catalogue import Form, FormField, find_form, forms
from regulatory.forms.conditions import words_of


def form_list() -> list[dict[str, Any]]:
    """Every form: edition, how many fields, how many are needed always or on a condition."""
    return [
        {
            "form": one.id, "title": one.title, "edition": one.edition,
            "fields": len(one.fields),
            "needed_always": sum(field.needed is True for field in one.fields),
            "needed_if": sum(not isinstance(field.needed, bool) for field in one.fields),
            "primary_text_checked": one.primary_text_checked, "xml": False,
        }
        for one in forms().values()
    ]  # fmt: skip


def form_sheet(form_id: str) -> dict[str, Any]:
    """One form: what of it was seen, what its numbers are, and its fields."""
    form = find_form(form_id)
    return {
        "form": form.id, "title": form.title, "authority": form.authority,
        "edition": form.edition, "version": form.version, "basis": form.basis,
        "source": form.source, "primary_text_checked": form.primary_text_checked,
        "numbers": form.numbers, "unknown_is_written": form.unknown_is_written, "xml": form.xml,
        "digest": form.digest, "fields": [_row(form, one) for one in form.fields],
    }  # fmt: skip


def _row(form: Form, field: FormField) -> dict[str, Any]:
    needed = {True: "always", False: ""}.get(field.needed) if isinstance(field.needed, bool) else (
        f"if {words_of(field.needed)}"
    )  # fmt: skip
    unknown = "" if field.unknown is None else (
        "reason and attempts" if form.unknown_needs_attempts else "reason"
    )  # fmt: skip
    return {
        "number": field.number, "fact": field.key, "name": field.name, "type": field.type,
        "needed": needed, "unknown_with": unknown,
        "one_of": list(field.choices), "most": field.most, "from": field.source,
    }  # fmt: skip
