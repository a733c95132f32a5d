"""Late alerts escalated, people reminded and told, every hour: what was not taken is sent again."""


from typing import TYPE_CHECKING

import dagster as dg

from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.surveillance import SERVICE

if TYPE_CHECKING:
    from datetime import datetime


@dg.asset(group_name="surveillance")
def people_told(config: DeviceConfig, workspace: WorkspaceResource) -> Result:
    """Alerts, escalations, reminders and the week's message, on their way along the routes."""
    from journeys.remind_of_work import remind_of_work
    from journeys.tell_people import tell_people
    from journeys.tell_week import queue_week
    from records.clock import now_in
    from records.settings import current_settings

    pages = current_settings().pages
    with workspace.start(SERVICE, task="tell people") as routine:

        def clock() -> "datetime":
            with routine.store.reader() as reader:
                return now_in(reader)

        queue_week(
            routine.store, routine.device_name(config.device), actor=routine.actor, now=clock(),
            pages=pages,
        )
        reminded = remind_of_work(routine.store, actor=routine.actor, now=clock(), pages=pages)
        done = tell_people(routine.store, actor=routine.actor, clock=clock, pages=pages)
    return dg.MaterializeResult(
        metadata={
            "escalated": ", ".join(one.label for one in done.escalated) or "none",
            "reminded": ", ".join(one.label for one in reminded.reminders) or "none",
            "queued": done.queued, "delivered": done.delivered,
            "faults": dg.MetadataValue.json(done.faults),
        }
    )


tell_people_now = dg.define_asset_job(
    "tell_people_now", dg.AssetSelection.assets(people_told),
    description="Escalate what nobody answered, and send what waits.",
)


@dg.schedule(job=tell_people_now, cron_schedule="30 * * * *", execution_timezone="UTC")
def every_half_past(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At half past every hour, after the anchors and the night's surveillance."""
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())
