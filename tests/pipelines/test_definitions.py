"""What Dagster is told: it loads, light, and every step of the house is there."""

import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest

from pipelines.definitions import ASSETS, JOBS, SCHEDULES, defs
from pipelines.resources import EXECUTORS, WorkspaceResource, chosen_executor
from pipelines.retraining_protocol import every_morning
from pipelines.surveillance import every_night
from records.store import Store

HEAVY = (
    "torch", "evidently", "great_expectations", "pandas", "scipy", "sklearn", "pydicom", "dvc",
    "typst", "matplotlib", "streamlit", "journeys", "records",
)  # fmt: skip


def test_importing_the_definitions_brings_nothing_heavy() -> None:
    code = (
        "import pipelines.definitions, sys\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(HEAVY)


def test_the_definitions_load_and_every_asset_is_in_a_job() -> None:
    loaded = defs()
    dg.Definitions.validate_loadable(loaded)
    in_jobs = {
        node.name
        for job in JOBS
        for node in loaded.resolve_job_def(job.name).nodes
    }
    assert in_jobs == {asset.key.path[-1] for asset in ASSETS}


def test_a_day_is_the_partition_of_operation_and_nothing_else() -> None:
    loaded = defs()
    daily = {"studies", "predictions", "reference_standards", "chart_points", "drift_reports",
             "revalidations"}
    for asset in ASSETS:
        partitions = loaded.resolve_asset_graph().get(asset.key).partitions_def
        if asset.key.path[-1] in daily:
            assert isinstance(partitions, dg.DailyPartitionsDefinition)
        else:
            assert partitions is None


def test_a_day_of_charts_waits_for_the_day_before() -> None:
    graph = defs().resolve_asset_graph()
    key = dg.AssetKey("chart_points")
    assert key in graph.get(key).parent_keys


def test_at_night_the_day_before_is_asked_for_once() -> None:
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 6, 2, 2, 0, tzinfo=UTC)
    )
    request = every_night(context)
    assert isinstance(request, dg.RunRequest)
    assert (request.partition_key, request.run_key) == ("2026-06-01", "2026-06-01")


def test_in_the_morning_the_protocol_is_asked_and_says_why_it_does_not_begin(
    operating: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_HOME", str(operating.workspace.home))
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 6, 2, 5, 0, tzinfo=UTC),
        resources={"workspace": WorkspaceResource()},
    )
    skipped = every_morning(context)
    assert isinstance(skipped, dg.SkipReason)
    assert "No version of chest-radiograph-pneumonia is released" in skipped.skip_message


def test_schedules_wait_until_somebody_starts_them() -> None:
    assert {one.default_status for one in SCHEDULES} == {dg.DefaultScheduleStatus.STOPPED}


def test_the_executor_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_executor() is dg.in_process_executor
    for name, executor in EXECUTORS.items():
        monkeypatch.setenv("RADVIGIL_EXECUTOR", name)
        assert chosen_executor() is executor
    monkeypatch.setenv("RADVIGIL_EXECUTOR", "cluster")
    with pytest.raises(dg.DagsterInvalidDefinitionError, match="in_process, multiprocess"):
        chosen_executor()
