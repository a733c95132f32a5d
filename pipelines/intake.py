"""Studies arrive: taken in, de-identified, checked; what is refused lies in quarantine."""

from typing import Any

import dagster as dg

from pipelines.days import DAYS, day_of
from pipelines.resources import DayConfig, DeviceConfig, Result, WorkspaceResource

GROUP = "intake"


@dg.asset(
    group_name=GROUP,
    partitions_def=DAYS,
    check_specs=[
        dg.AssetCheckSpec(
            "accepted", asset="studies",
            description="The day's arrivals meet the acceptance suite (Great Expectations).",
        )
    ],
    kinds={"dicom"},
)
def studies(
    context: dg.AssetExecutionContext, config: DayConfig, workspace: WorkspaceResource
) -> Result:
    """The day's files of every site, de-identified, measured and stored, or in quarantine."""
    from journeys.check_arrivals import check_arrivals
    from journeys.watch_day import take_in_day, watch_of

    day = day_of(context)
    with workspace.start("service:intake", task=f"studies of {day}") as routine:
        store, actor, now = routine.store, routine.actor, routine.now
        with store.reader() as reader:
            watch = watch_of(reader, routine.device_name(config.device))
        intake = {
            site: take_in_day(store, watch, site, day, actor=actor, now=now).to_dict()
            for site in config.sites or sorted(watch.sites.values())
        }
        check_arrivals(store, day, actor=actor, now=now)
        accepted = acceptance_of(store, day.isoformat())
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": sum(int(one["stored"]) for one in intake.values()),
            "sites": dg.MetadataValue.json(intake),
        },
        check_results=[accepted],
    )


def acceptance_of(store: Any, day: str) -> dg.AssetCheckResult:
    """The recorded acceptance check of a day, as Dagster shows it; a warning, never a stop.

    A failed check does not hide studies from care: it is recorded and looked at by people.
    """
    from records.cases import GateResult
    from records.lookup import list_records

    with store.reader() as reader:
        found = list_records(reader, GateResult, scope=f"clinical arrivals {day}")
    if not found:
        return dg.AssetCheckResult(
            check_name="accepted", passed=True, description="Nothing arrived.",
            severity=dg.AssetCheckSeverity.WARN,
        )
    gate = found[-1]
    failed = [one for one in gate.expectations if not one["passed"]]
    return dg.AssetCheckResult(
        check_name="accepted", passed=gate.passed, severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "record": gate.label, "studies": gate.n, "expectations": len(gate.expectations),
            "failed": dg.MetadataValue.json(failed),
        },
    )


@dg.asset(group_name=GROUP, kinds={"dicom"})
def development_studies(
    config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """The studies collected to make and test the model, with the truth settled by then."""
    from journeys.make_studies import read_arrivals
    from journeys.take_in import take_in_development
    from records.settings import current_settings

    with workspace.start("service:intake", task="development studies") as routine:
        report = take_in_development(
            routine.store, routine.device_name(config.device),
            read_arrivals(routine.store.workspace), actor=routine.actor, now=routine.now,
            workers=current_settings().workers, progress=lambda _done, _total: None,
        )
    found = report.to_dict()
    return dg.MaterializeResult(
        metadata={
            "files": found["files"], "stored": found["stored"], "duplicate": found["duplicate"],
            "quarantined": dg.MetadataValue.json(found["quarantined"]),
        }
    )


take_in_development_studies = dg.define_asset_job(
    "take_in_development_studies", dg.AssetSelection.assets(development_studies),
    description="Take in the studies collected to make and test the model.",
)
