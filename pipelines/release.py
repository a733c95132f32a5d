"""What people have approved and signed is put into use, and its charts are prepared."""


import dagster as dg

from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.retraining import change_request

GROUP = "release"


class ReleaseConfig(dg.Config):
    """Which change request, and the sites to deploy to."""

    change_request: str
    sites: list[str]


class WatchConfig(DeviceConfig):
    """Studies a day that are expected at a site, and the seed of the choice of references."""

    daily_n: int
    seed: int | None = None


@dg.asset(group_name=GROUP, deps=[change_request])
def release(config: ReleaseConfig, workspace: WorkspaceResource) -> Result:
    """The version of a change request that people have approved and signed for release, deployed.

    One of them signs with the meaning 'release', on the pages or with 'radvigil change sign': a
    routine carries a decision out, it makes none. Without that signature it is refused.
    """
    from journeys.release import carry_out_release

    with workspace.start("service:deployment", task="release") as routine:
        made = carry_out_release(
            routine.store, config.change_request, sites=config.sites, actor=routine.actor,
            now=routine.now,
        )
    return dg.MaterializeResult(
        metadata={"record": made.label, "outcome": made.outcome, "sites": ", ".join(config.sites)}
    )


@dg.asset(group_name=GROUP, deps=[release])
def chart_baselines(
    config: WatchConfig, workspace: WorkspaceResource
) -> Result:
    """Before day one: the frozen reference and the limit of every chart at every site."""
    from journeys.start_watch import start_watch

    with workspace.start("service:surveillance", task="freeze chart baselines") as routine:
        made = start_watch(
            routine.store, routine.device_name(config.device), daily_n=config.daily_n,
            seed=routine.seed(config.seed), actor=routine.actor, now=routine.now,
        )
    idle = {one.label: f"{one.chart}: {one.reason}" for one in made if one.reason}
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(made), "cannot_run": dg.MetadataValue.json(idle)}
    )


release_and_start_watch = dg.define_asset_job(
    "release_and_start_watch", dg.AssetSelection.assets(release, chart_baselines),
    description="Carry out a signed decision and prepare the charts.",
)
