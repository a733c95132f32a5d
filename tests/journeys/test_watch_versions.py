"""Where sites run different versions, each is read and watched by its own."""

from datetime import datetime

import pytest

from journeys.watch_day import Watch, run_charts, watch_of
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext
from monitoring.run import require_baselines
from records.cases import Prediction
from records.errors import Refused
from records.lookup import list_records
from records.product import DatasetVersion, Deployment, Device, ModelVersion
from records.queries import chart_states, effective_plan, find_device
from records.store import Store
from records.surveillance import ChartBaseline, MonitoringRun
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.small_store import add, at

DEVICE, SILENCE = small.DEVICE, "silence"
DAY = at(30).date()


def watch_in(store: Store) -> Watch:
    with store.reader() as reader:
        return watch_of(reader, DEVICE)


def silence(site: str) -> dict:
    context = ChartContext(SILENCE, site, 0.01, 90, 4, 5)
    detector = DETECTORS["silent_days"]
    parameters = {one.name: one.default for one in detector.parameters}
    return detector.prepare({}, context=context, parameters=parameters)


def add_second(store: Store, *, since: datetime, watched: bool) -> None:
    """A second version at the second site, where the first one ran until then."""
    with store.transaction("demo.quality", "another version is put into use", now=since) as tx:
        first = tx.get_one(ModelVersion, 1)
        copied = first.model_dump(exclude={"id"}) | {
            "name": "small-2", "version_digest": "w", "status": "candidate",
        }
        add(tx, ModelVersion(**copied))
        earlier = tx.get_one(Deployment, 2)
        earlier.ended_at = since
        tx.add(earlier)
        add(tx, Deployment(model_version_id=2, site_id=2, mode="live", started_at=since))
        if watched:
            add_silence(tx, version=2, site=2)


def add_silence(tx, *, version: int, site: int) -> None:
    add(tx, ChartBaseline(
        plan_id=1, model_version_id=version, site_id=site, chart=SILENCE, n=60, alpha=0.01,
        prepared=silence(small.SITES[site - 1]), frozen_at=at(19),
    ))  # fmt: skip


def add_reading(tx, number: int, *, version: int, site: int, day: datetime) -> None:
    study = small.add_study(tx, number, site_id=site, purpose="clinical", day=day)
    add(tx, Prediction(
        study_id=study, model_version_id=version, deployment_id=site if version == 1 else 3,
        score=0.5, decision=True, out_of_distribution=0.2, returned_to_care=False, predicted_at=day,
    ))  # fmt: skip
    small.add_truth(tx, study, present=True, day=day)


@pytest.fixture
def staged(judged: Store) -> Store:
    """Two sites under one version, watched for silence alone; both were silent for two days."""
    with judged.transaction("setup", now=at(20)) as tx:
        device = tx.get_one(Device, 1)
        assert tx.get_one(DatasetVersion, 1).device_id == device.id
        for site in (1, 2):
            add(tx, Deployment(model_version_id=1, site_id=site, mode="live", started_at=at(20)))
            add_silence(tx, version=1, site=site)
    for step in (28, 29):
        run_charts(judged, watch_in(judged), at(step).date(), actor="watch", now=at(step, 20))
    return judged


def test_each_site_is_watched_by_its_own_version_and_charts_start_afresh_with_it(
    staged: Store,
) -> None:
    watch = watch_in(staged)
    (one,) = watch.each
    assert (one.version.id, one.sites) == (watch.version.id, watch.sites)
    add_second(staged, since=at(30), watched=True)
    with staged.transaction("setup", now=at(30)) as tx:
        add_reading(tx, 700, version=1, site=1, day=at(30))
        add_reading(tx, 702, version=1, site=2, day=at(29))  # of the version that ran there before
        add_reading(tx, 704, version=2, site=2, day=at(30))
        add_reading(tx, 706, version=2, site=2, day=at(30))
    watch = watch_in(staged)
    assert [(one.version.id, list(one.sites.values())) for one in watch.each] == [
        (1, [small.SITES[0]]), (2, [small.SITES[1]]),
    ]
    run_charts(staged, watch, DAY, actor="watch", now=at(30, 20))
    with staged.reader() as reader:
        runs = list_records(reader, MonitoringRun)
        plan = effective_plan(reader, find_device(reader, DEVICE))
        assert plan is not None
        states, last = chart_states(reader, plan, before=at(31).date())
    assert last == DAY
    assert [states[SILENCE, site]["run"] for site in small.SITES] == [0, 0]
    assert runs[-1].counts == {
        small.SITES[0]: {"studies": 1, "truth_received": 1, "truth_too_late": 0,
                         "model_version": "MDV-0001"},
        small.SITES[1]: {"studies": 2, "truth_received": 2, "truth_too_late": 0,
                         "model_version": "MDV-0002"},
    }
    assert "model_version" not in runs[0].counts[small.SITES[0]]


def test_a_version_without_charts_at_its_site_is_refused_by_the_name_of_the_site(
    staged: Store,
) -> None:
    add_second(staged, since=at(30), watched=False)
    watch = watch_in(staged)
    with staged.reader() as reader, pytest.raises(Refused, match="MDV-0002 are not prepared at we"):
        require_baselines(reader, watch.plan, watch.running)
    with staged.transaction("setup", now=at(30)) as tx:
        add_silence(tx, version=2, site=2)
    run_charts(staged, watch, DAY, actor="watch", now=at(30, 20))
    with staged.reader() as reader:
        states, _ = chart_states(reader, watch.plan, before=at(31).date())
    assert [states[SILENCE, site]["run"] for site in small.SITES] == [3, 1], "the second is new"
