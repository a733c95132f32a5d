"""A day's studies through Dagster: stored, quarantined, checked, and again without harm."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import defs
from pipelines.intake import studies
from pipelines.resources import DayConfig, WorkspaceResource
from records.cases import GateResult, Quarantine, Study
from records.lookup import find_events, list_records
from records.store import Store
from tests.cli.conftest import write_radiograph
from tests.pipelines.conftest import DAY


def files_at(store: Store, site: str, numbers: range) -> Path:
    folder = store.workspace.incoming / site / DAY
    folder.mkdir(parents=True)
    for number in numbers:
        write_radiograph(folder / f"{number}.dcm", number)
    return folder


def run_day(store: Store, sites: list[str] | None = None) -> dg.ExecuteInProcessResult:
    config = dg.RunConfig(
        ops={"studies": DayConfig(sites=sites or [])},
        loggers={"console": {"config": {"log_level": "CRITICAL"}}},
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [studies], partition_key=DAY, run_config=config, raise_on_error=False,
            resources={"workspace": WorkspaceResource(home=str(store.workspace.home))},
            instance=instance,
        )


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    event = result.asset_materializations_for_node("studies")[0]
    return {name: value.value for name, value in event.metadata.items()}


@pytest.mark.slow
def test_all_sites_of_a_day_are_taken_in_checked_and_not_twice(operating: Store) -> None:
    files_at(operating, "north", range(1, 4))
    (files_at(operating, "south", range(4, 6)) / "bad.dcm").write_text("no radiograph")
    result = run_day(operating)
    assert result.success
    found = metadata_of(result)
    assert found["dagster/partition_row_count"] == 5
    assert found["sites"]["north"]["stored"] == 3
    assert sum(found["sites"]["south"]["quarantined"].values()) == 1
    check = result.get_asset_check_evaluations()[0]
    with operating.reader() as reader:
        gate = list_records(reader, GateResult)[0]
        assert len(list_records(reader, Study)) == 5
        assert len(list_records(reader, Quarantine)) == 1
        starts = find_events(reader, actor="service:intake", action="start")
    assert (check.passed, check.metadata["record"].value) == (gate.passed, gate.label)
    assert f"studies of {DAY}" in starts[0].new
    again = run_day(operating)
    assert again.success
    assert metadata_of(again)["sites"]["north"] == {
        "files": 3, "stored": 0, "duplicate": 3, "quarantined": {}
    }


def test_one_site_can_be_redone(operating: Store) -> None:
    files_at(operating, "north", range(1, 2))
    files_at(operating, "south", range(2, 3))
    found = metadata_of(run_day(operating, ["south"]))
    assert list(found["sites"]) == ["south"]
    with operating.reader() as reader:
        assert len(list_records(reader, Study)) == 1


def test_where_nothing_is_deployed_the_step_fails_and_says_why(store: Store) -> None:
    result = run_day(store)
    assert not result.success
    failure = result.failure_data_for_node("studies")
    assert failure is not None
    assert failure.error is not None
    assert "No device is defined here yet." in str(failure.error.cause)


def test_without_a_workspace_the_path_tried_is_named(tmp_path: Path) -> None:
    resource = WorkspaceResource(home=str(tmp_path / "none"))
    with pytest.raises(Exception, match="none"), resource.start("service:intake", task="x"):
        pass


def test_the_day_runs_as_a_job_of_the_definitions_where_radvigil_home_says(
    operating: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_HOME", str(operating.workspace.home))
    files_at(operating, "north", range(1, 2))
    job = defs().resolve_job_def("watch_one_day")
    with dg.DagsterInstance.ephemeral() as instance:
        selected = job.execute_in_process(
            partition_key=DAY, asset_selection=[dg.AssetKey("studies")], instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    assert selected.success
