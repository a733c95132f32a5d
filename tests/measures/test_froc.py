from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.clustered import clustered
from measures.clusters import Resampling
from measures.detection import ImageMarks, Matched, MatchRule, match
from measures.froc import froc_curve, froc_score, lesion_sensitivity, sensitivity_at_false_positives

HOW = Resampling(seed=5, replicates=300)


def drawn(seed: int, images: int = 40) -> Matched:
    """Lesions found four times in five, false positives about one an image."""
    rng = np.random.default_rng(seed)
    marks = []
    for _ in range(images):
        lesions = [(10 * i, 0) for i in range(rng.integers(0, 4))]
        hits = [point for point in lesions if rng.random() < 0.8]
        false = [(10 * i, 500) for i in range(rng.poisson(1.0))]
        scores = np.round(np.r_[rng.normal(1.2, 1, len(hits)), rng.normal(0, 1, len(false))], 1)
        marks.append(ImageMarks(hits + false, scores, lesions))
    return match(marks, MatchRule("distance", 1.0))


SEEDS = st.integers(0, 500)


@settings(max_examples=25)
@given(seed=SEEDS)
def test_the_curve_rises_to_every_candidate(seed: int) -> None:
    found = drawn(seed)
    curve = froc_curve(found)
    assert curve.sensitivity[0] == curve.false_positives[0] == 0.0
    assert (np.diff(curve.sensitivity) >= 0).all()
    assert (np.diff(curve.false_positives) >= 0).all()
    assert (np.diff(curve.threshold) < 0).all()
    assert curve.sensitivity[-1] == pytest.approx(np.isfinite(found.found_at).mean())
    assert curve.false_positives[-1] == pytest.approx((found.lesion < 0).sum() / found.images)
    for at in range(curve.threshold.size):
        above = found.score >= curve.threshold[at]
        assert curve.false_positives[at] * found.images == (found.lesion[above] < 0).sum()
        share = (found.found_at >= curve.threshold[at]).mean()
        assert curve.sensitivity[at] == pytest.approx(share)


@settings(max_examples=25)
@given(seed=SEEDS, rate=st.sampled_from([0.0, 0.1, 0.5, 1.0, 9.0]))
def test_the_share_at_a_rate_is_the_best_point_that_keeps_it(seed: int, rate: float) -> None:
    found = drawn(seed)
    curve = froc_curve(found)
    best = curve.sensitivity[curve.false_positives <= rate + 1e-9].max()
    (one,) = sensitivity_at_false_positives(
        found, [rate], patients=range(found.images), resampling=HOW
    )
    assert one.value == pytest.approx(best)
    assert one.low is not None
    assert one.high is not None
    assert 0.0 <= one.low <= best <= one.high <= 1.0
    assert one.high > one.low


@settings(max_examples=25)
@given(seed=SEEDS)
def test_the_score_is_the_mean_over_its_rates_and_the_order_of_images_does_not_matter(
    seed: int,
) -> None:
    found, rates = drawn(seed), [0.25, 1.0]
    score = froc_score(found, rates, patients=range(found.images), resampling=HOW)
    each = sensitivity_at_false_positives(
        found, rates, patients=range(found.images), resampling=HOW
    )
    assert score.value == pytest.approx(np.mean([one.value for one in each]))
    turned = Matched(
        found.score, found.images - 1 - found.image, found.lesion, found.found_at,
        found.images - 1 - found.lesion_image, found.images,
    )  # fmt: skip
    again = froc_score(turned, rates, patients=range(found.images), resampling=HOW)
    assert again.value == pytest.approx(score.value)


def test_resampling_is_that_of_whole_patients_done_one_by_one() -> None:
    found, rate = drawn(7), 0.5
    patients = np.arange(found.images) // 2
    (one,) = sensitivity_at_false_positives(found, [rate], patients=patients, resampling=HOW)
    rng, values = np.random.default_rng(HOW.seed), []
    times = rng.multinomial(20, np.full(20, 1 / 20), size=HOW.replicates)
    for row in times:
        images, false, hits = row[patients], 0.0, 0.0
        best = 0.0
        for score in np.unique(found.score)[::-1]:
            at = found.score == score
            false += images[found.image[at & (found.lesion < 0)]].sum()
            hits += images[found.image[at & (found.lesion >= 0)]].sum()
            if false <= rate * images.sum() + 1e-9:
                best = hits
        values.append(best / images[found.lesion_image].sum())
    assert one.low == pytest.approx(np.quantile(values, 0.0203), abs=0.02)
    assert one.high == pytest.approx(np.quantile(values, 0.9797), abs=0.02)


def test_lesion_sensitivity_is_the_clustered_share_of_lesions() -> None:
    found = drawn(2)
    patients = np.arange(found.images) // 2
    one = lesion_sensitivity(found, 0.5, patients=patients)
    hit = found.found_at >= 0.5
    same = clustered("sensitivity", np.ones(hit.size), hit, patients=patients[found.lesion_image])
    assert (one.value, one.low, one.high, one.n) == (same.value, same.low, same.high, hit.size)
    assert one.measure == "lesion_sensitivity"


def test_all_lesions_found_is_not_certainty() -> None:
    images = [ImageMarks([[1, 1]], [0.9], [[1, 1]]) for _ in range(20)]
    found = match(images, MatchRule("distance", 1.0))
    (one,) = sensitivity_at_false_positives(found, [1.0], patients=range(20), resampling=HOW)
    assert one.value == one.high == 1.0
    assert one.low is not None
    assert one.low < 0.9
    assert "20 patients (all resamples agree)" in one.method


def test_no_lesion_or_one_patient_gives_a_reason() -> None:
    rule = MatchRule("distance", 1.0)
    healthy = match([ImageMarks([[1, 1]], [0.5], []), ImageMarks([], [], [])], rule)
    (none,) = sensitivity_at_false_positives(healthy, [1], patients=[1, 2], resampling=HOW)
    assert none.reason == "no true lesion in these images"
    assert lesion_sensitivity(healthy, 0.5, patients=[1, 2]).reason == none.reason
    with pytest.raises(ValueError, match="no true lesion"):
        froc_curve(healthy)
    with pytest.raises(ValueError, match="no image"):
        froc_curve(match([], rule))
    single = match([ImageMarks([[1, 1]], [0.5], [[1, 1]]), ImageMarks([], [], [])], rule)
    found = froc_score(single, patients=[1, 2], resampling=HOW)
    assert "one patient only" in found.reason
    rare = match([ImageMarks([], [], [[1, 1]])] * 2 + [ImageMarks([], [], [])] * 40, rule)
    found = froc_score(rare, patients=range(42), resampling=HOW)
    assert "no lesion in" in found.reason


def test_malformed_questions_are_refused() -> None:
    found = drawn(1)
    with pytest.raises(ValueError, match="patients: one per image is needed, 40, got 3"):
        lesion_sensitivity(found, 0.5, patients=[1, 2, 3])
    with pytest.raises(ValueError, match="threshold"):
        lesion_sensitivity(found, np.nan, patients=range(40))
    for rates in ([], [-1.0], [np.inf]):
        with pytest.raises(ValueError, match="rates"):
            froc_score(found, rates, patients=range(40), resampling=HOW)
