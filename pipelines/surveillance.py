"""A day of operation: read the studies, receive truth, step the charts, compare the tables."""


import dagster as dg

from pipelines.days import DAY_BEFORE, DAYS, day_of
from pipelines.intake import studies
from pipelines.resources import DeviceConfig, Result, WorkspaceResource

GROUP = "surveillance"
SERVICE = "service:surveillance"


@dg.asset(group_name=GROUP, partitions_def=DAYS, deps=[studies], kinds={"pytorch"})
def predictions(
    context: dg.AssetExecutionContext, config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """What the deployed version says about the day's studies."""
    from journeys.watch_day import predict_day, watch_of

    day = day_of(context)
    with workspace.start(SERVICE, task=f"predictions of {day}") as routine:
        with routine.store.reader() as reader:
            watch = watch_of(reader, routine.device_name(config.device))
        count = predict_day(routine.store, watch, day, actor=routine.actor, now=routine.now)
    return dg.MaterializeResult(
        metadata={"dagster/partition_row_count": count, "model_version": watch.version.label}
    )


@dg.asset(group_name=GROUP, partitions_def=DAYS)
def reference_standards(
    context: dg.AssetExecutionContext, config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """The truth that has become known by the day."""
    from journeys.receive_truth import receive_truth
    from journeys.watch_day import watch_of

    day = day_of(context)
    with workspace.start(SERVICE, task=f"truth known by {day}") as routine:
        with routine.store.reader() as reader:
            watch = watch_of(reader, routine.device_name(config.device))
        count = receive_truth(
            routine.store, task=watch.definition.task, volume=watch.definition.volume, until=day,
            actor=routine.actor, now=routine.now,
        )
    return dg.MaterializeResult(metadata={"dagster/partition_row_count": count})


@dg.asset(
    group_name=GROUP,
    partitions_def=DAYS,
    deps=[
        predictions,
        reference_standards,
        dg.AssetDep("chart_points", partition_mapping=DAY_BEFORE),
    ],
)
def chart_points(
    context: dg.AssetExecutionContext, config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """Every chart one day further at every site; an alert where one signals."""
    from journeys.count_days import count_days
    from journeys.watch_day import run_charts, watch_of

    day = day_of(context)
    with workspace.start(SERVICE, task=f"charts of {day}") as routine:
        with routine.store.reader() as reader:
            watch = watch_of(reader, routine.device_name(config.device))
        alerts, done_now = run_charts(
            routine.store, watch, day, actor=routine.actor, now=routine.now
        )
        count_days(
            routine.store, watch.definition.name, actor=routine.actor, now=routine.now
        )
    return dg.MaterializeResult(
        metadata={
            "plan": watch.plan.label,
            "done_now": done_now,
            "alerts": dg.MetadataValue.json(
                {one.label: f"{one.site}: {one.summary}" for one in alerts}
            ),
        }
    )


@dg.asset(group_name=GROUP, partitions_def=DAYS, deps=[chart_points], kinds={"evidently"})
def drift_reports(
    context: dg.AssetExecutionContext, config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """Evidently over all sites together: once a week of the plan, and when an alert is raised."""
    from journeys.watch_day import compare_tables, watch_of
    from records.lookup import list_records
    from records.surveillance import Alert

    day = day_of(context)
    with workspace.start(SERVICE, task=f"comparison of tables on {day}") as routine:
        with routine.store.reader() as reader:
            watch = watch_of(reader, routine.device_name(config.device))
            raised = list_records(reader, Alert, plan_id=watch.plan.id, raised_on=day)
        occasion = compare_tables(
            routine.store, watch, day, alerts=raised, actor=routine.actor, now=routine.now
        )
    return dg.MaterializeResult(metadata={"occasion": occasion or "not due"})


DAILY = dg.AssetSelection.assets(
    studies, predictions, reference_standards, chart_points, drift_reports
)

watch_one_day = dg.define_asset_job(
    "watch_one_day", DAILY,
    description="All of one day, all sites together; what is done already is left as it is.",
)


@dg.schedule(job=watch_one_day, cron_schedule="0 2 * * *", execution_timezone="UTC")
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At two in the morning, the day before."""
    from datetime import timedelta

    day = (context.scheduled_execution_time - timedelta(days=1)).date().isoformat()
    return dg.RunRequest(run_key=day, partition_key=day)
