"""A retraining by the device's written protocol, begun when an alert or its schedule asks for it.
"""

import dagster as dg

from pipelines.resources import DeviceConfig, Result, WorkspaceResource
from pipelines.retraining import GROUP, SERVICE


class RetrainConfig(DeviceConfig):
    """Which device; the alert that is the reason, where a person names one; the first run's seed.
    """

    alert: str = ""
    seed: int | None = None


@dg.asset(group_name=GROUP, kinds={"dvc", "pytorch"})
def retraining_run(
    context: dg.AssetExecutionContext, config: RetrainConfig, workspace: WorkspaceResource
) -> Result:
    """Select, freeze, train, compare, judge: a change request that people sign, or a stop.

    Refused, with every reason, where the protocol lets none begin; an interrupted one goes on.
    """
    from journeys.retrain_by_rule import retrain_by_rule

    with workspace.start(SERVICE, task="retrain by protocol") as routine:
        run = retrain_by_rule(
            routine.store, routine.device_name(config.device), seed=routine.seed(config.seed),
            alert=config.alert or None, actor=routine.actor, now=routine.now,
            report=context.log.info,
        )
    ended = run.said("ended")
    return dg.MaterializeResult(
        metadata={
            "run": run.name, "began_on": run.said("begun")["trigger"], "outcome": run.outcome,
            "change_request": ended.get("change_request", "none"), "reason": ended["reason"],
            "steps": dg.MetadataValue.json({step: one.label for step, one in run.steps.items()}),
        }
    )


retrain_by_protocol = dg.define_asset_job(
    "retrain_by_protocol", dg.AssetSelection.assets(retraining_run),
    description="Retrain as the device declares; ends in a change request or a recorded stop.",
)


@dg.schedule(job=retrain_by_protocol, cron_schedule="0 5 * * *", execution_timezone="UTC")
def every_morning(
    context: dg.ScheduleEvaluationContext, workspace: WorkspaceResource
) -> dg.RunRequest | dg.SkipReason:
    """At five, begin a retraining where the device's protocol says so; else say why not."""
    from journeys.retraining_due import retraining_due
    from records.errors import NotFound, Refused

    with workspace.look() as routine:
        try:
            name = routine.device_name("")
            due = retraining_due(
                routine.store, name, seed=routine.seed(None), now=routine.now
            )
        except (NotFound, Refused) as none:  # no device, several, no protocol, no version in use
            return dg.SkipReason(str(none))
    interrupted = bool(due.runs) and due.runs[-1].open
    if not (due.decision.allowed or interrupted):
        return dg.SkipReason(f"{name}: {'; '.join(due.decision.against)}")
    return dg.RunRequest(run_key=context.scheduled_execution_time.date().isoformat())
