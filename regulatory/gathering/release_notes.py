"""The facts of release notes: each release beside the one before, as its users are concerned."""

from dataclasses import replace
from typing import Final

from sqlmodel import Session, col, select

from records.capas import CAPA, CLOSED
from records.held_definition import definition_of
from records.incidents import Incident
from records.problem_reports import FIXED, OPEN, ProblemReport
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from regulatory.cleared import released_versions
from regulatory.documents.change_facts import NotedRelease, ProblemEntry, ReleaseNotesFacts
from regulatory.documents.registry import RELEASE_NOTES
from regulatory.found_answers import Difference, difference
from regulatory.gathering.change_log import problem_entry, problems_of
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.subjects import of_device
from regulatory.gathering.validation_data import input_requirements

FOR_USERS: Final = "For users of the device"
NO_EFFECT: Final = "none"
"""The severity of a problem without effect on patients or users."""
STATES: Final = {
    "known anomaly": "known, not corrected", "to fix": "will be corrected",
    OPEN: "being evaluated",
}  # fmt: skip


def gather_release_notes(session: Session, basis: Basis) -> ReleaseNotesFacts:
    """Every release of the device, newest first, and what is known of the newest."""
    released = released_versions(session, basis.device.name)
    reports = problems_of(session, basis.device)
    newest = released[-1].name if released else ""
    definition = basis.definition
    current = [each for each in reports if each[0].status != FIXED]
    harmless = [one for one, _ in current if one.severity == NO_EFFECT and one.status != OPEN]
    decided = _released_at(session, released)
    correcting = _correcting(session, basis.device)
    return ReleaseNotesFacts(
        edition=replace(edition_of(RELEASE_NOTES, basis), confidentiality=FOR_USERS),
        releases=tuple(
            _noted(session, released, place, decided) for place in reversed(range(len(released)))
        ),
        anomalies=tuple(_told(one, name) for one, name in current if one not in harmless),
        corrected=tuple(
            _told(one, name) for one, name in reports
            if one.status == FIXED and newest and one.fixed_in in (newest, released[-1].label)
        ),
        without_effect=len(harmless), compatibility=input_requirements(basis),
        claims=tuple((one.what.replace("_", " "), one.value) for one in definition.claims),
        purpose=definition.intended_purpose, indications=definition.indications,
        contraindications=tuple(definition.contraindications),
        traces=(
            trace("1", "released versions of the device", released),
            trace("3", "problem reports of the device", [one for one, _ in reports]),
            trace("4", "revisions of the device definition", [basis.device]),
            trace("3", "corrective actions of incidents that are not closed", correcting),
        ),
        open_corrections=len(correcting),
    )  # fmt: skip


def _correcting(session: Session, device: Device) -> list[CAPA]:
    """The CAPAs of the device's incidents that are not closed."""
    incidents = {one.label for one in of_device(session, Incident, device)}
    return [one for one in of_device(session, CAPA, device)
            if one.status != CLOSED and incidents & {one.source, *one.links}]  # fmt: skip


def _released_at(session: Session, released: list[ModelVersion]) -> dict[int, ChangeRequest]:
    query = select(ChangeRequest).where(
        col(ChangeRequest.model_version_id).in_([one.id for one in released])
    )
    return {one.model_version_id: one for one in session.exec(query)}


def _noted(
    session: Session, released: list[ModelVersion], place: int, decided: dict[int, ChangeRequest]
) -> NotedRelease:
    version = released[place]
    change = decided.get(version.id or 0)
    at = change.decided_at if change and change.decided_at else version.trained_at
    if place == 0:
        return NotedRelease(version.name, at, changes=("This is the first version.",))
    before = released[place - 1]
    seen = difference(session, before, version)
    return NotedRelease(
        version.name, at, before.name, _changes(seen), _actions(session, seen, version)
    )


def _changes(seen: Difference) -> tuple[str, ...]:
    """What differs, in sentences for users."""
    said = (
        (seen.weights, "The model was trained anew: the answer to the same picture may differ."),
        (seen.architecture, "The model is built otherwise."),
        (seen.precision, "The model computes with another precision."),
        (seen.operating_rule, "The rule has changed by which a finding is flagged."),
        (seen.inputs, "Which studies are accepted has changed: see section 4."),
    )
    return (
        *(words for holds, words in said if holds),
        *(f"Changed in the instructions for use: {name}." for name in seen.label),
        *(f"New: not to be used for: {one}." for one in seen.added),
        *(f"No longer excluded: {one}." for one in seen.deleted),
    )


def _actions(session: Session, seen: Difference, version: ModelVersion) -> tuple[str, ...]:
    told: list[str] = []
    if seen.added:
        told.append(f"Do not use the device for: {'; '.join(seen.added)}.")
    if seen.inputs:
        told.append("Check that the studies which you send fit section 4.")
    if seen.label:
        told.append("Read the new instructions for use before the next result.")
    plan = definition_of(session.get_one(Device, version.device_id)).pccp.communication
    if plan is not None and plan.days_before:
        told.append(f"You are told {plan.days_before} days before it is used, by {plan.by}.")
    return tuple(told)


def _told(one: ProblemReport, version: str) -> ProblemEntry:
    """As users are told: without record number, people, or the maker's reasons."""
    entry = problem_entry(one, version)
    return ProblemEntry("", version, entry.words, entry.severity,
                        STATES.get(one.status, "corrected"))  # fmt: skip
