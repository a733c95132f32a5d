"""The analysis of variance of a reader study: published figures, identities, refusals."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given

from measures.comparison import paired_auc_difference
from measures.obuchowski_rockette import ReaderAnova, Sampled, obuchowski_rockette
from measures.readers import Readings
from tests.measures.reader_studies import reader_studies, simulated

SAMPLED: list[Sampled] = ["readers and studies", "studies", "readers"]

# Van Dyke's study (RJafroc's book and MRMCaov's guide print the same): AUCs and, per arm, variance
# and covariance of two readers from the jackknife; Cov1 and Cov3 of both arms.
VAN_DYKE = np.array(
    [
        [0.9196457, 0.8587762, 0.9038647, 0.9731079, 0.8297907],
        [0.9478261, 0.9053140, 0.9217391, 0.9993559, 0.9299517],
    ]
)


def van_dyke() -> ReaderAnova:
    block = np.full((2, 5, 2, 5), 0.0002390284)
    for reader in range(5):
        block[0, reader, 1, reader] = block[1, reader, 0, reader] = 0.0003466137
    for arm, (variance, cov2) in enumerate(
        [(0.0010141028, 0.0004839618), (0.0005904738, 0.0002041879)]
    ):
        block[arm, :, arm, :] = cov2
        np.fill_diagonal(block[arm, :, arm, :], variance)
    return ReaderAnova(
        ("1", "2"), tuple("abcde"), VAN_DYKE, block.reshape(10, 10), "jackknife", 114
    )  # fmt: skip


@pytest.mark.requirement("REG-126")
def test_published_analysis_of_van_dyke_is_met() -> None:
    study = van_dyke()
    found = study.components
    assert found.reader == pytest.approx(0.0015349993, rel=1e-4)
    assert found.arm_reader == pytest.approx(0.0002004025, rel=1e-4)
    test = study.equal_arms()
    assert test is not None
    assert (test.f, test.freedom[1], test.p_value) == pytest.approx(
        (4.456319, 15.25967, 0.05166569), rel=1e-4
    )
    gap = study.difference("1", "2")
    assert (gap.value, gap.se) == pytest.approx((-0.04380032, 0.02074862), rel=1e-5)
    assert gap.limits() == pytest.approx((-0.0879594986, 0.0003588544), abs=1e-6)
    assert gap.p_value == pytest.approx(0.05166569, rel=1e-4)
    singles = {"1": (0.8970370, 0.03317360, 12.74465, 0.8252236, 0.9688505),
               "2": (0.9408374, 0.02156637, 12.71019, 0.8941378, 0.9875369)}  # fmt: skip
    for name, (value, se, freedom, low, high) in singles.items():
        one = study.arm(name)
        assert (one.value, one.se, one.freedom) == pytest.approx((value, se, freedom), rel=1e-5)
        assert one.limits() == pytest.approx((low, high), abs=1e-6)


@given(block=reader_studies(crossed=True))
def test_the_delong_covariance_is_that_of_the_paired_test(block: Readings) -> None:
    study = obuchowski_rockette(block, covariance="delong")
    r = len(block.readers)
    for at in range(r):
        one = paired_auc_difference(block.diseased, block.ratings[0, at], block.ratings[1, at])
        c = study.covariance
        variance = c[at, at] + c[r + at, r + at] - 2 * c[at, r + at]
        if one.statistic is not None and one.difference.value:
            expected = (one.difference.value / one.statistic) ** 2
            assert variance == pytest.approx(expected, rel=1e-6)


@given(block=reader_studies(crossed=True))
def test_the_jackknife_covariance_is_that_of_leaving_studies_out(block: Readings) -> None:
    study = obuchowski_rockette(block)
    n = block.diseased.size
    left = []
    for out in range(n):
        kept = np.arange(n) != out
        part = dataclasses.replace(
            block, diseased=block.diseased[kept], ratings=block.ratings[:, :, kept]
        )
        left.append(obuchowski_rockette(part).areas.ravel())
    off = np.array(left) - np.mean(left, axis=0)
    assert study.covariance == pytest.approx((n - 1) / n * off.T @ off, abs=1e-12)


@pytest.mark.parametrize("sampled", SAMPLED)
@given(block=reader_studies(crossed=True))
def test_two_arms_are_tested_as_their_difference_is(sampled: Sampled, block: Readings) -> None:
    study = obuchowski_rockette(block)
    gap, test = study.difference("aided", "alone", sampled), study.equal_arms(sampled)
    back = study.difference("alone", "aided", sampled)
    if gap.se is None or gap.value is None or test is None:
        return
    assert test.f == pytest.approx((gap.value / gap.se) ** 2)
    assert gap.p_value == pytest.approx(test.p_value, abs=1e-9)
    assert back.value == pytest.approx(-gap.value)
    low, high = gap.estimate.low, gap.estimate.high
    assert low is not None
    assert high is not None
    assert -1.0 <= low <= gap.value <= high <= 1.0


@given(block=reader_studies(crossed=True))
def test_generalising_to_more_is_never_surer(block: Readings) -> None:
    study = obuchowski_rockette(block)
    both = study.difference("aided", "alone").variance
    assert both is not None
    readers = study.difference("aided", "alone", "readers").variance
    assert readers is not None
    assert both >= readers - 1e-15
    taken = obuchowski_rockette(block, keeps_negative=True)
    default = study.difference("aided", "alone", "studies").variance
    as_it_comes = taken.difference("aided", "alone", "studies").variance
    assert default is not None
    assert as_it_comes is not None
    assert default >= as_it_comes - 1e-15


def test_three_arms_are_tested_together() -> None:
    block = simulated(7)
    third = np.concatenate([block.ratings, block.ratings[:1] + 0.3 * block.ratings[1:]])
    study = obuchowski_rockette(
        dataclasses.replace(block, arms=("aided", "alone", "film"), ratings=third)
    )
    test = study.equal_arms()
    assert test is not None
    assert test.freedom[0] == 2.0
    fixed = study.equal_arms("studies")
    assert fixed is not None
    assert math.isinf(fixed.freedom[1])
    assert fixed.chi_squared == pytest.approx(2 * fixed.f)


def test_what_cannot_be_analysed_is_refused_or_explained() -> None:
    with pytest.raises(ValueError, match="readings are missing"):
        obuchowski_rockette(simulated(1, keep=0.8))
    with pytest.raises(ValueError, match="found 1 diseased and 9 healthy"):
        obuchowski_rockette(simulated(1, diseased=1))
    with pytest.raises(ValueError, match="'jackknife' or 'delong'"):
        obuchowski_rockette(simulated(1), covariance="bootstrap")  # type: ignore[arg-type]
    study = obuchowski_rockette(simulated(1))
    with pytest.raises(ValueError, match="none of aided, alone"):
        study.arm("film")
    with pytest.raises(ValueError, match="sampled"):
        study.difference("aided", "alone", "patients")  # type: ignore[arg-type]
    single = obuchowski_rockette(simulated(1, readers=1))
    assert "one reader" in single.difference("aided", "alone").estimate.reason
    assert "one reader" in single.arm("aided").estimate.reason
    block = simulated(1)
    perfect = np.broadcast_to(block.diseased * 1.0, block.ratings.shape).copy()
    same = obuchowski_rockette(dataclasses.replace(block, ratings=perfect))
    assert "zero" in same.difference("aided", "alone").estimate.reason
    assert same.equal_arms() is None
