"""Which studies wait to be read, in what order and why; and what that order does to the waiting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from measures.reading_queue import reading_order
from monitoring.time_to_read import ReadingRoom, TimeToRead, estimate_time_to_read
from records.cases import Prediction, ReaderAssessment, Study, named_in
from records.definition import Worklist
from records.errors import InvalidInput, NotFound
from records.finding_states import any_is_known
from records.held_definition import definition_of
from records.product import Device, ModelVersion, Site
from records.queries import find_site, prediction_rows, running_deployments
from records.suspensions import standing_suspensions

LOOKED_BACK: Final = timedelta(days=1)
"""Unless another day is named, studies that arrived today and yesterday are on the list."""
NOT_READ = "AI did not run"
NOT_USED = "its turn does not rest on the AI"
SHADOW = "shadow deployment: nothing moves"


@dataclass(frozen=True, slots=True)
class WaitingStudy:
    """A study that nobody has read, its place in the order, and why it stands there."""

    place: int
    study: str
    site: str
    received_at: datetime
    waited_minutes: float
    score: float | None
    moved_up: bool
    urgent: bool
    """Whether it stands before those in their turn: moved up, or has waited the longest wait."""
    why: str


def waiting_studies(
    reader: Session, device: Device, *, site: str, since: date, now: datetime
) -> list[WaitingStudy]:
    """The studies of a site that no clinician has read, in the order in which to read them.

    since: the first day of arrival looked at. A study without an answer of the device keeps its
    turn and says so, and every study where use of the device is suspended. Raises InvalidInput
    where the definition declares no worklist.
    """
    rule = declared(device)
    place = find_site(reader, site)
    runs = next(
        (one.model_version_id for one in running_deployments(reader, device)
         if place is not None and one.site_id == place.id), None,
    )  # fmt: skip
    query = (
        select(Study, Prediction)
        .join(Site, col(Site.id) == Study.site_id)
        .outerjoin(Prediction, (col(Prediction.study_id) == Study.id)
                   & (col(Prediction.model_version_id) == runs))
        .where(
            Site.name == site, Study.purpose == "clinical", col(Study.arrived_on) >= since,
            col(Study.received_at) <= now,
            col(Study.id).not_in(select(ReaderAssessment.study_id)),
        )
        .order_by(col(Study.received_at), col(Study.id))
    )  # fmt: skip
    rows = reader.exec(query).all()
    urgent = None if runs is None else urgent_score(rule, reader.get_one(ModelVersion, runs))
    classes = definition_of(device).task.classes
    suspended = standing_suspensions(reader, device.name).get(site)
    judged = [
        (False, f"{NOT_READ if said is None else NOT_USED}: {suspended.why_not_read}")
        if suspended else _judged(said, urgent, classes) for _, said in rows
    ]
    moved, why = [up for up, _ in judged], [words for _, words in judged]
    waited = [(now - study.received_at).total_seconds() / 60 for study, _ in rows]
    longest = [one >= rule.longest_wait_minutes for one in waited]
    order = reading_order(
        [-one for one in waited], moved, now=0.0, longest_wait=rule.longest_wait_minutes
    )
    return [
        WaitingStudy(
            number, study.label, site, study.received_at, round(waited[at], 1),
            None if said is None else said.score, moved[at], moved[at] or longest[at],
            "waited the longest wait" if longest[at] else why[at],
        )
        for number, at in enumerate(order.tolist(), start=1)
        for study, said in (rows[at],)
    ]  # fmt: skip


def time_to_read(
    reader: Session, device: Device, room: ReadingRoom, *, seed: int, site: str | None = None
) -> tuple[int, list[TimeToRead]]:
    """How many studies with known truth were drawn from, and the waits with and without the device.

    Of the version that was put into use last, with what it said in operation.

    Raises:
        InvalidInput: The definition declares no worklist, or the room cannot be worked.
        NotFound: No version runs, or no study that it read there has a known truth.
    """
    rule = declared(device)
    running = running_deployments(reader, device)
    if not running:
        raise NotFound(f"No version of {device.name} runs at any site.")
    version = reader.get_one(
        ModelVersion, max(running, key=lambda one: one.started_at).model_version_id
    )
    rows = [
        row for row in prediction_rows(reader, version)
        if row["truth"] is not None and site in (None, row["site"])
        and any_is_known(row["truth_finding"])
    ]  # fmt: skip
    if not rows:
        raise NotFound(
            f"No study that {version.label} read in operation there has a known truth.",
            hint="Truth is read from incoming/truth.csv, day by day.",
        )
    urgent = urgent_score(rule, version)
    try:
        found = estimate_time_to_read(
            [row["truth"] for row in rows], [row["score"] >= urgent for row in rows], room,
            longest_wait=rule.longest_wait_minutes, seed=seed,
        )
    except ValueError as wrong:
        raise InvalidInput(f"{str(wrong)[:1].upper()}{str(wrong)[1:]}.") from wrong
    return len(rows), found


def declared(device: Device) -> Worklist:
    """How the device's definition orders a worklist.

    Raises InvalidInput where it declares none.
    """
    rule = definition_of(device).worklist
    if rule is None:
        raise InvalidInput(
            f"The definition of {device.name} declares no worklist.",
            hint="Add 'worklist: {longest_wait_minutes: 120}' to a new revision of it.",
        )
    return rule


def urgent_score(rule: Worklist, version: ModelVersion) -> float:
    """From which score on a study is moved up: that of the definition, else the operating point."""
    return version.own_operating_point if rule.urgent_score is None else rule.urgent_score


def _judged(
    said: Prediction | None, urgent: float | None, classes: Sequence[str]
) -> tuple[bool, str]:
    """Whether a study is moved up, and why it is or is not; of several findings the likeliest."""
    if said is None or urgent is None:
        return False, NOT_READ
    if not said.returned_to_care:
        return False, SHADOW
    if said.own_score >= urgent:
        finding = f", {named_in(said, classes)}" if classes and said.decision else ""
        return True, f"moved up: score at least {urgent:.3g}{finding}"
    return False, "in its turn"
