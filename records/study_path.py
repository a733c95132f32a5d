"""Where a study is, and why it was or was not read and returned: its path through the records."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from records.application_entities import ApplicationEntity, destinations
from records.cases import Instance, Prediction, Study, findings_in, named_in, ranked
from records.held_results import held_by
from records.product import Deployment, ModelVersion, Site
from records.result_deliveries import ResultDelivery
from records.series_choices import SeriesChoice, last_choice
from records.study_corrections import corrections_of, rejected_images
from records.suspensions import SUSPENDED


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a study at one point of its way; ``at`` None: it has not come so far."""

    what: str
    at: datetime | None
    why: str


def study_path(reader: Session, study: Study) -> list[Step]:
    """Every step of a study's way, in order, with the reason where it ends early."""
    site = reader.get_one(Site, study.site_id)
    images = len(reader.exec(select(Instance.id).where(Instance.study_id == study.id)).all())
    steps = [
        Step("taken in", study.received_at,
             f"{study.label} of '{site.name}', {study.purpose}, images: {images}")
    ]  # fmt: skip
    steps += [
        Step("corrected", one.recorded_at, one.words)
        for one in corrections_of(reader, study.id or 0)
    ]
    read = reader.exec(
        select(Prediction).where(Prediction.study_id == study.id).order_by(col(Prediction.id))
    ).all()
    if not read:
        return [*steps, Step("not read", None, why_not_read(reader, study))]
    for one in read:
        steps += [_reading(reader, one), *_returns(reader, study, one)]
    return steps


def why_not_read(reader: Session, study: Study) -> str:
    """The reason why no version has read a study, in words that name nobody."""
    if study.purpose != "clinical":
        return f"it was taken in for {study.purpose}: only clinical studies are read in operation"
    here = reader.exec(select(Deployment).where(Deployment.site_id == study.site_id)).all()
    if not here:
        return "no version was ever deployed at its site"
    if all(one.ended_at is not None for one in here):
        return "no version runs at its site any more"
    if study.arrived_on < min(one.started_at for one in here).date():
        return "it arrived before a version ran at its site"
    images = set(reader.exec(select(Instance.id).where(Instance.study_id == study.id)))
    if images <= set(reader.exec(rejected_images())):
        return "its sender rejected every image"
    chosen = last_choice(reader, study.id or 0)
    if chosen is not None and chosen.instance_id is None:
        return f"{chosen.label}: {chosen.reason}"
    return "the surveillance of its day has not run yet ('radvigil monitor day')"


def read_while_suspended(reader: Session, study_id: int) -> str:
    """Why what was said of a study is not returned, where use of the device was suspended when it
    came and it was read for a revalidation alone; empty else."""
    query = select(SeriesChoice).where(
        SeriesChoice.study_id == study_id, col(SeriesChoice.instance_id).is_(None),
        col(SeriesChoice.reason).startswith(SUSPENDED),
    )
    one = reader.exec(query).first()
    return f"{one.label}: {one.reason}; it was read for a revalidation alone" if one else ""


def _reading(reader: Session, one: Prediction) -> Step:
    version = reader.get_one(ModelVersion, one.model_version_id)
    if version.seen_from_outside:
        score = "no score is stated" if one.score is None else f"score {one.score:.3f}"
        return Step(
            "read elsewhere", one.predicted_at,
            f"{one.label} by {version.label} ({version.name}), another maker's product: the "
            f"finding is {'present' if one.decision else 'absent'}; {score}",
        )
    side = "at or above" if one.decision else "below"
    said = f"{one.own_score:.3f}, {side} the operating point {version.own_operating_point:.3f}"
    if classes := version.model.get("classes"):
        chances = ", ".join(f"{name} {chance:.3f}" for name, chance in ranked(one))
        urgency = f"urgency {said}; " if version.model.get("urgency") else ""
        said = f"{urgency}{named_in(one, classes)}; probabilities {chances}"
        if each := findings_in(one):
            said = f"{named_in(one, classes)}; {'; '.join(found.words for found in each)}"
    return Step(
        "read", one.predicted_at,
        f"{one.label} by {version.label} ({version.name}): {said}{_chosen(reader, one)}",
    )


def _chosen(reader: Session, one: Prediction) -> str:
    choice = last_choice(reader, one.study_id, one.model_version_id)
    if choice is None or choice.instance_id is None:
        return ""
    return f"; {choice.label}: {Instance.label_of(choice.instance_id)}, its series {choice.reason}"


def _returns(reader: Session, study: Study, one: Prediction) -> list[Step]:
    if reader.get_one(ModelVersion, one.model_version_id).seen_from_outside:
        return [Step("not returned by us", None, "the product returned it itself")]
    if not one.returned_to_care:
        held = read_while_suspended(reader, study.id or 0)
        shadow = "it was read by a shadow, which returns nothing"
        return [Step("not returned", None, held or shadow)]
    rows = reader.exec(
        select(ResultDelivery).where(ResultDelivery.prediction_id == one.id)
        .order_by(col(ResultDelivery.id))
    ).all()
    if rows:
        return [_delivery(reader, row) for row in rows]
    if since := held_by(reader, [one.id or 0]):
        return [Step("not returned", None, since[one.id or 0])]
    known = destinations(reader, study.site_id)
    if not known:
        return [Step("not returned", None, "no system of its site receives results")]
    if all(one.predicted_at < system.registered_at for system in known):
        return [Step("not returned", None, "it was read before a system of its site received")]
    return [Step("not returned", None, "no round has run yet ('radvigil node send')")]


def _delivery(reader: Session, row: ResultDelivery) -> Step:
    system = reader.get_one(ApplicationEntity, row.entity_id)
    tried = f", attempts: {row.attempts}, last: {row.outcome}" if row.attempts else ""
    return Step(
        f"result {row.status}", row.delivered_at or row.tried_at,
        f"{row.label}, {row.kind} to {system.label} ('{system.title}'){tried}",
    )
