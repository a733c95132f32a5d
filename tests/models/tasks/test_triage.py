"""Urgency on top of findings: what a weight does, and what a finding that is missed shows."""

import numpy as np
import pytest

from measures.estimate import Estimate
from models.calibrate import choose_for_urgency
from models.params import OperatingRule
from models.tasks import Calibration, Outcomes, TriageTask

CLASSES = ("nothing", "pneumothorax", "pneumonia")
WEIGHTS = (0.0, 1.0, 0.5)
TASK = TriageTask()
RNG = np.random.default_rng(3)


def found(estimates: list[Estimate]) -> dict[tuple[str, str], Estimate]:
    return {(one.measure, one.subgroup): one for one in estimates}


def test_of_two_findings_seen_as_clearly_the_heavier_one_is_the_more_urgent() -> None:
    said = TASK.decode(5.0 * np.eye(3), Calibration(1.0, 0.0, 0.6, WEIGHTS))
    chance = said.more["probabilities"]
    assert said.score == pytest.approx(chance @ np.array(WEIGHTS))
    assert said.score[1] > 0.9 > 0.6 > said.score[2] > said.score[0]
    assert said.decision.tolist() == [False, True, False]


def test_a_single_finding_of_weight_one_has_the_probability_as_its_urgency() -> None:
    logit = RNG.normal(size=(40, 2))
    said = TASK.decode(logit, Calibration(1.0, 0.0, 0.5, (0.0, 1.0)))
    assert said.score == pytest.approx(1 / (1 + np.exp(logit[:, 0] - logit[:, 1])))


@pytest.mark.parametrize(
    ("logit", "urgency", "words"),
    [
        ([0.0, 1.0], (0.0, 1.0), "two classes or more are needed"),
        ([[0.0, 1.0, 0.0]], (0.0, 1.0), "3 classes need a weight each, not 2"),
        ([[0.0, np.inf]], (0.0, 1.0), "not finite"),
    ],
)
def test_outputs_without_a_weight_each_or_not_finite_are_refused(
    logit: list, urgency: tuple[float, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        TASK.decode(np.array(logit), Calibration(1.0, 0.0, 0.5, urgency))


def test_each_finding_is_judged_by_its_own_studies() -> None:
    """All of one finding are moved up, a half of the other, and a tenth of the healthy."""
    truth = np.repeat([0, 1, 2], [100, 40, 60])
    decision = np.r_[np.arange(100) < 10, np.ones(40), np.arange(60) < 30].astype(int)
    sex = np.where(np.arange(200) % 2, "F", "M")
    whose = np.array([f"P{number}" for number in range(200)])
    outcomes = Outcomes(truth, decision * 0.8, decision, whose, {"sex": sex}, classes=CLASSES)
    judged = found(TASK.estimates(outcomes))
    assert judged["sensitivity", "all"].value == pytest.approx(0.7)
    assert judged["specificity", "all"].value == pytest.approx(0.9)
    one = judged["finding_sensitivity", "class=pneumothorax"]
    assert (one.value, one.n) == (1.0, 40)
    assert one.low is not None
    assert one.low < 1.0, "forty of forty are not all there could be"
    other = judged["finding_sensitivity", "class=pneumonia"]
    assert (other.value, other.numerator, other.denominator) == (0.5, 30, 60)
    assert judged["finding_sensitivity", "sex=F, class=pneumonia"].n == 30
    none = found(TASK.estimates(outcomes.where(truth != 1)))
    missing = none["finding_sensitivity", "class=pneumothorax"]
    assert not missing.estimable
    assert missing.reason == "no study of the class"


def test_a_patient_who_comes_often_makes_the_interval_wider() -> None:
    truth = np.repeat([0, 2], [80, 80])
    decision = np.r_[np.zeros(80), np.repeat(RNG.random(20) < 0.6, 4)].astype(int)
    apart = np.array([f"P{number}" for number in range(160)])
    four = np.array([f"P{number // 4}" for number in range(160)])
    wide, narrow = (
        found(TASK.estimates(Outcomes(truth, decision * 0.9, decision, whose, classes=CLASSES)))
        for whose in (four, apart)
    )
    key = ("finding_sensitivity", "class=pneumonia")
    assert wide[key].high - wide[key].low > narrow[key].high - narrow[key].low  # type: ignore[operator]


def test_the_operating_point_is_an_urgency_chosen_for_all_findings_together() -> None:
    truth = RNG.integers(0, 3, 400)
    logit = 1.5 * np.eye(3)[truth] + RNG.normal(size=(400, 3))
    rule = OperatingRule("fixed_sensitivity", 0.8)
    chosen = choose_for_urgency(logit, truth, rule=rule, urgency=WEIGHTS)
    said = TASK.decode(logit, chosen)
    moved_up = said.decision[truth > 0].mean()
    assert 0.8 <= moved_up < 0.82
    assert chosen.urgency == WEIGHTS
    best = choose_for_urgency(logit, truth, rule=OperatingRule("youden", None), urgency=WEIGHTS)
    assert 0 < best.operating_point < 1
    with pytest.raises(ValueError, match="chooses no urgency"):
        choose_for_urgency(logit, truth, rule=OperatingRule("prevalence", None), urgency=WEIGHTS)
