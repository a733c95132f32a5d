from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures import agreement, binary, calibration
from measures.balanced import balanced_accuracy
from measures.clustered import CLUSTERED, clustered
from measures.clusters import Measure, Resampling
from measures.estimate import Estimate
from tests.measures.columns import Column, cluster_bootstrap, truth_and_score

AGREEMENTS = (
    "positive_percent_agreement", "negative_percent_agreement", "overall_percent_agreement",
)  # fmt: skip
SHARES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1", *AGREEMENTS)
OF_DECISION = (*SHARES, "balanced_accuracy")
OF_SCORE = ("auc", "brier")
RECALIBRATION = ("calibration_slope", "calibration_intercept")


def measure(name: str) -> Measure:
    if name == "balanced_accuracy":
        return balanced_accuracy
    homes: list[Any] = [binary, agreement, calibration]
    found: Measure = next(getattr(home, name) for home in homes if hasattr(home, name))
    return found


def clinic(seed: int, patients: int, mixed: bool = True) -> tuple[Column, Column, Any]:
    """One to five studies a patient, alike in score and, unless mixed, in disease."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.integers(1, 6, size=patients))
    own = rng.normal(size=patients)[patient]
    frail = rng.random(patients)[patient]
    draw = rng.random(patient.size) if mixed else frail
    truth = (0.5 * frail + 0.5 * draw < 0.45).astype(float)
    odds = 2.2 * truth - 1.1 + 0.9 * own + 0.7 * rng.normal(size=patient.size)
    return truth, 1.0 / (1.0 + np.exp(-odds)), patient


def asked(name: str, score: Column) -> Column:
    return (score >= 0.5).astype(float) if name in OF_DECISION else score


def width(found: Estimate) -> float:
    assert found.low is not None and found.high is not None and found.value is not None
    assert found.low <= found.value <= found.high
    return found.high - found.low


def limits(found: Estimate) -> tuple[float | None, ...]:
    return found.value, found.low, found.high, found.n, found.level


@pytest.mark.parametrize("name", CLUSTERED)
@pytest.mark.parametrize("mixed", [True, False])
def test_the_interval_is_as_wide_as_resampling_patients_makes_it(name: str, mixed: bool) -> None:
    truth, score, patient = clinic(11, 200, mixed)
    column = asked(name, score)
    found = clustered(name, truth, column, patients=patient)
    how = Resampling(seed=3, replicates=300 if name in RECALIBRATION + AGREEMENTS else 2000)
    drawn = cluster_bootstrap(measure(name), truth, column, patients=patient, resampling=how)
    assert found.value == pytest.approx(drawn.value, abs=1e-12)
    assert found.n == drawn.n
    assert width(found) == pytest.approx(width(drawn), rel=0.15)
    assert "patients" in found.method
    # The studies of a patient are alike: the interval that ignores this is shorter.
    if name in SHARES:
        assert width(found) > 1.1 * width(measure(name)(truth, column))


@given(columns=truth_and_score(both_classes=True))
def test_one_study_a_patient_gives_the_ordinary_interval(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    patient = np.arange(truth.size)
    for name in (*SHARES, *OF_SCORE):
        column = asked(name, score)
        plain = measure(name)(truth, column)
        found = clustered(name, truth, column, patients=patient)
        if plain.n < 2:
            assert not found.estimable
        else:
            assert limits(found) == pytest.approx(limits(plain), abs=1e-9)
            assert (found.numerator, found.denominator) == (plain.numerator, plain.denominator)


@pytest.mark.parametrize("name", RECALIBRATION)
def test_one_study_a_patient_gives_about_the_wald_interval(name: str) -> None:
    rng = np.random.default_rng(8)
    score = rng.uniform(0.02, 0.98, size=2000)
    truth = (rng.random(2000) < score).astype(float)
    found = clustered(name, truth, score, patients=np.arange(2000))
    assert width(found) == pytest.approx(width(measure(name)(truth, score)), rel=0.05)


@pytest.mark.requirement("REG-126")
def test_the_sandwich_agrees_with_statsmodels() -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    truth, score, patient = clinic(5, 300)
    x = np.log(score / (1.0 - score))
    model = GLM(truth, np.column_stack([np.ones(x.size), x]), family=Binomial())
    robust = model.fit(
        cov_type="cluster", cov_kwds={"groups": patient, "use_correction": False}
    ).bse * np.sqrt(300 / 299)
    for name, error in zip(("calibration_intercept", "calibration_slope"), robust, strict=True):
        found = clustered(name, truth, score, patients=patient)
        # Beside statsmodels' normal quantile ours is Student's, a hair wider.
        assert width(found) / (2 * 1.959964) == pytest.approx(error, rel=0.02)
        assert width(found) / (2 * 1.959964) >= error * (1 - 1e-6)


def test_obuchowski_agrees_with_the_formula_written_out() -> None:
    truth, score, patient = clinic(6, 40)
    gaps = score[truth == 1][:, None] - score[truth == 0][None, :]
    kernel = (np.sign(gaps) + 1.0) / 2.0
    area, (m, n) = kernel.mean(), kernel.shape
    sick, healthy = patient[truth == 1], patient[truth == 0]
    ten = np.array([(kernel.mean(axis=1) - area)[sick == i].sum() for i in range(40)])
    one = np.array([(kernel.mean(axis=0) - area)[healthy == i].sum() for i in range(40)])
    i10, i01 = np.unique(sick).size, np.unique(healthy).size
    variance = (
        i10 / (i10 - 1) * (ten @ ten) / m**2
        + i01 / (i01 - 1) * (one @ one) / n**2
        + 2 * 40 / 39 * (ten @ one) / (m * n)
    )
    found = clustered("auc", truth, score, patients=patient)
    assert found.low is not None and found.high is not None
    logit = np.log(np.array([found.low, found.high]) / (1 - np.array([found.low, found.high])))
    error = float(np.diff(logit)[0]) / (2 * 1.959964) * area * (1 - area)
    few, of_them = min((i10, m), (i01, n))
    from scipy.stats import t

    widened = t.ppf(0.975, few - 1) / t.ppf(0.975, of_them - 1)
    assert error == pytest.approx(float(np.sqrt(variance)) * widened, rel=1e-5)
    assert found.value == pytest.approx(area)


@pytest.mark.parametrize("name", CLUSTERED)
def test_the_same_studies_counted_twice_tell_nothing_new(name: str) -> None:
    truth, score, patient = clinic(7, 120)
    first = np.unique(patient, return_index=True)[1]
    truth, score = truth[first], asked(name, score[first])
    once = clustered(name, truth, score, patients=np.arange(120))
    twice = clustered(name, *(np.repeat(c, 2) for c in (truth, score)),
                      patients=np.repeat(np.arange(120), 2))  # fmt: skip
    assert twice.value == pytest.approx(once.value)
    assert width(twice) == pytest.approx(width(once), rel=0.05)


@pytest.mark.parametrize(("patients", "least"), [(6, 0.92), (15, 0.92), (60, 0.92)])
def test_the_interval_covers_also_with_few_patients(patients: int, least: float) -> None:
    rng, hits, naive = np.random.default_rng(patients), 0, 0
    patient = np.repeat(np.arange(patients), 5)
    for _ in range(400):
        # a patient's own chance of being flagged varies around 0.8
        own = rng.beta(1.6, 0.4, size=patients)
        flagged = (rng.random(patient.size) < own[patient]).astype(float)
        ones = np.ones(patient.size)
        found = clustered("sensitivity", ones, flagged, patients=patient)
        plain = binary.sensitivity(ones, flagged)
        hits += found.low <= 0.8 <= found.high  # type: ignore[operator]
        naive += plain.low <= 0.8 <= plain.high  # type: ignore[operator]
    assert hits / 400 > least
    assert naive / 400 < 0.85


@pytest.mark.parametrize(("name", "true"), [("auc", 0.8085), ("brier", None)])
def test_the_interval_of_a_score_covers(name: str, true: float | None) -> None:
    rng, hits, runs = np.random.default_rng(21), 0, 300
    patient = np.repeat(np.arange(50), 4)

    def clinic_of(patients: Any, count: int) -> tuple[Column, Column]:
        truth = (rng.random(patients.size) < 0.4).astype(float)
        noise = rng.normal(size=count)[patients] + rng.normal(size=patients.size)
        odds = (noise + 1.74 * truth - 0.87) / np.sqrt(2.0)
        return truth, 1.0 / (1.0 + np.exp(-odds))

    if true is None:
        truth, score = clinic_of(np.arange(400_000), 400_000)
        true = float(np.mean((truth - score) ** 2))
    for _ in range(runs):
        found = clustered(name, *clinic_of(patient, 50), patients=patient)
        hits += found.low <= true <= found.high  # type: ignore[operator]
    assert 0.91 < hits / runs <= 0.99


def test_without_spread_the_patients_are_counted_not_the_studies() -> None:
    patient = np.repeat(np.arange(12), 3)
    ones = np.ones(36)
    found = clustered("sensitivity", ones, ones, patients=patient)
    twelve = binary.sensitivity(np.ones(12), np.ones(12))
    assert (found.low, found.high, found.n) == (twelve.low, twelve.high, 36)
    assert found.method == "Wilson at the effective sample size (Rao-Scott), 12 patients"
    truth = (patient < 6).astype(float)
    perfect = clustered("auc", truth, truth, patients=patient)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low == binary.auc([0] * 6 + [1] * 6, [0] * 6 + [1] * 6).low
    assert "6 independent pairs (Obuchowski variance is zero)" in perfect.method


@pytest.mark.parametrize("name", CLUSTERED)
@given(data=st.data())
def test_any_clinic_gets_an_interval_or_a_reason(name: str, data: st.DataObject) -> None:
    truth, score = data.draw(truth_and_score())
    patient = data.draw(st.lists(st.integers(0, 5), min_size=truth.size, max_size=truth.size))
    column = asked(name, score)
    plain = measure(name)(truth, column)
    found = clustered(name, truth, column, patients=patient, level=0.9)
    if found.estimable:
        assert found.value == pytest.approx(plain.value)
        assert width(found) > 0.0
        assert found.low is not None and found.value is not None and found.high is not None
        # Below ten patients never shorter than if each study were another patient's.
        if name in SHARES:
            assert width(found) >= width(measure(name)(truth, column, level=0.9)) - 1e-9
    else:
        assert found.reason


def test_too_few_patients_give_a_reason() -> None:
    one = clustered("sensitivity", [1, 1, 0], [1, 0, 0], patients=["a", "a", "b"])
    assert one.reason.startswith("fewer than two patients")
    none = clustered("sensitivity", [0, 0], [1, 0], patients=["a", "a"])
    assert none.reason == "no diseased study"
    lone = clustered("auc", [1, 1, 0, 0], [0.9, 0.2, 0.4, 0.1], patients=["a", "a", "b", "c"])
    assert lone.reason == "needs two patients of each: 1 with diseased, 2 with healthy studies"


def test_an_unknown_measure_or_a_malformed_column_is_refused() -> None:
    with pytest.raises(ValueError, match="known: sensitivity, specificity"):
        clustered("sensitvity", [1, 0], [1, 0], patients=["a", "b"])
    with pytest.raises(ValueError, match="patients has 1"):
        clustered("auc", [1, 0], [0.1, 0.2], patients=["a"])
    with pytest.raises(ValueError, match="without a patient"):
        clustered("auc", [1, 0], [0.1, 0.2], patients=["a", ""])
