"""What Dagster has on record of its runs, as JSON: ``python -m pipelines.state DAGSTER_HOME``.

A program of its own, so that whoever asks (pages, command line) does not load Dagster. It reads by
Dagster's own storage, also where that is another than files, and starts nothing.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RUNS = 50
"""The newest runs that are told one by one."""
LONGEST = 500
"""Letters of a message that are told."""


def state_of(home: Path) -> dict[str, Any]:
    """Runs, last successes of jobs and assets, schedules and sensors of a DAGSTER_HOME.

    Instants are seconds since 1970, None where there is none. Messages are as Dagster keeps them:
    whoever shows them looks for identities first.
    """
    from dagster import DagsterInstance

    from pipelines.definitions import defs

    with DagsterInstance.from_config(str(home)) as instance:
        records = instance.get_run_records(limit=RUNS)
        definitions = defs()
        return {
            "runs": [_run(instance, one) for one in records],
            "jobs": [_job(instance, one.name) for one in definitions.jobs or ()],
            "assets": _assets(instance, definitions),
            "schedules": _switches(instance, definitions.schedules or (), "schedule"),
            "sensors": _switches(instance, definitions.sensors or (), "sensor"),
            "read_at": datetime.now(UTC).timestamp(),
        }


def _run(instance: Any, record: Any) -> dict[str, Any]:
    run = record.dagster_run
    failed = run.status.value == "FAILURE"
    step, kind, message = _failure(instance, run.run_id) if failed else ("", "", "")
    return {
        "run": run.run_id, "job": run.job_name, "status": run.status.value.lower(),
        "day": run.tags.get("dagster/partition", ""),
        "started": record.start_time, "ended": record.end_time,
        "step": step, "error": kind, "message": message,
    }  # fmt: skip


def _failure(instance: Any, run_id: str) -> tuple[str, str, str]:
    """Of a failed run the step, the kind of the error and its first line: the innermost cause."""
    from dagster import DagsterEventType

    wanted = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}
    events = [
        one.event_log_entry.dagster_event
        for one in instance.get_records_for_run(run_id, of_type=wanted).records
    ]
    events.sort(key=lambda one: one.event_type != DagsterEventType.STEP_FAILURE)
    for event in events:
        error = getattr(event.event_specific_data, "error", None)
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            words = error.message.strip().splitlines()
            return event.step_key or "", error.cls_name or "", words[0][:LONGEST] if words else ""
    return "", "", str(events[0].message or "")[:LONGEST] if events else ""


def _job(instance: Any, name: str) -> dict[str, Any]:
    from dagster import DagsterRunStatus, RunsFilter

    found = instance.get_run_records(
        RunsFilter(job_name=name, statuses=[DagsterRunStatus.SUCCESS]), limit=1
    )
    last = instance.get_run_records(RunsFilter(job_name=name), limit=1)
    return {
        "name": name, "succeeded": found[0].end_time if found else None,
        "last": last[0].dagster_run.status.value.lower() if last else "",
    }


def _assets(instance: Any, definitions: Any) -> list[dict[str, Any]]:
    keys = sorted((key for one in definitions.assets or () for key in one.keys), key=str)
    known = {
        one.asset_entry.asset_key: one.asset_entry.last_materialization
        for one in instance.get_asset_records(keys)
    }
    return [
        {"name": key.to_user_string(), "made": made.timestamp if made else None,
         "run": made.run_id if made else ""}
        for key in keys for made in (known.get(key),)
    ]  # fmt: skip


def _switches(instance: Any, members: Any, kind: str) -> list[dict[str, Any]]:
    """What starts runs by itself; off where nobody switched it on, as it comes."""
    states = {one.name: one.status.value for one in instance.all_instigator_state()}
    return [
        {"name": one.name, "on": _is_on(states.get(one.name, ""), one),
         "job": one.job_name if kind == "schedule" else "",
         "when": str(getattr(one, "cron_schedule", "")),
         "zone": getattr(one, "execution_timezone", None) or "UTC"}
        for one in members
    ]  # fmt: skip


def _is_on(state: str, member: Any) -> bool:
    if state in ("", "DECLARED_IN_CODE"):
        return bool(member.default_status.value == "RUNNING")
    return state == "RUNNING"


if __name__ == "__main__":
    from records.quiet import switch_off_usage_statistics

    switch_off_usage_statistics()
    print(json.dumps(state_of(Path(sys.argv[1]))))
