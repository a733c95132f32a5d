"""Compare how good each version in use is by report text, later verification and adjudication."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.tasks import TASKS
from monitoring.evaluate import record_evaluation
from monitoring.truth_kinds import comparison_facts, drawn_of
from records.errors import Refused
from records.held_definition import definition_of
from records.known_by_kind import known_studies
from records.product import Deployment, ModelVersion
from records.queries import find_device
from records.store import Store
from records.surveillance import Evaluation


def compare_truth_kinds(
    store: Store, device_name: str, *, since: date | None = None, until: date, actor: str,
    now: datetime, full: Mapping[int, bool] | None = None,
) -> list[Evaluation]:  # fmt: skip
    """Record the comparison of each version of the device that has run, over the days asked for.

    full: the whole truth by study id, which only a simulation has.

    Raises:
        Refused: Nothing of the device has run, or its decision is not yes or no.
    """
    made = []
    with store.reader() as reader:
        device = find_device(reader, device_name)
        task = definition_of(device).task
        if not TASKS[task.kind].two_classes:
            raise Refused(
                f"{device_name} answers more than yes or no; its truths are not compared.",
                hint="See the performance report for what is told of it.",
            )
        versions = _have_run(reader, device.id or 0)
        if not versions:
            raise Refused(
                f"No version of {device_name} has run.", hint="Release one, or register a product."
            )
        facts = []
        for version in versions:
            drawn, unweighed = drawn_of(reader, version, task.finding)
            studies = known_studies(
                reader, version, finding=task.finding, since=since, until=until, drawn=drawn
            )
            facts.append((version, comparison_facts(
                studies, full=dict(full) if full is not None else None, unweighed=unweighed
            )))  # fmt: skip
    with store.transaction(actor, f"kinds of truth compared up to {until}", now=now) as tx:
        for version, found in facts:
            first = since or min(one.started_at.date() for one in _deployments(tx, version))
            made.append(record_evaluation(tx, version, found, period=(first, until), now=now))
    return made


def _have_run(session: Session, device: int) -> list[ModelVersion]:
    query = (
        select(ModelVersion)
        .where(
            ModelVersion.device_id == device,
            col(ModelVersion.id).in_(select(Deployment.model_version_id)),
        )
        .order_by(col(ModelVersion.id))
    )
    return list(session.exec(query))


def _deployments(session: Session, version: ModelVersion) -> list[Deployment]:
    query = select(Deployment).where(Deployment.model_version_id == version.id)
    return list(session.exec(query))
