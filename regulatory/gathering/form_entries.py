"""A form of an authority as a document shows it: the newest one kept, else what records fill in.

The values of a kept form lie in controlled storage; without it the document says that they could
not be read.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlmodel import Session

from records.field_actions import FieldAction
from records.form_versions import FormVersion, readiness, versions_about
from records.incidents import Incident
from records.lookup import find_record
from regulatory.documents.event_facts import FormEntry, FormFacts
from regulatory.forms.catalogue import Form, FormField, choice_words, find_form
from regulatory.forms.filling import EMPTY, fill_form
from regulatory.forms.prefill import Known
from regulatory.forms.writing import data_set
from regulatory.gathering.case_records import signatures_by
from regulatory.gathering.edition import Basis
from regulatory.gathering.event_entries import full_names
from regulatory.gathering.field_action_facts import known_of_assessment, known_of_field_action
from regulatory.gathering.submission_facts import known_of_incident

NOT_AT_HAND: Final = "controlled storage was not at hand, so the kept form was not read"


def form_of_subject(session: Session, basis: Basis, form_id: str, about: str) -> FormFacts:
    """The form about a record: what was kept last, or what the records alone say of it."""
    form = find_form(form_id)
    kept = [one for one in versions_about(session, about) if one.form == form.id]
    if not kept:
        return _from_records(session, basis, form, about)
    newest = kept[-1]
    if basis.vault is None:
        return _facts(form, (), newest, session, not_read=NOT_AT_HAND)
    content = json.loads(basis.vault.fetch(newest.digest, of=newest.label))
    return _facts(form, _entries(form, content), newest, session,
                  changed=_changed(content), edition=content["edition"])  # fmt: skip


def _facts(
    form: Form, entries: tuple[FormEntry, ...], kept: FormVersion, session: Session, *,
    changed: tuple[tuple[str, str, str, str, str], ...] = (), not_read: str = "",
    edition: str = "",
) -> FormFacts:
    return FormFacts(
        form.id, form.title, edition or kept.edition, form.numbers, form.primary_text_checked,
        entries, record=kept.label, version=kept.version, digest=kept.digest,
        filled_by=full_names(session).get(kept.filled_by, kept.filled_by), filled_at=kept.filled_at,
        follows=FormVersion.label_of(kept.follows_id) if kept.follows_id else "",
        changed=changed, released=signatures_by(session, [kept])(kept),
        not_ready=tuple(readiness(session, [kept])[kept.label]), not_read=not_read,
    )


def _from_records(session: Session, basis: Basis, form: Form, about: str) -> FormFacts:
    known = _known(session, basis, form, about)
    filled = fill_form(form.id, {key: one.value for key, one in known.items()})
    content = data_set(
        filled, sources={key: one.sources for key, one in known.items()},
        contradictions={key: one.contradiction for key, one in known.items()},
    )
    entries = _entries(form, content)
    return FormFacts(form.id, form.title, form.edition, form.numbers, form.primary_text_checked,
                     entries)  # fmt: skip


def _known(session: Session, basis: Basis, form: Form, about: str) -> dict[str, Known]:
    prefix = about.partition("-")[0]
    if prefix == Incident.PREFIX:
        return known_of_incident(session, form, find_record(session, Incident, about),
                                 now=basis.freeze_at)  # fmt: skip
    if prefix == FieldAction.PREFIX:
        return known_of_field_action(session, form, find_record(session, FieldAction, about),
                                     on=basis.freeze_at.date())  # fmt: skip
    from records.correction_assessments import CorrectionAssessment

    return known_of_assessment(session, form, find_record(session, CorrectionAssessment, about),
                               on=basis.freeze_at.date())  # fmt: skip


def _entries(form: Form, content: Mapping[str, Any]) -> tuple[FormEntry, ...]:
    """Every field of the form in its order: those that say something, and those that do not."""
    said = {one["key"]: one for one in content["fields"]}
    lacking = {one["key"]: one["why"] for one in content["missing"]}
    wrong: dict[str, list[str]] = {}
    for fault in content["faults"]:
        wrong.setdefault(fault["key"], []).append(fault["words"])
    return tuple(
        _entry(field, said.get(field.key), lacking.get(field.key, ""),
               "; ".join(wrong.get(field.key, ())))
        for field in form.fields
    )  # fmt: skip


def _entry(
    field: FormField, said: Mapping[str, Any] | None, why_missing: str, wrong: str
) -> FormEntry:
    if said is None:
        return FormEntry(field.number, field.key, field.name, EMPTY, why_missing=why_missing,
                         wrong=wrong)  # fmt: skip
    value = said["written"]
    if field.choices:
        value = list(map(_chosen, value)) if isinstance(value, list) else _chosen(value)
    table = bool(field.columns) and isinstance(value, list)
    return FormEntry(
        field.number, field.key, field.name, said["state"],
        "" if table else _words(value), field.columns if table else (),
        tuple(tuple(_words(row.get(name)) for name in field.columns) for row in value)
        if table else (),
        said.get("reason", ""), tuple(said.get("attempts", ())), tuple(said.get("from", ())),
        why_missing, wrong,
    )  # fmt: skip


def _chosen(value: Any) -> Any:
    return choice_words(value) if isinstance(value, str) else value


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(_words, value)) or "none"
    return str(value)


def _changed(content: Mapping[str, Any]) -> tuple[tuple[str, str, str, str, str], ...]:
    return tuple(
        (one["number"], one["name"], one["change"], _standing(one.get("was")),
         _standing(one.get("is")))
        for one in content["changed"] or ()
    )  # fmt: skip


def _standing(said: Any) -> str:
    if isinstance(said, dict):
        return "; ".join(f"{name}: {why}" for name, why in said.items())
    if isinstance(said, list) and any(isinstance(one, dict) for one in said):
        return f"{len(said)} rows"
    return _words(said) or "nothing"
