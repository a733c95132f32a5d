"""The page of kinds of truth shows each way of knowing it beside the others, as recorded."""

from measures.estimate import Estimate
from monitoring.evaluate import EvaluationFacts, record_evaluation
from monitoring.truth_kinds import ADJUDICATED, CAVEATS, NAIVE
from records.product import ModelVersion
from records.store import Store
from records.surveillance import TRUTH_KINDS
from records.truth_kind_results import BETWEEN, newest_comparisons
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY


def compare(store: Store) -> None:
    estimates = [
        Estimate("specificity", n=83, value=0.506, low=0.401, high=0.611, method="Wilson",
                 subgroup=f"all{BETWEEN}{NAIVE}"),
        Estimate("specificity", n=140, value=0.878, low=0.819, high=0.919, method="weighted",
                 subgroup=f"all{BETWEEN}{ADJUDICATED}"),
        Estimate.not_estimable("auc", "no study", n=0, subgroup=f"north hospital{BETWEEN}{NAIVE}"),
    ]  # fmt: skip
    facts = EvaluationFacts(
        TRUTH_KINDS, estimates, {"ways": {way: CAVEATS[way] for way in (NAIVE, ADJUDICATED)}},
        "7" * 64, studies=600, patients=590,
    )
    with store.transaction("service:surveillance", "compare", now=TODAY) as tx:
        version = tx.get_one(ModelVersion, 1)
        record_evaluation(tx, version, facts, period=(TODAY.date(), TODAY.date()), now=TODAY)


def test_each_way_stands_beside_the_others_with_what_it_rests_on(
    visit: Visit, records: Store
) -> None:
    compare(records)
    app = visit("demo.quality", "truth-kinds")
    assert not app.exception
    words = text_of(app)
    for expected in ("0.506 (0.401 to 0.611), n = 83", "0.878 (0.819 to 0.919), n = 140",
                     CAVEATS[NAIVE], CAVEATS[ADJUDICATED], "600 studies"):  # fmt: skip
        assert expected in words, expected
    app.selectbox(key="truth-kinds-site").set_value("North hospital").run()
    words = text_of(app)
    assert "not estimable, n = 0" in words
    assert words.count(": no study.") == 1, "one reason is told once"
    compare(records)
    with records.reader() as reader:
        assert [one.label for one in newest_comparisons(reader)] == ["EVA-0004"]
