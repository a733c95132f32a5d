"""Each way of knowing the truth beside the others: by hand, with what cannot be said."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.binary import sensitivity, specificity
from measures.estimate import Estimate
from measures.verification_bias import corrected_sensitivity
from monitoring.truth_kinds import (
    ADJUDICATED,
    BY_REPORT,
    CAVEATS,
    CORRECTED,
    FULL,
    NAIVE,
    WAYS,
    compare_truths,
    comparison_facts,
)
from records.known_by_kind import NAMED, NO_REPORT, NOT_NAMED, KnownStudy


def study(number: int, decision: bool, verified: bool | None = None, **more: object) -> KnownStudy:
    given: dict[str, object] = {
        "study_id": number, "patient": f"P{number}", "site": "north",
        "arrived_on": date(2026, 6, 1), "score": 0.9 if decision else 0.1, "decision": decision,
        "returned": "flagged" if decision else "not flagged",
        "reported": NAMED if decision else NOT_NAMED, "report": decision, "verified": verified,
        "adjudicated": None, "stratum": "", "probability": None,
    }
    return KnownStudy(**(given | more))  # type: ignore[arg-type]


def followed() -> list[KnownStudy]:
    """10 flagged, all verified, 8 of them diseased; 50 not, 10 verified, one of them diseased."""
    flagged = [study(n, True, n < 8) for n in range(10)]
    others = [study(10 + n, False, n == 0 if n < 10 else None) for n in range(50)]
    return flagged + others


def found(studies: list[KnownStudy], way: str, measure: str, site: str = "all", **more: object
) -> Estimate:  # fmt: skip
    made = compare_truths(studies, **more)  # type: ignore[arg-type]
    (one,) = [
        each.estimate for each in made
        if (each.site, each.way, each.estimate.measure) == (site, way, measure)
    ]
    return one


def test_the_naive_figure_is_of_the_verified_and_the_corrected_one_of_all() -> None:
    studies = followed()
    naive, corrected = (found(studies, way, "sensitivity") for way in (NAIVE, CORRECTED))
    assert naive.value == pytest.approx(8 / 9)
    truth = [one.verified if one.verified is not None else float("nan") for one in studies]
    known = [one.verified is not None for one in studies]
    by_hand = corrected_sensitivity(truth, [one.decision for one in studies], known)
    assert corrected.value == pytest.approx(8 / (8 + 50 * 0.1))
    assert (corrected.low, corrected.high) == (by_hand.low, by_hand.high)


def test_the_corrected_auc_weighs_the_verified_by_the_share_of_their_cell() -> None:
    """Of 60 flagged all verified, of 60 others a third: each of these stands for three."""
    studies = [study(n, True, n % 3 > 0, score=0.5 + n / 200) for n in range(60)] + [
        study(60 + n, False, n % 9 == 0 if n % 3 == 0 else None, score=0.1 + n / 200)
        for n in range(60)
    ]
    one, naive = (found(studies, way, "auc") for way in (CORRECTED, NAIVE))
    rows = [(each.verified, each.score, 1 if each.decision else 3) for each in studies
            if each.verified is not None]  # fmt: skip
    sick, well = ([(score, w) for is_sick, score, w in rows if is_sick is side]
                  for side in (True, False))  # fmt: skip
    pairs = [(v * w, (a > b) + 0.5 * (a == b)) for a, v in sick for b, w in well]
    by_hand = sum(w * won for w, won in pairs) / sum(w for w, _ in pairs)
    assert one.value == pytest.approx(by_hand, abs=0.003)
    assert one.value != pytest.approx(naive.value or 0.0, abs=0.01)


def test_the_drawn_count_by_their_chance() -> None:
    """20 of 40 flagged drawn, 15 diseased; 10 of 100 others, 2 diseased: 30 to 20."""
    drawn = [
        study(n, True, adjudicated=n < 15 if n < 20 else None, stratum="flagged", probability=0.5)
        for n in range(40)
    ] + [
        study(40 + n, False, adjudicated=n < 2 if n < 10 else None, stratum="not", probability=0.1)
        for n in range(100)
    ]
    assert found(drawn, ADJUDICATED, "sensitivity").value == pytest.approx(30 / 50)
    assert found(drawn, ADJUDICATED, "specificity").value == pytest.approx(80 / 90)
    assert found(drawn, ADJUDICATED, "ppv").value == pytest.approx(30 / 40)
    outside = [*drawn, *(study(200 + n, True) for n in range(500))]
    assert found(outside, ADJUDICATED, "ppv").value == pytest.approx(30 / 40)


def test_cells_without_enough_verified_are_joined_and_none_is_left_out() -> None:
    studies = [
        *followed(), study(100, False, site="south"), study(101, False, reported=NO_REPORT),
        study(102, False, reported=NO_REPORT, site="south"),
    ]  # fmt: skip
    one = found(studies, CORRECTED, "sensitivity")
    assert one.value == pytest.approx(8 / (8 + 53 * 0.1))
    assert not found(studies, CORRECTED, "sensitivity", site="south").estimable


def test_without_any_truth_or_score_nothing_is_made_up() -> None:
    studies = [study(n, n % 2 == 0, report=None, score=None) for n in range(20)]
    for way in WAYS:
        for measure in ("sensitivity", "specificity", "ppv"):
            assert not found(studies, way, measure).estimable
    assert "states no score" in found(studies, NAIVE, "auc").reason
    assert "limits" in found(followed(), CORRECTED, "ppv").reason
    for one in compare_truths([]):
        assert not one.estimate.estimable


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from(["north", "south"])),
                min_size=1, max_size=40))  # fmt: skip
def test_report_and_full_truth_are_the_plain_figures(rows: list[tuple[bool, bool, str]]) -> None:
    studies = [
        study(n, yes, report=not sick, site=site) for n, (yes, sick, site) in enumerate(rows)
    ]
    full = {n: sick for n, (_, sick, _) in enumerate(rows)}
    decisions = [yes for yes, _, _ in rows]
    for measure, plain in (("sensitivity", sensitivity), ("specificity", specificity)):
        one = found(studies, FULL, measure, full=full)
        assert one.value == plain([sick for _, sick, _ in rows], decisions).value
        other = found(studies, BY_REPORT, measure)
        assert other.value == plain([not sick for _, sick, _ in rows], decisions).value


def test_what_is_recorded_names_site_way_and_caveat() -> None:
    facts = comparison_facts(followed())
    assert facts.purpose == "kinds of truth"
    assert (facts.studies, facts.patients) == (60, 60)
    assert set(facts.figures["ways"]) == set(WAYS)
    assert all(CAVEATS[way] for way in WAYS)
    names = {one.subgroup for one in facts.estimates}
    assert names == {f"{site} | {way}" for site in ("all", "north") for way in WAYS}
    assert comparison_facts(followed()).inputs_digest == facts.inputs_digest
