"""Facts that fill every field of a form with something of the right kind."""

from typing import Any

from regulatory.forms.catalogue import Form, FormField, find_form

_DAY = "2026-03-02"
_BY_TYPE: dict[str, Any] = {
    "text": "As the record says.", "texts": ["V2"], "date": _DAY, "number": 2.5, "count": 1,
    "yes_no": True, "country": "DE", "countries": ["DE", "FR"],
}  # fmt: skip
_BY_KEY: dict[str, Any] = {
    "report_number": "1234567-2026-00001", "registration_number": "1234567",
    "report_sequence": "001",
}  # fmt: skip


def of_the_kind(field: FormField) -> Any:
    """A value that this field may hold."""
    if field.key in _BY_KEY:
        return _BY_KEY[field.key]
    if field.type == "choice":
        return field.choices[0]
    if field.type == "choices":
        return [field.choices[0]]
    if field.type == "codes":
        return [f"{field.annex}0101"]
    if field.type == "table":
        return [dict.fromkeys(field.columns, 1)]
    return _BY_TYPE[field.type]


def whole(form_id: str) -> dict[str, Any]:
    """Facts for every field of a form."""
    return {one.key: of_the_kind(one) for one in find_form(form_id).fields}


def so_that_it_is_needed(form: Form, field: FormField) -> dict[str, Any]:
    """Facts for every other field, with those that decide over this one set so that it is."""
    facts = whole(form.id) | {field.key: None}
    said = field.needed
    if isinstance(said, bool):
        return facts
    if "any_unknown" in said:
        unsure = next(one for one in form.fields if one.unknown is not None)
        return facts | {unsure.key: {"unknown": "The site could not tell.", "attempts": ["Asked."]}}
    if "differ" in said:
        return facts | {said["differ"][0]: "2026-02-01"}
    decides = form.field(said["field"])
    if "given" in said:
        return facts | {decides.key: None}
    value = said.get("is", said.get("at_least"))
    if "in" in said:
        value = said["in"][0]
    elif "not_in" in said:
        value = next(one for one in decides.choices if one not in said["not_in"])
    elif "has" in said:
        value = [said["has"]]
    elif "not_in_group" in said:
        value = "US"
    return facts | {decides.key: value}
