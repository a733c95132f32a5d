"""Trends of periods that are over, looked at every day: nobody has to think of a quarter's end."""


import dagster as dg

from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.surveillance import SERVICE


@dg.asset(group_name="surveillance")
def trend_looks(config: DeviceConfig, workspace: WorkspaceResource) -> Result:
    """A look at each period that is over and has none, or whose counts have changed since."""
    from journeys.look_at_trends import look_at_trends

    with workspace.start(SERVICE, task="look at trends") as routine:
        made = look_at_trends(
            routine.store, routine.device_name(config.device), actor=routine.actor,
            now=routine.now,
        )
    return dg.MaterializeResult(
        metadata={
            "looks": dg.MetadataValue.json(
                {one.label: {row["question"]: row["verdict"] for row in one.rows} for one in made}
            ),
        }
    )


look_at_the_trends = dg.define_asset_job(
    "look_at_the_trends", dg.AssetSelection.assets(trend_looks),
    description="Judge the periods that are over by the plan's rules on trends (MDR Art. 88).",
)


@dg.schedule(job=look_at_the_trends, cron_schedule="0 4 * * *", execution_timezone="UTC")
def every_day_at_four(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At four in the morning, after the night's surveillance."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.date().isoformat())
