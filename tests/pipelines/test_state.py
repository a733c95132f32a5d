"""What Dagster's own storage says of runs that were made here, read as the pages read it."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from journeys.ask_pipelines import ask_pipelines
from pipelines.definitions import defs
from records.store import Store

pytestmark = [
    pytest.mark.proof,  # Dagster is loaded twice, here and in the process that is asked
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def test_runs_failures_and_schedules_are_those_that_dagster_has_on_record(
    operating: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = operating.workspace.dagster
    monkeypatch.setenv("RADVIGIL_HOME", str(operating.workspace.home))
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with operating.reader() as reader:
        before = ask_pipelines(operating.workspace, reader, now=datetime.now(UTC))
    assert "has not run in this workspace yet" in before.absent
    with dg.DagsterInstance.from_config(str(home)) as instance:
        good = defs().resolve_job_def("anchor_the_trail").execute_in_process(
            instance=instance, run_config=quiet
        )
        bad = defs().resolve_job_def("make_a_candidate").execute_in_process(
            instance=instance, run_config=quiet, raise_on_error=False
        )
    assert good.success and not bad.success
    with operating.reader() as reader:
        found = ask_pipelines(operating.workspace, reader, now=datetime.now(UTC))
    assert [(one.job, one.status) for one in found.runs] == [
        ("make_a_candidate", "failure"), ("anchor_the_trail", "success")
    ]
    assert (found.runs[0].step, found.runs[0].error) == ("dataset_version", "NotFound")
    assert found.runs[0].message
    last = {(one.kind, one.name): one for one in found.successes}
    assert last["job", "anchor_the_trail"].at is not None
    assert last["asset", "anchors"].at is not None
    assert last["job", "make_a_candidate"].at is None
    assert last["job", "make_a_candidate"].last == "failure"
    assert {one.name for one in found.switches} >= {"every_night", "every_hour"}
    assert not any(one.on for one in found.switches)
