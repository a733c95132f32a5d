"""Whether a CAPA worked is read from later records; it is not closed as effective before that."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from records.capa_criteria import MET, NOT_MET, NOT_YET, EffectivenessCriterion, read_criterion
from records.capa_effectiveness import check_effectiveness
from records.capas import (
    CAPA,
    EFFECTIVE,
    OTHERWISE,
    advance_capa,
    assign_capa,
    device_of,
    open_capa,
)
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.no_capas import decide_no_capa
from records.people import find_actor
from records.product import ModelVersion, Site
from records.settings import Workspace
from records.signatures import signatures_on
from records.store import Store, open_store
from records.surveillance import (
    Alert,
    ChartPoint,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    MonitoringRun,
)
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

CRITERION = {
    "on": "measure", "name": "sensitivity", "site": SITES[0], "direction": "at least",
    "bound": "0.9", "minimum_n": "100", "by": "2026-12-31",
}  # fmt: skip
DAY = TODAY.date()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    yield store
    store.close()


@pytest.fixture
def tx(template: Store) -> Iterator[Any]:
    with pytest.raises(ZeroDivisionError), template.transaction("x", "x", now=TODAY) as tx:
        yield tx
        raise ZeroDivisionError  # nothing of a test stays


def implemented(tx: Any, **other: Any) -> CAPA:
    """A CAPA of the first alert that the engineer implemented today."""
    alert, engineer = tx.get_one(Alert, 1), find_actor(tx, "demo.engineer")
    capa = open_capa(tx, device_id=1, source=alert, problem="it fell", by="x", now=TODAY)
    for to, said in (
        ("investigated", {"containment": "read without it", "root_cause": "gain changed"}),
        ("planned", {"correction": "gain set back", "corrective_action": "checked daily"}),
        ("implemented", {"implementation": "done, harms nothing"}),
    ):
        criterion = read_criterion(CRITERION | other) if to == "planned" else None
        advance_capa(tx, capa, to, said, by=engineer, now=TODAY, criterion=criterion)
    return capa


def found(tx: Any, first: date, last: date, **figure: Any) -> Evaluation:
    """An evaluation of a period at the first site."""
    site = tx.exec(select(Site).where(Site.name == SITES[0])).one()
    made = Evaluation(
        model_version_id=tx.exec(select(ModelVersion)).first().id, purpose="revalidation",
        site_id=site.id, period_from=first, period_to=last, attempt=1, studies=9, patients=9,
        figures={}, inputs_digest="0" * 64, evaluated_at=TODAY + timedelta(days=90),
    )  # fmt: skip
    tx.add(made)
    tx.flush()
    tx.add(EvaluationResult(evaluation_id=made.id or 0, measure="sensitivity", subgroup="all",
                            level=0.95, **figure))  # fmt: skip
    tx.flush()
    return made


def days(more: int) -> date:
    return DAY + timedelta(days=more)


GOOD = {"n": 300, "value": 0.96, "low": 0.93, "high": 0.98}


@pytest.mark.requirement("REG-085")
def test_only_periods_after_implementation_count_and_the_latest_with_enough_cases_decides(
    tx: Any,
) -> None:
    capa = implemented(tx)
    assert check_effectiveness(tx, capa).verdict == NOT_YET
    found(tx, days(-30), days(30), **GOOD)  # began before
    found(tx, days(0), days(30), **GOOD)  # holds the day itself
    found(tx, days(1), date(2027, 1, 1), **GOOD)  # ends after the day that was named
    assert "No record holds sensitivity" in check_effectiveness(tx, capa).words
    found(tx, days(1), days(20), **GOOD | {"n": 99})
    said = check_effectiveness(tx, capa)
    assert (said.verdict, said.looks) == (NOT_YET, 0)
    assert "n = 99 is too small: 100 were asked for" in said.words
    right = found(tx, days(1), days(40), **GOOD)
    said = check_effectiveness(tx, capa)
    assert (said.verdict, said.record, said.n, said.value, said.low, said.high) == (
        MET, right.label, 300, 0.96, 0.93, 0.98)  # fmt: skip
    found(tx, days(41), days(80), n=300, value=0.92, low=0.88, high=0.95)
    said = check_effectiveness(tx, capa)
    assert (said.verdict, said.looks) == (NOT_YET, 2)
    assert "the interval holds the bound 0.9" in said.words
    found(tx, days(81), days(90), n=300, value=0.8, low=0.75, high=0.85)
    assert check_effectiveness(tx, capa).verdict == NOT_MET
    found(tx, days(82), days(95), n=300, value=None, low=None, high=None, reason="no truth")
    said = check_effectiveness(tx, capa)
    assert said.verdict == NOT_YET and "not estimable: no truth" in said.words


def point(tx: Any, day: date, first: date | None, *, kept: int = 0, value: float = 0.95) -> None:
    """A point of a chart of windows at the first site; kept: cases left to the next window."""
    plan = tx.exec(select(MonitoringPlan)).first()
    run = MonitoringRun(plan_id=plan.id, model_version_id=1, day=day, studies=1, counts={},
                        run_at=TODAY)  # fmt: skip
    tx.add(run)
    tx.flush()
    window = {} if first is None else {
        "window_start": first.isoformat(), "window_end": day.isoformat()
    }  # fmt: skip
    tx.add(ChartPoint(run_id=run.id or 0, chart="weekly sensitivity", site=SITES[0], day=day, n=200,
                      value=value, low=0.91, high=0.98, details=window,
                      state={"cases": {"truth": [1.0] * kept}}))  # fmt: skip
    tx.flush()


def test_a_window_that_carries_cases_from_before_does_not_count(tx: Any) -> None:
    capa = implemented(tx, on="chart", name="weekly sensitivity")
    point(tx, days(3), days(-3), kept=4)  # holds days from before
    point(tx, days(10), days(4))  # and this the cases that it left
    assert check_effectiveness(tx, capa).verdict == NOT_YET
    point(tx, days(17), days(11))
    said = check_effectiveness(tx, capa)
    assert (said.verdict, said.period_from, said.looks) == (MET, days(11), 1)
    assert said.record.startswith("MRN-")
    point(tx, days(18), None, value=0.1)  # a chart that adds up from its beginning
    assert check_effectiveness(tx, capa).looks == 1


@pytest.mark.requirement("REG-085")
def test_it_is_closed_as_effective_only_where_the_check_is_met(tx: Any) -> None:
    capa, quality = implemented(tx), find_actor(tx, "demo.quality")

    def close(words: str, **how: Any) -> CAPA:
        return advance_capa(tx, capa, "closed", {"effectiveness_result": words}, by=quality,
                            now=TODAY, password=PASSWORD, **how)  # fmt: skip

    with pytest.raises(Refused, match="not closed as effective: No record holds"):
        close("fine")
    with tx.begin_nested():
        closed = close("the device was withdrawn at the site", otherwise=True)
        assert (closed.closed_as, closed.effectiveness["verdict"]) == (OTHERWISE, NOT_YET)
        assert signatures_on(tx, closed)
        with pytest.raises(Refused, match="is closed"):
            assign_capa(tx, closed, by=quality, owner="demo.engineer", now=TODAY)


def test_a_met_check_closes_it_and_not_by_who_implemented(tx: Any) -> None:
    capa, quality = implemented(tx), find_actor(tx, "demo.quality")
    found(tx, days(1), days(40), **GOOD)
    capa.implemented_by = "demo.quality"
    with pytest.raises(NotAllowed, match=r"'demo\.quality' implemented"):
        advance_capa(tx, capa, "closed", {"effectiveness_result": "0.96"}, by=quality, now=TODAY,
                     password=PASSWORD)  # fmt: skip
    capa.implemented_by = "demo.engineer"
    advance_capa(tx, capa, "closed", {"effectiveness_result": "0.96"}, by=quality, now=TODAY,
                 password=PASSWORD)  # fmt: skip
    assert capa.closed_as == EFFECTIVE
    assert capa.effectiveness["record"].startswith("EVA-")


@pytest.mark.parametrize(("field", "value", "words"), [
    ("on", "luck", "on: 'luck'"), ("direction", "about", "direction: 'about'"),
    ("bound", "nan", "bound: 'nan'"), ("minimum_n", "0", "minimum_n: '0'"),
    ("minimum_n", "²", "minimum_n"), ("by", "June", "by: 'June'"), ("by", "", "does not say by"),
    ("colour", "red", "no field colour"),
])  # fmt: skip
def test_a_criterion_says_everything_or_is_refused(field: str, value: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_criterion(CRITERION | {field: value})


def test_a_criterion_is_fixed_beforehand(tx: Any) -> None:
    capa = implemented(tx, by="2026-03-07")
    late = read_criterion(CRITERION | {"bound": "0.1"})
    assert isinstance(late, EffectivenessCriterion)
    with pytest.raises(InvalidInput, match="set with the step to 'planned'"):
        advance_capa(tx, capa, "closed", {}, by=find_actor(tx, "demo.quality"), now=TODAY,
                     criterion=late)  # fmt: skip


def test_the_day_of_a_criterion_lies_ahead(tx: Any) -> None:
    with pytest.raises(InvalidInput, match="is past"):
        implemented(tx, by="2026-03-01")


@pytest.mark.requirement("REG-085")
def test_owner_days_links_and_the_decision_that_none_is_needed(tx: Any) -> None:
    quality, alert = find_actor(tx, "demo.quality"), tx.get_one(Alert, 1)
    assert device_of(tx, alert) == 1
    none = decide_no_capa(tx, source="alt-1", grounds="a false alarm", by=quality,
                          password=PASSWORD, now=TODAY)  # fmt: skip
    assert none.source == "ALT-0001" and signatures_on(tx, none)[0].meaning == "author"
    capa = open_capa(tx, device_id=1, source=alert, problem="it fell", by="x", now=TODAY)
    with pytest.raises(Refused, match=r"CAPA-0001 of ALT-0001 is 'open'"):
        decide_no_capa(tx, source="ALT-0001", grounds="a false alarm", by=quality,
                       password=PASSWORD, now=TODAY)  # fmt: skip
    assign_capa(tx, capa, by=quality, owner="demo.engineer", due={"investigated": days(9)},
                links=["chr-1", "CHR-0001"], now=TODAY)  # fmt: skip
    assert (capa.owner, capa.due, capa.links) == (
        "demo.engineer", {"investigated": str(days(9))}, ["CHR-0001"])  # fmt: skip
    with pytest.raises(NotFound):
        assign_capa(tx, capa, by=quality, links=["ALT-0999"], now=TODAY)
    with pytest.raises(InvalidInput, match="no step soon"):
        assign_capa(tx, capa, by=quality, due={"soon": days(9)}, now=TODAY)
    for wrong, words in (
        ({"planned": days(-1)}, "'planned' cannot be due on .*: that day is past"),
        ({"closed": days(8)}, "'closed' would be due on .*, before 'investigated'"),
        ({"closed": days(20), "planned": days(21)}, "'closed' would be due on .*, before 'planned"),
    ):
        with pytest.raises(InvalidInput, match=words):
            assign_capa(tx, capa, by=quality, due=wrong, now=TODAY)
    assert capa.due == {"investigated": str(days(9))}
    assign_capa(tx, capa, by=quality, due={"investigated": days(9)}, now=TODAY + timedelta(days=30))
