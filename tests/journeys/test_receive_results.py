"""What another maker's product says becomes Predictions: once, joined, in any order, by any way."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from journeys.measure_period import measure_period
from journeys.receive_results import apply_waiting, receive_message, receive_results
from journeys.watch_day import run_charts, watch_of
from monitoring.first_operation import charts_that_wait
from records.cases import Prediction, Quarantine
from records.errors import InvalidInput, Refused
from records.external_results import ExternalResult
from records.external_scores import contradictions
from records.external_versions import Change, observe_versions, record_changes
from records.lookup import list_records
from records.notices import Notice
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.store import Store
from records.surveillance import Alert, ChartBaseline, EvaluationResult, MonitoringRun
from regulatory.changes import deploy
from tests.imaging.external.dialects import oru
from tests.journeys import external_workspace as outside
from tests.journeys.external_workspace import DEVICE, as_message, as_reports, as_table, at, draw
from tests.journeys.ris_workspace import add_studies

SITES = ("northfield", "westhaven")


def receive(store: Store, files: list[Path], *, site: str = SITES[0], day: int = 90):
    return receive_results(store, DEVICE, files, site=site, actor="service:intake", now=at(day))


def rows(store: Store, table):
    with store.reader() as reader:
        return list_records(reader, table)


@pytest.fixture
def accepted(store: Store) -> Store:
    outside.accept(store, outside.definition())
    return store


def test_the_four_ways_say_the_same_once(accepted: Store, tmp_path: Path) -> None:
    cases = draw(SITES[:1], [0], daily=3, seed=5)
    outside.take_in(accepted, cases)
    files = as_reports(cases, tmp_path / "sr")
    told = receive(accepted, files)
    assert (told.applied, told.known, told.waiting, dict(told.refused)) == (3, 0, 0, {})
    assert told.versions == ["ExampleCAD Chest 2.1.0"] and not told.version_changes
    again = [as_table(cases, tmp_path / "a.csv"), as_message(cases[1], tmp_path / "m.hl7")]
    told = receive(accepted, [*files, *again])
    assert (told.applied, told.known) == (0, 7)
    said = rows(accepted, Prediction)
    assert [(one.score, one.decision) for one in said] == [
        (pytest.approx(one.score / 100), one.score >= 50) for one in cases
    ]
    assert all(one.out_of_distribution is None and not one.returned_to_care for one in said)
    (version,) = rows(accepted, ModelVersion)
    (place,) = rows(accepted, Deployment)
    assert (version.status, version.seen_from_outside, place.mode) == ("observed", True, "external")
    assert place.started_at == cases[0].at
    with pytest.raises(Refused, match="has no dataset here"):
        _ = version.own_dataset


def test_a_result_waits_for_its_study_and_nothing_hangs_on_the_order(
    accepted: Store, tmp_path: Path
) -> None:
    cases = draw(SITES[:1], [0, 1], daily=2, seed=6)
    told = receive(accepted, [as_table(cases[::-1], tmp_path / "a.csv")])
    assert (told.applied, told.waiting) == (0, 4)
    assert receive(accepted, [as_table(cases, tmp_path / "b.csv")]).known == 4
    outside.take_in(accepted, cases[:3])
    assert apply_waiting(accepted, DEVICE, actor="service:intake", now=at(90)).applied == 3
    outside.take_in(accepted, cases[3:])
    assert apply_waiting(accepted, DEVICE, actor="service:intake", now=at(90)).applied == 1
    states = Counter(one.status for one in rows(accepted, ExternalResult))
    assert states == {"applied": 4}
    assert len(rows(accepted, Prediction)) == 4


def test_a_result_that_changes_is_kept_and_told_and_the_first_stays(
    accepted: Store, tmp_path: Path
) -> None:
    (case,) = draw(SITES[:1], [0], daily=1, seed=7)
    outside.take_in(accepted, [case])
    receive(accepted, [as_table([case], tmp_path / "a.csv")])
    other = replace(case, score=100 - case.score)
    told = receive(accepted, [as_message(other, tmp_path / "m.hl7")])
    assert (told.applied, told.changed) == (0, 1)
    (said,) = rows(accepted, Prediction)
    assert said.score == pytest.approx(case.score / 100)
    assert [one.status for one in rows(accepted, ExternalResult)] == ["applied", "changed"]
    (notice,) = [one for one in rows(accepted, Notice) if "product" in one.kind]
    assert notice.kind == "result of another maker's product changed"


def test_a_yes_below_a_no_of_one_version_is_taken_and_told_once(
    accepted: Store, tmp_path: Path
) -> None:
    cases = draw(SITES[:1], range(4), daily=1, seed=11)
    outside.take_in(accepted, cases)

    def say(*said: tuple[int, float, int]) -> list[str]:
        lines = [f"{cases[at].uid},2.1.0,{score},{decision},2026-03-08T09:00:00+00:00\n"
                 for at, score, decision in said]  # fmt: skip
        (tmp_path / "a.csv").write_text(outside.HEADER + "".join(lines))
        return receive(accepted, [tmp_path / "a.csv"]).contradictions

    assert say((0, 60, 1), (1, 50, 0)) == []
    (words,) = say((2, 95, 0))
    assert "says yes at a lower score than no" in words
    assert say((3, 20, 1)) == [words]
    (notice,) = [one for one in rows(accepted, Notice) if "product" in one.kind]
    assert (notice.words, notice.about) == (words, "ModelVersion:1")
    assert len(rows(accepted, Prediction)) == 4
    with accepted.reader() as reader:
        (found,) = contradictions(reader, DEVICE)
    assert (found.results, found.against, found.site) == (4, 2, SITES[0])
    assert (found.lowest_yes, found.highest_no) == pytest.approx((0.2, 0.95))


def test_an_accession_number_of_another_sites_study_is_not_taken_for_the_senders(
    accepted: Store, tmp_path: Path
) -> None:
    """Hospitals give the same numbers; the study of one is not that of the other."""
    add_studies(accepted, ["A"], accession=True)

    def say(site: str, control: str) -> tuple[int, dict[str, int]]:
        path = tmp_path / "m.hl7"
        path.write_bytes(oru("", score=71, answer="present", accession="ACC1", control=control,
                             at=at(0)))  # fmt: skip
        told = receive(accepted, [path], site=site)
        return told.applied, dict(told.refused)

    assert say(SITES[1], "1") == (0, {"no_study": 1})
    assert rows(accepted, Prediction) == []
    assert say(SITES[0], "2") == (1, {})


def test_another_version_is_noticed_where_it_begins(accepted: Store, tmp_path: Path) -> None:
    cases = draw(SITES, [0, 1, 2], daily=1, seed=8)
    cases = [
        replace(one, version="2.2.0") if one.site == SITES[1] and one.day > outside.FIRST else one
        for one in cases
    ]
    outside.take_in(accepted, cases)
    told = receive(accepted, [as_table(cases[::-1], tmp_path / "a.csv")])
    assert len(told.version_changes) == 1 and "westhaven names version 2.2.0" in (
        told.version_changes[0]
    )
    places = rows(accepted, Deployment)
    assert [(one.model_version_id, one.site_id, one.ended_at is None) for one in places] == [
        (1, 1, True), (1, 2, False), (2, 2, True),
    ]
    assert places[1].ended_at == places[2].started_at == cases[3].at
    (notice,) = [one for one in rows(accepted, Notice) if "product" in one.kind]
    assert notice.about == "ModelVersion:2"
    late = draw(SITES[1:], [0], daily=1, seed=9)
    outside.take_in(accepted, late)
    told = receive(accepted, [as_table(late, tmp_path / "b.csv")])
    assert (told.applied, told.version_changes) == (1, []), "late news of the old version"
    assert rows(accepted, Prediction)[-1].deployment_id == places[1].id


def test_what_cannot_be_read_lies_in_quarantine_with_the_reason(
    accepted: Store, tmp_path: Path
) -> None:
    (tmp_path / "odd.dcm").write_bytes(b"no dicom")
    (case,) = draw(SITES[:1], [0], daily=1, seed=10)
    wrong = as_message(case, tmp_path / "m.hl7", application="OTHER")
    wrong.write_bytes(wrong.read_bytes().replace(b"ample", b"ow").replace(b"EXAI", b"X"))
    told = receive(accepted, [tmp_path / "odd.dcm", wrong])
    assert dict(told.refused) == {"not_a_result": 1, "other_product": 1}
    assert {one.reason for one in rows(accepted, Quarantine)} == {
        "external_result:not_a_result", "external_result:other_product",
    }
    future = replace(case, day=outside.FIRST + timedelta(days=400))
    told = receive(accepted, [as_table([future], tmp_path / "f.csv")])
    assert dict(told.refused) == {"in_the_future": 1}
    assert told.places == {"in_the_future": ["line 2"]}
    (tmp_path / "w.csv").write_text(outside.HEADER + "1.2.3,2.1,870,,2026-01-05\n")
    with pytest.raises(InvalidInput, match="line 2, column score"):
        receive(accepted, [tmp_path / "w.csv"])
    assert not rows(accepted, Prediction)


def test_a_message_waits_for_its_study_as_a_file_does(accepted: Store) -> None:
    (case,) = draw(SITES[:1], [0], daily=1, seed=11)
    content = outside.oru(case.uid, score=60, at=case.at)

    def hear(message: bytes):
        return receive_message(
            accepted, DEVICE, message, site=SITES[0], actor="service:hl7", now=at(90)
        )

    assert (hear(content).waiting, hear(content).known) == (1, 1)
    other = hear(content.replace(b"ample", b"ow").replace(b"EXAMPLECAD", b"RIS"))
    assert dict(other.refused) == {"other_product": 1}


def test_no_identity_is_kept(accepted: Store, tmp_path: Path) -> None:
    cases = draw(SITES[:1], [0], daily=2, seed=12)
    outside.take_in(accepted, cases[:1])
    receive(accepted, [*as_reports(cases, tmp_path / "sr"), as_message(cases[0], tmp_path / "m")])
    with accepted.reader() as reader:
        kept = reader.connection().exec_driver_sql("SELECT * FROM external_result").all()
        kept += reader.connection().exec_driver_sql("SELECT * FROM audit_event").all()
    text = str(kept)
    assert "Zwetschkenbaum" not in text and "MRN-77" not in text
    assert all(one.uid not in text for one in cases)


def watched(store: Store, days: range) -> list[Alert]:
    """Each day's surveillance; the alerts."""
    found = []
    for day in days:
        with store.reader() as reader:
            watch = watch_of(reader, DEVICE)
        alerts, _ = run_charts(
            store, watch, outside.FIRST + timedelta(days=day), actor="service:surveillance",
            now=at(day),
        )
        found += alerts
    return found


def test_charts_begin_with_the_first_studies_and_find_drift_at_its_site(
    accepted: Store, tmp_path: Path
) -> None:
    cases = draw(SITES[1:], range(10), daily=15, seed=13, shifted=SITES[1], since=5)
    outside.take_in(accepted, cases)
    receive(accepted, [as_table(cases, tmp_path / "a.csv")])
    alerts = watched(accepted, range(10))
    assert alerts
    assert {one.chart for one in alerts} <= {
        "score distribution", "sensitivity in use", "specificity in use"
    }
    assert min(one.raised_on for one in alerts) >= outside.FIRST + timedelta(days=5)
    runs = rows(accepted, MonitoringRun)
    assert "its charts begin with 50 patients" in runs[0].counts[SITES[1]]["charts_wait"]
    assert "charts_wait" not in runs[5].counts[SITES[1]]
    with accepted.reader() as reader:
        plan = watch_of(reader, DEVICE).plan
        first, sixth = (
            charts_that_wait(reader, plan, outside.FIRST + timedelta(days=day)) for day in (0, 5)
        )
    assert list(first) == [SITES[1]] and "50 patients" in first[SITES[1]]
    assert sixth == {}


def test_a_product_without_scores_is_watched_by_its_decisions_alone(
    store: Store, tmp_path: Path
) -> None:
    outside.accept(store, outside.definition(score="none", threshold=None))
    cases = draw(SITES[:1], range(6), daily=12, seed=14)
    outside.take_in(store, cases)
    receive(store, [as_table(cases, tmp_path / "a.csv", scores=False)])
    assert all(one.score is None for one in rows(store, Prediction))
    watched(store, range(6))
    charts = {one.chart: one for one in rows(store, ChartBaseline)}
    assert charts["score distribution"].reason == "not estimable: the product states no score"
    assert charts["sensitivity in use"].reason == ""
    (version,) = rows(store, ModelVersion)
    assert version.operating_point is None
    period = (outside.FIRST, outside.FIRST + timedelta(days=5))
    measure_period(store, DEVICE, period=period, actor="service:documents", now=at(8))
    found = {
        one.measure: one for one in rows(store, EvaluationResult)
        if one.evaluation_id == 1 and one.subgroup == "all"
    }
    assert found["auc"].reason == found["brier"].reason == "the product states no score"
    assert found["sensitivity"].value is not None and found["sensitivity"].low is not None


def test_a_release_of_our_own_leaves_the_other_product_running(judged: Store) -> None:
    declared = outside.definition()
    outside.accept(judged, declared)
    with judged.transaction("demo.quality", "both", now=at(120)) as tx:
        device = tx.exec(select(Device).where(Device.name == DEVICE)).one()
        versions = observe_versions(tx, device, declared, ["2.1.0"], now=at(120))
        site = tx.exec(select(Site).where(Site.name == "northfield")).one()
        site.status = "confirmed"
        change = Change("", "2.1.0", at(119))
        record_changes(tx, site, [change], versions, [])
        deploy(tx, tx.get_one(ChangeRequest, 1), sites=[site], mode="shadow", now=at(120))
        deploy(tx, tx.get_one(ChangeRequest, 1), sites=[site], mode="shadow", now=at(121))
    assert [(one.mode, one.ended_at) for one in rows(judged, Deployment)] == [
        ("external", None), ("shadow", at(121)), ("shadow", None)
    ]
