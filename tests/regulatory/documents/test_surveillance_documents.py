"""PMS plan, PMS report of class I and trend report: outlines, sources, and what is left open."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from records.errors import Refused
from records.settings import Workspace
from records.store import Store, open_store
from records.trends import TrendDecision, TrendLook
from regulatory.compile import Request, content_now
from regulatory.documents import pms_report
from regulatory.documents.blocks import Figure, Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.places import PLACES
from regulatory.documents.registry import PMS_PLAN, PMS_REPORT, TREND_REPORT
from regulatory.documents.rendering import render
from regulatory.gathering.edition import Basis
from regulatory.gathering.pms_plan import parameters_said
from regulatory.gathering.surveillance import gather_pms_report
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.gathering import small_store as small
from tests.regulatory.surveilled import REPORT, surveil


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    surveil(opened)
    yield opened
    opened.close()


def made(store: Store, kind: str) -> tuple[Basis, Content]:
    with store.reader() as reader:
        return content_now(reader, Request(kind, small.DEVICE, None), now=TODAY)


def tables(content: Content) -> dict[str, Table]:
    return {one.caption: one for section in content.sections for one in section.blocks
            if isinstance(one, Table)}  # fmt: skip


def places(content: Content) -> set[str]:
    return {gap.place for _, gap in placed_gaps(content) if gap.place}


@pytest.mark.requirement("REG-060")
def test_a_pms_plan_tells_what_is_collected_watched_and_judged(store: Store) -> None:
    content = made(store, PMS_PLAN)[1]
    assert [one.number for one in content.sections] == [str(one) for one in range(1, 13)]
    assert places(content) == set(PLACES[PMS_PLAN])
    found = tables(content)
    charts = found["Charts"]
    assert charts.rows[0][0].records == ("MPL-0001",)
    asked = {one[1].text: [cell.text for cell in one[2:]] for one in charts.rows}
    assert asked["image appearance"][0].startswith("Has the appearance of the images shifted")
    assert not [text for texts in asked.values() for text in texts if "_" in text], "no code words"
    groups = {one[1].text: one[3].text for one in found["Groups that are looked at apart"].rows}
    assert groups["age"].startswith("0 to under 18, 18 to under 40")
    assert found["Categories that are counted"].rows[0][3].text == "False Negative Result"
    indicators = found["Indicators of benefit and risk, with thresholds and what follows"]
    assert [one.text for one in indicators.rows[0]][5:9] == [
        "1", "for each 1000 studies", "12 months", "R-01"
    ]
    reasons = {gap.missing: gap.reason for _, gap in placed_gaps(content)}
    collected = reasons["A source for each kind of information of Annex III 1.1(a)"]
    assert "trends" in collected and "non-serious" not in collected
    calendar = reasons["Facts from which the days of periodic reports follow"]
    assert "certificate_issued" in calendar
    assert render(content).pdf.startswith(b"%PDF")


def test_parameters_of_a_chart_do_not_depend_on_the_order_of_a_column() -> None:
    told = {"window": "week", "levels": {"b": 2, "a": 1}}
    turned = {"levels": {"a": 1, "b": 2}, "window": "week"}
    assert parameters_said(told) == parameters_said(turned) == "levels: (a: 1; b: 2); window: week"


def test_a_pms_plan_without_any_record_is_made_of_gaps(
    tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    with empty.transaction("demo.engineer", "define", now=TODAY) as tx:
        small.add_device(tx)
    content = made(empty, PMS_PLAN)[1]
    assert [one.number for one in content.sections] == [str(one) for one in range(1, 13)]
    assert "Volume of sales" in {gap.missing for _, gap in placed_gaps(content)}
    with pytest.raises(Refused, match="Nobody decided that a trend"):
        made(empty, TREND_REPORT)
    empty.close()


def test_a_pms_report_of_class_one_has_the_same_results_and_its_own_outline(store: Store) -> None:
    with pytest.raises(Refused, match="is for class I"):
        made(store, PMS_REPORT)
    basis = made(store, "change_log")[0]
    definition = basis.definition
    low = definition.model_copy(update={
        "risk_class": definition.risk_class.model_copy(update={"eu": "I"})
    })  # fmt: skip
    with store.reader() as reader:
        facts = gather_pms_report(reader, replace(basis, definition=low, period=REPORT))
    content = pms_report.build(facts)
    assert [one.number for one in content.sections] == ["1", "2", "3", "4", "5", "A"]
    assert places(content) == set(PLACES[PMS_REPORT]) - {"restatements"}
    assert facts.schedule.says.startswith("when necessary")
    assert {one.section for one in facts.traces} <= {"1", "2", "3", "4"}
    found = tables(content)
    assert found["T8: Corrective and preventive actions"].rows[0][0].text == "CAPA-0001"
    assert "Indicators and thresholds of the plan" in found


def decided(tx: Any, **more: Any) -> None:
    look = tx.get_one(TrendLook, 1)
    tx.add(TrendDecision(
        look_id=look.id, proposed={"findings missed": {"verdict": "no trend", "digest": "d"}},
        benefit_risk_significant=True, unacceptable_risk=True, outcome="REPORT_TREND",
        against_rules=True, answer={}, grounds="three alike at one site",
        next_look_on=date(2026, 4, 1), decided_by="demo.regulatory", decided_at=TODAY, **more,
    ))  # fmt: skip


@pytest.mark.requirement("REG-068")
def test_a_trend_report_rests_on_the_signed_decision(store: Store) -> None:
    with pytest.raises(Refused, match="nothing to report"):
        made(store, TREND_REPORT)
    with store.transaction("demo.regulatory", "a trend is reported", now=TODAY) as tx:
        decided(tx)
    content = made(store, TREND_REPORT)[1]
    assert [one.number for one in content.sections] == [str(one) for one in range(1, 7)]
    assert places(content) == set(PLACES[TREND_REPORT])
    assert content.header.period == (date(2025, 10, 1), date(2025, 12, 31))
    found = tables(content)
    row = found["What is reported"].rows[0]
    assert row[0].records == ("TLK-0001", "TRD-0001")
    assert "the trend is reported (EU MDR Art. 88)" in row[-1].text
    assert [one.text for one in found["The signed decision"].rows[0]][1:5] == [
        "yes", "yes", "the trend is reported (EU MDR Art. 88)", "yes"
    ]
    (picture,) = (one for section in content.sections for one in section.blocks
                  if isinstance(one, Figure))  # fmt: skip
    assert "n = 9000" in picture.alt and picture.records == ("TLK-0001",)
    assert render(content).pdf.startswith(b"%PDF")
