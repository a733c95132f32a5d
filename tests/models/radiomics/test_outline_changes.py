"""An outline drawn a little otherwise, and which features hold under it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.radiomics.outline_changes import CHANGES, changed_outline, stability_of

MASKS = arrays(np.bool_, st.tuples(st.integers(3, 12), st.integers(3, 12))).filter(
    lambda mask: bool(mask.any())
)


@settings(max_examples=40)
@given(mask=MASKS, share=st.floats(0.001, 0.2))
def test_a_grown_outline_holds_the_region_and_a_shrunk_one_lies_in_it(
    mask: np.ndarray, share: float
) -> None:
    grown, shrunk = (changed_outline(mask, way, share) for way in ("grown", "shrunk"))
    assert (grown | ~mask).all()
    assert (mask | ~shrunk).all()
    assert grown.shape == shrunk.shape == mask.shape


@settings(max_examples=40)
@given(mask=MASKS, share=st.floats(0.001, 0.2))
def test_a_moved_outline_is_the_same_region_as_far_as_it_lies_in_the_picture(
    mask: np.ndarray, share: float
) -> None:
    steps = round(max(1.0, share * 2 * float(np.sqrt(mask.sum() / np.pi))))
    down, right = (changed_outline(mask, way, share) for way in ("moved down", "moved right"))
    assert (down[steps:] == mask[:-steps]).all() and not down[:steps].any()
    assert (right[:, steps:] == mask[:, :-steps]).all() and not right[:, :steps].any()


def test_the_distance_is_a_share_of_the_diameter() -> None:
    rows, columns = np.indices((120, 120))
    disc = (rows - 60) ** 2 + (columns - 60) ** 2 <= 40**2
    for way, radius in (("grown", 44), ("shrunk", 36)):
        area = changed_outline(disc, way, 0.05).sum()
        assert area == pytest.approx(np.pi * radius**2, rel=0.04)
    assert set(CHANGES) == {"grown", "shrunk", "moved down", "moved right"}


def test_a_feature_may_be_used_where_the_lower_end_of_its_interval_reaches_the_limit() -> None:
    rng = np.random.default_rng(3)
    own = rng.normal(size=(60, 4))
    ways = [own + rng.normal(0, (0.05, 1.5, 0.05, 0.0), (60, 4)) for _ in range(4)]
    for place, way in enumerate(ways):
        way[:, 2] += 3 * place  # higher in every region: consistent, and no agreement
        way[:, 3] = 1.0
    ways[1][7, 0] = np.nan
    holds, noisy, shifted, constant = stability_of(
        ("holds", "noisy", "shifted", "constant"), ways, least_icc=0.75
    )
    assert holds.stable and holds.icc.n == 59
    assert not noisy.stable and not shifted.stable
    assert not constant.stable and constant.icc.value is None
    assert "no spread" in constant.icc.reason
    big = stability_of(("holds",), [1e9 + 1e3 * way[:, :1] for way in ways], least_icc=0.75)[0]
    assert big.icc.value == pytest.approx(holds.icc.value, abs=1e-6)
