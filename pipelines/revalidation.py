"""The deployed version judged again at a site where an alert was raised and acknowledged."""


import dagster as dg

from pipelines.days import DAYS
from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.surveillance import SERVICE, chart_points


@dg.asset(group_name="revalidation", partitions_def=DAYS, deps=[chart_points])
def revalidations(
    config: DeviceConfig, workspace: WorkspaceResource
) -> Result:
    """One revalidation for each site with an acknowledged alert that has none yet.

    An alert that waits for a person is left alone: acknowledging is a person's act.
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


revalidate = dg.define_asset_job(
    "revalidate", dg.AssetSelection.assets(revalidations),
    description="Revalidate at every site with an acknowledged alert.",
)
