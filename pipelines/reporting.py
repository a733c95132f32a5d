"""The documents: nothing but records, set in type as of one freeze."""


import dagster as dg

from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.surveillance import chart_points

GROUP = "reporting"


@dg.asset(group_name=GROUP, deps=[dg.AssetDep(chart_points)], kinds={"typst"})
def documents(config: DeviceConfig, workspace: WorkspaceResource) -> Result:
    """The reports that can be made by now, compiled as drafts; people sign and approve them."""
    from journeys.tell import write_documents

    with workspace.start("service:documents", task="write documents") as routine:
        made = write_documents(
            routine.store, routine.device_name(config.device), actor=routine.actor,
            now=routine.now,
        )
    return dg.MaterializeResult(
        metadata={
            one.label: f"{one.number} v{one.version}: {one.title}" for one in made.documents
        } | {f"not made: {kind}": why for kind, why in made.skipped.items()}
    )


write_the_documents = dg.define_asset_job(
    "write_the_documents", dg.AssetSelection.assets(documents),
    description="Compile every document as of now. The same records give the same bytes.",
)


@dg.schedule(job=write_the_documents, cron_schedule="0 4 1 * *", execution_timezone="UTC")
def every_month(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """On the first of the month at four in the morning."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.date().isoformat())
