"""A candidate is made: dataset frozen, model trained, evaluated, proposed; people then decide."""

from typing import Any

import dagster as dg

from pipelines.intake import development_studies
from pipelines.resources import DeviceConfig, Result, WorkspaceResource

GROUP = "retraining"
SERVICE = "service:training"


class FreezeConfig(DeviceConfig):
    """Where the studies come from and on what basis, for the datasheet; the seed of the split.

    A demonstration knows them by itself.
    """

    source: str = ""
    legal_basis: str = ""
    consent: str = ""
    seed: int | None = None


class TrainConfig(DeviceConfig):
    """The seed; where not given, a demonstration's own or params.yaml's."""

    seed: int | None = None


@dg.asset(group_name=GROUP, deps=[development_studies], kinds={"dvc"})
def dataset_version(
    config: FreezeConfig, workspace: WorkspaceResource
) -> Result:
    """The studies with known truth, split by patient, checked and frozen under version control."""
    from journeys.freeze_dataset import freeze_dataset
    with workspace.start(SERVICE, task="freeze a dataset") as routine:
        made = freeze_dataset(
            routine.store, routine.device_name(config.device),
            origin=_origin(config, routine.store),
            seed=routine.seed(config.seed), actor=routine.actor, now=routine.now,
        )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": made.studies, "record": made.label, "name": made.name,
            "patients": made.patients, "splits": dg.MetadataValue.json(made.splits),
        },
        data_version=dg.DataVersion(made.manifest_digest),
    )


def _origin(config: FreezeConfig, store: Any) -> Any:
    """What the configuration states; in a demonstration, that the studies are simulated."""
    from imaging.origin import Origin, simulated_origin
    from journeys.make_studies import read_arrivals
    from records.clock import REAL_IMAGES, is_demonstration, workspace_mark

    with store.reader() as reader:
        simulated, mark = is_demonstration(reader), workspace_mark(reader)
    if not simulated or config.legal_basis or config.consent:
        return Origin(config.source, config.legal_basis, config.consent)
    description = config.source or read_arrivals(store.workspace).description
    return simulated_origin(description, real_images=REAL_IMAGES in (mark.note if mark else ""))


@dg.asset(group_name=GROUP, deps=[dataset_version], kinds={"dvc", "pytorch"})
def model_version(
    context: dg.AssetExecutionContext, config: TrainConfig, workspace: WorkspaceResource
) -> Result:
    """The stages of dvc.yaml, reproduced on the newest dataset version; the candidate recorded.

    Each epoch is an observation of the asset, so that its page plots the curve while it is drawn.
    """
    from journeys.retrain import retrain

    curve: list[dict[str, float]] = []

    def drawn(row: dict[str, float]) -> None:
        curve.append(row)
        context.log_event(dg.AssetObservation(context.asset_key, metadata=dict(row)))

    with workspace.start(SERVICE, task="train a candidate") as routine:
        made = retrain(
            routine.store, routine.device_name(config.device), seed=routine.seed(config.seed),
            actor=routine.actor, now=routine.now, report=context.log.info, epoch=drawn,
        )
    return dg.MaterializeResult(
        metadata={
            "record": made.label, "name": made.name, "weights_hash": made.weights_hash,
            "operating_point": made.operating_point, "code_digest": made.code_digest,
            **_of_the_training(made.model.get("training_cost", {}), curve),
        },
        data_version=dg.DataVersion(made.version_digest),
    )


def _of_the_training(cost: dict[str, Any], curve: list[dict[str, float]]) -> dict[str, Any]:
    """What it took, and its curve where it was drawn now and not found on record."""
    found: dict[str, Any] = {
        f"training_{name}": cost[name] for name in ("seconds", "processor_seconds") if name in cost
    }
    if curve:
        columns = [dg.TableColumn(name, type="float") for name in curve[-1]]
        found["training_curve"] = dg.MetadataValue.table(
            [dg.TableRecord(row) for row in curve], schema=dg.TableSchema(columns)
        )
    return found


@dg.asset(
    group_name=GROUP,
    deps=[model_version],
    check_specs=[
        dg.AssetCheckSpec(
            "criteria_met", asset="evaluation",
            description="Every acceptance criterion that the device declared is met.",
        )
    ],
)
def evaluation(config: DeviceConfig, workspace: WorkspaceResource) -> Result:
    """The candidate on the locked internal and external test, beside the declared criteria."""
    from journeys.release import evaluate_version
    from records.queries import find_device
    from regulatory.acceptance import verdict_of

    with workspace.start("service:evaluation", task="evaluate a candidate") as routine:
        version = _candidate(routine, config.device)
        judged = evaluate_version(
            routine.store, version, actor=routine.actor, now=routine.now
        )
        with routine.store.reader() as reader:
            device = find_device(reader, routine.device_name(config.device))
    rows = {
        one.criterion: {"statement": one.statement, "verdict": one.verdict, "reason": one.reason}
        for one in judged
    }
    return dg.MaterializeResult(
        metadata={"model_version": version.label, "criteria": dg.MetadataValue.json(rows)},
        check_results=[
            dg.AssetCheckResult(
                check_name="criteria_met", passed=verdict_of(_definition(device), judged) == "met",
                severity=dg.AssetCheckSeverity.WARN, metadata={"criteria": len(judged)},
            )
        ],
    )


@dg.asset(group_name=GROUP, deps=[evaluation])
def change_request(
    config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """The candidate proposed for use and assessed; two people sign it, and decide."""
    from journeys.release import propose_version
    from records.lookup import list_records
    from records.quality import ChangeRequest

    with workspace.start(SERVICE, task="propose a candidate") as routine:
        version = _candidate(routine, config.device)
        with routine.store.reader() as reader:
            known = list_records(reader, ChangeRequest, model_version_id=version.id)
        change = known[-1] if known else propose_version(
            routine.store, version, reason="retraining", actor=routine.actor, now=routine.now
        )
    return dg.MaterializeResult(
        metadata={"record": change.label, "status": change.status, "model_version": version.label}
    )


def _candidate(routine: Any, named: str) -> Any:
    from records.errors import NotFound
    from records.queries import find_device, newest_model

    with routine.store.reader() as reader:
        found = newest_model(reader, find_device(reader, routine.device_name(named)))
    if found is None:
        raise NotFound("There is no model version.", hint="Materialise model_version first.")
    return found


def _definition(device: Any) -> Any:
    from records.held_definition import definition_of

    return definition_of(device)


make_a_candidate = dg.define_asset_job(
    "make_a_candidate",
    dg.AssetSelection.assets(dataset_version, model_version, evaluation, change_request),
    description="Freeze, train, evaluate, propose. Release is decided by people who sign.",
)
