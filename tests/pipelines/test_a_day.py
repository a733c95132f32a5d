"""The same use cases through Dagster: a day of operation, a candidate, the documents."""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from journeys import demonstration_steps as steps
from journeys.simulated_subjects import Scale
from pipelines.definitions import defs
from records.cases import Prediction, ReferenceStandard
from records.lookup import list_records
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import ChartPoint, MonitoringRun

pytestmark = [
    pytest.mark.proof,  # a whole life of a device first: a minute of processor time
    pytest.mark.xdist_group("demonstration"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # DVC's and Evidently's own
]

FIRST = date(2026, 6, 1)
SMALL = Scale(days=2, change_day=2, development_per_site=130, daily_per_site=6)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose device is released or shadowed, before its first day of operation."""
    workspace = Workspace(tmp_path_factory.mktemp("operation") / "workspace").create()
    store = open_store(workspace, url="")
    course = steps.Course(
        store=store, order={"seed": 11, "data": ""}, seed=11, data=None, external=None,
        drift=False, columns={}, workers=1, scale=SMALL, advance=lambda _done, _total: None,
    )
    for step in (steps.define, steps.make, steps.take_in, steps.version, steps.train,
                 steps.evaluate, steps.release):
        step(course)
    course.at(FIRST, hour=20)
    store.close()
    return workspace.home


@pytest.fixture
def records(home: Path) -> Iterator[Store]:
    store = open_store(Workspace(home), url="")
    yield store
    store.close()


@pytest.fixture
def run_job(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a job of the definitions in that workspace; the metadata of each asset."""
    monkeypatch.setenv("RADVIGIL_HOME", str(home))

    def run(name: str, day: str | None = None) -> dict[str, dict[str, Any]]:
        with dg.DagsterInstance.ephemeral() as instance:
            result = defs().resolve_job_def(name).execute_in_process(
                partition_key=day, instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        assert result.success
        logging.getLogger("dagster").handlers.clear()
        return {
            event.materialization.asset_key.to_user_string(): {
                name: value.value for name, value in event.materialization.metadata.items()
            }
            for event in result.all_events
            if event.is_step_materialization
        }

    return run


@pytest.mark.requirement("REG-049")
def test_a_day_is_taken_in_read_watched_and_not_twice(run_job: Any, records: Store) -> None:
    found = run_job("watch_one_day", FIRST.isoformat())
    taken = sum(one["stored"] for one in found["studies"]["sites"].values())
    assert taken == found["predictions"]["dagster/partition_row_count"] > 0
    assert found["chart_points"]["done_now"] is True
    with records.reader() as reader:
        in_use = [one for one in list_records(reader, Prediction) if one.deployment_id]
        assert len(in_use) == taken
        assert [one.day for one in list_records(reader, MonitoringRun)] == [FIRST]
        points, truths = (len(list_records(reader, one)) for one in (ChartPoint, ReferenceStandard))
    again = run_job("watch_one_day", FIRST.isoformat())
    assert again["predictions"]["dagster/partition_row_count"] == 0
    assert again["chart_points"]["done_now"] is False
    with records.reader() as reader:
        assert len(list_records(reader, ChartPoint)) == points
        assert len(list_records(reader, ReferenceStandard)) == truths


def test_the_candidate_of_the_same_data_and_seed_is_the_one_on_record(run_job: Any) -> None:
    found = run_job("make_a_candidate")
    assert found["dataset_version"]["record"] == "DSV-0001"
    assert found["model_version"]["record"] == "MDV-0001"
    assert found["change_request"]["record"] == "CHR-0001"
    assert len(found["evaluation"]["criteria"]) >= 1


def test_nothing_is_revalidated_while_no_alert_was_raised(run_job: Any) -> None:
    found = run_job("revalidate", FIRST.isoformat())
    assert found["revalidations"] == {"waiting_for_a_person": "none", "revalidations": {}}


def test_the_documents_are_written(run_job: Any) -> None:
    found = run_job("write_the_documents")
    assert len(found["documents"]) == 4
