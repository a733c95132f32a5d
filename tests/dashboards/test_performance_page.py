"""Performance: what is stored is drawn; other thresholds are explored and nothing is changed."""

from datetime import date

import numpy as np
import pytest

from measures.estimate import Estimate
from monitoring.adjudicated import PURPOSE, TWO_READERS
from monitoring.evaluate import EvaluationFacts, evaluate_rows, record_evaluation
from monitoring.threshold_explorer import explore, trade_off
from records.definition import find_definition, load_definition
from records.errors import Refused
from records.evaluation_overview import IN_OPERATION, estimates_by_period
from records.lookup import find_events
from records.product import ModelVersion, Site
from records.store import Store
from records.surveillance import Evaluation
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import SITES, TODAY

DEVICE = "chest-radiograph-pneumonia"
PERIOD = (date(2026, 2, 1), date(2026, 2, 28))


@pytest.fixture
def measured(records: Store) -> Store:
    """EVA-0003 of all sites and EVA-0004 of the first, of 200 studies; EVA-0005: two readers."""
    chance = np.random.default_rng(5)
    truth = chance.integers(0, 2, 200)
    score = np.clip(chance.normal(0.35 + 0.25 * truth, 0.15), 0.001, 0.999)
    rows = [
        {"study": k, "patient": f"P{k}", "truth": int(truth[k]), "score": float(score[k]),
         "decision": bool(score[k] >= 0.4321), "site": SITES[k % 2], "sex": "FM"[k % 2],
         "age_years": 30.0 + k % 40, "view": "PA"}
        for k in range(200)
    ]  # fmt: skip
    facts = evaluate_rows(load_definition(find_definition(DEVICE)), rows, purpose=IN_OPERATION)
    read = EvaluationFacts(
        PURPOSE, [Estimate("kappa", n=40, value=0.7, low=0.5, high=0.9, method="x",
                           subgroup=TWO_READERS)], {}, "5" * 64, studies=40, patients=40,
    )  # fmt: skip
    with records.transaction("service:evaluation", "measure", now=TODAY) as tx:
        version, site = tx.get_one(ModelVersion, 1), tx.get_one(Site, 1)
        record_evaluation(tx, version, facts, period=PERIOD, now=TODAY)
        record_evaluation(tx, version, facts, site=site, period=PERIOD, now=TODAY)
        record_evaluation(tx, version, read, now=TODAY)
    return records


TABS = {
    "Over time": ("Is it as good as claimed?", ">degraded<", "Sensitivity where the truth is known",
                  "0.860 (95 % CI 0.620 to 0.970, n = 34)", "no truth arrived"),
    "Measured periods": ("2026-02-01 to 2026-02-28", "all sites", "n = 200)"),
    "Calibration": ("Stated, mean of the bin", "Calibration slope", "Wilson&#x27;s interval"),
    "Other thresholds": ("Exploratory: nothing is changed by it", "Alerts per 100 studies",
                         "Net benefit", "As it was", "Trade-off", "200 studies"),
    "Subgroups": ("sex: F", "All studies", "DeLong"),
    "Readers": ("0.700 (95 % CI 0.500 to 0.900, n = 40)", "Agreement, no accuracy"),
}  # fmt: skip


@pytest.mark.usefixtures("measured")
def test_every_tab_quotes_what_was_stored(visit: Visit) -> None:
    app = visit("demo.quality", "performance")
    for tab, expected in TABS.items():
        app.session_state["performance-tabs"] = tab
        words = text_of(app.run())
        assert not app.exception, tab
        for one in expected:
            assert one in words, (tab, one)


def test_a_threshold_is_explored_and_nothing_changes(visit: Visit, measured: Store) -> None:
    with measured.reader() as reader:
        found = explore(reader, "EVA-0003")
        events = len(find_events(reader))
        stored = estimates_by_period(reader, DEVICE, "sensitivity")[0]
    assert found.as_it_was is not None
    assert found.as_it_was.estimates["sensitivity"].value == pytest.approx(stored.value)
    other = found.at(0.7)
    cost = trade_off(found.as_it_was, other)
    assert cost.more_found < 0 and cost.more_alerts < 0
    assert "fewer false alarms for each diseased study missed more" in cost.per_found
    assert trade_off(other, other).per_found == "as it was"
    app = visit("demo.quality", "performance")
    app.session_state["performance-tabs"] = "Other thresholds"
    app.run()
    app.selectbox(key="threshold-evaluation").set_value(
        app.selectbox(key="threshold-evaluation").options[0]
    )
    app.select_slider(key="threshold-cut-EVA-0003").set_value(other.cut).run()
    words = text_of(app)
    assert "At 0.700" in words
    assert "More alerts</dt><dd>\N{MINUS SIGN}" in words or str(-cost.more_alerts) in words
    with measured.reader() as reader:
        after = [one for one in find_events(reader) if one.action != "sign in"]
        assert len(after) <= events


def test_intervals_that_do_not_allow_for_patients_with_several_studies_say_so(
    measured: Store,
) -> None:
    with measured.transaction("service:evaluation", "measure", now=TODAY) as tx:
        known = tx.get_one(Evaluation, 3)
        again = Evaluation(**known.model_dump(exclude={"id"}) | {"patients": 150})
        tx.add(again)
        tx.flush()
        label = again.label
    with measured.reader() as reader:
        assert explore(reader, "EVA-0003").mind == ""
        assert "take each study by itself" in explore(reader, label).mind


def test_an_evaluation_without_counts_says_why_and_what_to_do(
    visit: Visit, records: Store
) -> None:
    with records.reader() as reader, pytest.raises(Refused, match="without counts by score"):
        explore(reader, "EVA-0001")
    app = visit("demo.quality", "performance")
    for tab, words in (("Other thresholds", "radvigil monitor measure"),
                       ("Calibration", "not estimable: the score"),
                       ("Measured periods", "No period was measured yet"),
                       ("Readers", "No adjudicated reading was evaluated")):  # fmt: skip
        app.session_state["performance-tabs"] = tab
        assert words in text_of(app.run()), tab


def test_a_window_is_shown_as_it_was_last_computed_by_every_way(visit: Visit) -> None:
    app = visit("demo.quality", "performance")
    app.selectbox(key="performance-chart").set_value("sensitivity_by_week").run()
    assert not app.exception
    app.selectbox(key="performance-site").set_value("south clinic").run()
    words = text_of(app)
    assert "Sensitivity of each window at south clinic" in words
    for said in ("140 of 140", "0.840 (95 % CI 0.770 to 0.910, n = 60)",
                 "0.830 (95 % CI 0.780 to 0.880, n = 140)", "only truth can",
                 "the truth of 0 of 140 studies is known"):
        assert said in words, said
