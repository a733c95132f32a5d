"""The deployed version judged again: where the plan's schedule or an alert demands it."""


import dagster as dg

from pipelines.days import DAYS
from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.surveillance import SERVICE, chart_points


@dg.asset(group_name="revalidation", partitions_def=DAYS, deps=[chart_points])
def revalidations(
    config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """One revalidation for each site with an acknowledged alert that has none yet.

    An alert that waits for a person is left alone: acknowledging is a person's act. Where the plan
    has rules for revalidation, what is due by them is made instead (:func:`due_revalidations`).
    """
    from journeys.revalidate import revalidate_alerts
    from journeys.watch_day import watch_of
    from records.queries import open_alerts

    with workspace.start(SERVICE, task="revalidate") as routine:
        device = routine.device_name(config.device)
        with routine.store.reader() as reader:
            alerts = open_alerts(reader, watch_of(reader, device).plan)
        waiting = [one.label for one in alerts if one.status == "open"]
        made = revalidate_alerts(
            routine.store, device, actor=routine.actor, quality=None, now=routine.now
        )
    return dg.MaterializeResult(
        metadata={
            "waiting_for_a_person": ", ".join(waiting) or "none",
            "revalidations": dg.MetadataValue.json(
                {one.label: f"{one.site}: {one.outcome}. {one.conclusion}" for one in made}
            ),
        }
    )


@dg.asset(group_name="revalidation")
def due_revalidations(config: DeviceConfig, workspace: WorkspaceResource) -> Result:
    """What each site owes by the plan's rules now; the people whom it concerns are told at once."""
    from journeys.revalidate import revalidate_owed
    from journeys.tell_people import tell_people
    from records.settings import current_settings

    with workspace.start(SERVICE, task="revalidate") as routine:
        device = routine.device_name(config.device)
        made = revalidate_owed(routine.store, device, actor=routine.actor, now=routine.now)
        told = tell_people(
            routine.store, actor=routine.actor, clock=lambda: routine.now,
            pages=current_settings().pages,
        )
    return dg.MaterializeResult(
        metadata={
            "revalidations": dg.MetadataValue.json(
                {one.label: f"{one.site}: {one.conclusion}" for one in made}
            ),
            "delivered": told.delivered, "faults": dg.MetadataValue.json(told.faults),
        }
    )


revalidate = dg.define_asset_job(
    "revalidate", dg.AssetSelection.assets(revalidations),
    description="Revalidate at every site with an acknowledged alert.",
)

revalidate_what_is_due = dg.define_asset_job(
    "revalidate_what_is_due", dg.AssetSelection.assets(due_revalidations),
    description="Revalidate where the plan's schedule, or an alert, demands it now.",
)


@dg.schedule(job=revalidate_what_is_due, cron_schedule="45 * * * *", execution_timezone="UTC")
def every_quarter_to(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """A quarter before every hour: an alert that demands it waits an hour at most."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())
