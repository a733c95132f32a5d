"""A filled form of an authority as a record: its bytes, what it lacks, who filled it, who signed.

The data set lies in the vault by its SHA-256; the record says of which edition of the form it is,
which needed fields are missing by number, and which are declared unknown with reason and attempts
(21 CFR 803.50(b)(3): unknown is not empty). A follow-up is the next version of the same form
(803.56). It counts as submitted only when nothing is missing and it is signed (MDR Art. 15(3)).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.quality import Signature
from records.reasons import says
from records.signatures import counting

RELEASED_BY: Final[dict[str, Meaning]] = dict.fromkeys(
    ("MIR", "FSCA", "TREND"), Meaning.RESPONSIBLE_PERSON
)
"""Forms that the person responsible for regulatory compliance releases (MDR Art. 15(3)(d))."""
OTHERWISE_BY: Final = (Meaning.RESPONSIBLE_PERSON, Meaning.APPROVAL)
"""Who releases any other form: the signature of one of these meanings."""


class FormVersion(Record, table=True):
    """A version of a filled form; never changed."""

    __tablename__ = "form_version"
    PREFIX: ClassVar[str] = "FRM"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "about", "form", "edition", "form_digest", "reference", "version",
        "follows_id", "digest", "missing", "unknown", "faults",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    about: str = Field(index=True)
    """The record that it reports, such as INC-0001 or FSA-0001."""
    form: str
    edition: str
    form_digest: str
    """SHA-256 of the file that describes the form."""
    reference: str
    """The number of the report, which a follow-up keeps; '' where it has none yet."""
    version: int
    """From 1; each follow-up is the next."""
    follows_id: int | None = Field(default=None, foreign_key="form_version.id")
    digest: str
    """SHA-256 of the data set as JSON, in the vault."""
    facts_digest: str
    missing: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """Needed fields without an answer: number, name, why."""
    unknown: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """Fields declared unknown: number, name, reason, attempts."""
    faults: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """What is wrong in a field, by its number."""
    changed: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """Fields that are new, changed or gone since the version before; the values are in the bytes.
    """
    sources: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """By field the records that filled it; what is not here a person gave."""
    filled_by: str
    filled_at: datetime


def record_form(
    tx: Session, content: Mapping[str, Any], *, digest: str, about: Record, device_id: int,
    by: Actor, now: datetime, follows: FormVersion | None = None,
) -> FormVersion:
    """Record a data set whose bytes were kept under ``digest``; it may still lack fields.

    Several drafts may follow one version: what changed is told against what was reported last.

    Raises:
        NotAllowed: No role that may.
        Refused: It follows a version of another record.
    """
    require(by, Action.ASSESS_EVENT)
    if follows is not None and follows.about != about.label:
        raise Refused(f"{follows.label} is of {follows.about}, not of {about.label}.",
                      hint="A follow-up follows a version of the same report.")  # fmt: skip
    made = FormVersion(
        device_id=device_id, about=about.label, form=content["form"], edition=content["edition"],
        form_digest=content["form_digest"], reference=content["reference"],
        version=1 if follows is None else follows.version + 1,
        follows_id=None if follows is None else follows.id, digest=digest,
        facts_digest=content["facts_digest"], missing=list(content["missing"]),
        unknown=_unknown_of(content["fields"]), faults=list(content["faults"]),
        changed=[{name: one[name] for name in ("number", "key", "name", "change")}
                 for one in content["changed"] or ()],
        sources={one["key"]: one["from"] for one in content["fields"] if one.get("from")},
        filled_by=by.name, filled_at=now,
    )  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def _unknown_of(fields: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"number": one["number"], "key": one["key"], "name": one["name"],
         "reason": one.get("reason", ""), "attempts": list(one["attempts"])}
        for one in fields if one["state"] == "unknown"
    ]  # fmt: skip


def versions_about(session: Session, about: str) -> list[FormVersion]:
    """The filled forms of a record, in order."""
    query = select(FormVersion).where(FormVersion.about == about)
    return list(session.exec(query.order_by(col(FormVersion.id))))


def why_incomplete(one: FormVersion) -> list[str]:
    """What a filled form lacks, by field number; unknown answers with its reason and attempts."""
    why = [f"{each['number']} {each['name']}: {each['why']}" for each in one.missing]
    why += [f"{each['number']} {each['words']}" for each in one.faults]
    why += [
        f"{each['number']} {each['name']}: unknown, and what was done to learn it is not said"
        for each in one.unknown if not any(says(words) for words in each["attempts"])
    ]
    return why


def why_not_ready(session: Session, one: FormVersion) -> list[str]:
    """Why a filled form does not count as submitted, a line each; empty where it does."""
    return readiness(session, [one])[one.label]


def readiness(session: Session, forms: Sequence[FormVersion]) -> dict[str, list[str]]:
    """By label why a form does not count as submitted; one query for all of them."""
    query = select(Signature).where(
        col(Signature.subject_name).in_([one.subject for one in forms])
    )
    given: dict[str, list[Signature]] = {}
    for each in session.exec(query.order_by(col(Signature.id))):
        given.setdefault(each.subject_name, []).append(each)
    return {one.label: _why_not_ready(one, given.get(one.subject, [])) for one in forms}


def _why_not_ready(one: FormVersion, signatures: Sequence[Signature]) -> list[str]:
    why = why_incomplete(one)
    wanted = (RELEASED_BY[one.form],) if one.form in RELEASED_BY else OTHERWISE_BY
    given = {each.meaning for each in counting(signatures, one)}
    if not given & {each.value for each in wanted}:
        named = " or ".join(f"'{each.value}'" for each in wanted)
        why.append(f"no valid signature with the meaning {named}")
    return why


def require_complete_form(one: FormVersion) -> None:
    """Raise :class:`Refused` naming each field by number that is missing, wrong or unknown without
    reason and attempts."""
    if why := why_incomplete(one):
        raise Refused(
            f"{one.label} ({one.form}) is not whole: {'; '.join(why)}.",
            hint="Keep it anew with these fields filled, or declared unknown with reason and "
            "attempts ('radvigil submission keep').",
        )


def require_ready(session: Session, one: FormVersion) -> None:
    """Raise :class:`Refused` naming each field by number, and the signature, that is lacking."""
    if why := why_not_ready(session, one):
        raise Refused(
            f"{one.label} ({one.form}) does not count as submitted: {'; '.join(why)}.",
            hint=f"Sign it: radvigil submission sign {one.label}; what is missing is filled in a "
            "form that is kept anew ('radvigil submission keep').",
        )


def form_of_label(session: Session, label: str) -> FormVersion:
    """The filled form of a label.

    Raises:
        InvalidInput: It is no label of one, or there is none.
    """
    from records.lookup import find_record

    if not label.upper().startswith("FRM-"):
        raise InvalidInput(f"'{label}' is no filled form.", hint="One looks like FRM-0001.")
    return find_record(session, FormVersion, label)
