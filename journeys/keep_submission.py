"""A filled form kept as a record: bytes into the vault, then the record; and a copy that leaves."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import Session, col, select

from journeys.fill_submission import fill_submission_about
from records.errors import Refused
from records.form_versions import FormVersion, record_form
from records.incidents import Incident
from records.people import Actor
from records.permissions import Action, require
from records.regulatory_reports import InformationRequest
from records.settings import Workspace
from records.store import Store
from records.vault import Vault
from regulatory.forms.codes import NOT_LOADED, CodeList

if TYPE_CHECKING:
    from records.base import Record

_REQUEST: Final = re.compile(r"\bIRQ-(\d{1,9})\b")


def keep_submission(
    tx: Session, workspace: Workspace, form_id: str, about: "Record", facts: Mapping[str, Any], *,
    by: Actor, now: datetime, follows: FormVersion | None = None, codes: CodeList = NOT_LOADED,
    countries: Mapping[str, str] | None = None,
) -> FormVersion:
    """Fill a form about an incident or a field action and keep it; it may still lack fields.

    A follow-up says again only what is new: what a person gave in the version before stays where
    neither the records nor the facts say otherwise.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The form, a fact or a country is not known.
        Refused: A text seems to name a patient: nothing is kept. Or this does not follow what it
            says it follows.
    """
    require(by, Action.ASSESS_EVENT)
    before = data_set_of(workspace, follows) if follows is not None else None
    content = fill_submission_about(
        tx, workspace, form_id, about.label, _given_before(before) | dict(facts), codes=codes,
        follows=before, countries=countries, now=now,
    )
    _require_requests(tx, content, about)
    from regulatory.forms.writing import as_json

    digest = Vault(workspace.vault).put(as_json(content))
    return record_form(tx, content, digest=digest, about=about, device_id=_device_of(about), by=by,
                       follows=follows, now=now)  # fmt: skip


def _require_requests(session: Session, content: Mapping[str, Any], about: "Record") -> None:
    """An attempt that names a question to a site names one that was asked (21 CFR 803.50(b))."""
    named = {
        int(number) for one in content["fields"] for words in one.get("attempts", ())
        for number in _REQUEST.findall(words)
    }
    query = select(InformationRequest).where(col(InformationRequest.id).in_(named))
    asked = {
        one.id for one in session.exec(query)
        if not isinstance(about, Incident) or one.incident_id == about.id
    }
    if lost := sorted(named - asked):
        raise Refused(
            f"{InformationRequest.label_of(lost[0])} is no question that was asked about "
            f"{about.label}.", hint="Record it: 'radvigil incident request'.",
        )


def _given_before(before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The facts of the version before that a person gave; what records told is read anew."""
    from regulatory.forms.writing import facts_of

    if before is None:
        return {}
    told = {one["key"] for one in before["fields"] if one.get("from")}
    return {key: fact for key, fact in facts_of(before).items() if key not in told}


def _device_of(about: "Record") -> int:
    return int(getattr(about, "device_id"))  # noqa: B009


def data_set_of(workspace: Workspace, one: FormVersion) -> dict[str, Any]:
    """The data set of a filled form from the vault.

    Raises:
        IntegrityBroken: The bytes are gone or were changed.
    """
    content: dict[str, Any] = json.loads(Vault(workspace.vault).fetch(one.digest, of=one.label))
    return content


def export_submission(
    store: Store, one: FormVersion, folder: Path, *, actor: str, now: datetime
) -> Path:
    """Write the data set for whoever enters it with the authority; that it left is an event.

    Raises:
        NotAllowed: Who exports has no role that may.
        InvalidInput: The file is there, or cannot be written.
        Refused: It names somebody whose studies are here.
        IntegrityBroken: The bytes are gone or were changed.
    """
    from journeys.tell import record_export
    from records.export_check import named_in
    from records.typed_text import identities_of_workspace
    from regulatory.forms.identities import refuse_identities
    from regulatory.forms.writing import refilled, write_new

    content = Vault(store.workspace.vault).fetch(one.digest, of=one.label)
    # Asked again: studies came since it was filled.
    with (
        store.reader() as reader,
        identities_of_workspace(reader, store.workspace, now=now) as look,
    ):
        refuse_identities(refilled(json.loads(content)), look)
    path = folder / f"{one.label}-{one.form}-{one.version}.json"
    files = named_in(store.workspace.exports, folder, {path.name: one.digest})
    record_export(store, one.subject, files, actor=actor, now=now)
    write_new(path, content)
    return path
