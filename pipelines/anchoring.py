"""The head of the audit trail, signed and written outside the database, every hour."""


import dagster as dg

from pipelines.resources import Result, WorkspaceResource


@dg.asset(group_name="record")
def anchors(workspace: WorkspaceResource) -> Result:
    """One more anchor of the audit trail, on other storage than its database."""
    from records.anchors import write_anchor

    with workspace.start("service:anchors", task="anchor the audit trail") as routine:
        anchor = write_anchor(routine.store, now=routine.now, actor=routine.actor)
    return dg.MaterializeResult(
        metadata={"anchored_sequence": anchor.sequence if anchor else "nothing new"}
    )


anchor_the_trail = dg.define_asset_job(
    "anchor_the_trail", dg.AssetSelection.assets(anchors),
    description="Sign where the audit trail stands, so that a cut-off tail is seen later.",
)


@dg.schedule(job=anchor_the_trail, cron_schedule="0 * * * *", execution_timezone="UTC")
def every_hour(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At the full hour."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())
