"""The declared preparation: ours unchanged, others as declared, wrong declarations named."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from models.preparation import network_input
from models.preprocessing import Preprocessing, own_preprocessing
from records.errors import InvalidInput

RNG = np.random.default_rng(7)
OTHER = Preprocessing(
    version=1, rows=32, columns=48, aspect="stretch", resampling="bilinear", window="full-scale",
    levels=0, normalisation="mean-std", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225),
    channels=3, layout="NHWC", polarity="bone-dark",
)  # fmt: skip


def test_ours_is_the_preparation_that_it_always_was() -> None:
    for shape in ((100, 70), (40, 40), (65, 130)):
        array = RNG.random(shape)
        assert np.array_equal(own_preprocessing(48).picture(array), network_input(array, 48))


def test_the_general_way_gives_the_same_picture_as_ours_but_for_rounding() -> None:
    array = RNG.random((100, 70))
    ours = own_preprocessing(48).picture(array).astype(float)
    plain = replace(own_preprocessing(48), levels=0).picture(array)
    assert plain.dtype == np.float32
    # percentiles between two pixels are interpolated there and not in ours
    assert np.abs(255 * plain - ours).max() < 4


def test_another_maker_s_preparation_is_done_as_declared() -> None:
    array = RNG.random((90, 80))
    picture = OTHER.picture(array)
    small = np.asarray(
        Image.fromarray(array.astype(np.float32)).resize((48, 32), Image.Resampling.BILINEAR)
    )
    assert picture == pytest.approx(1 - small, abs=1e-6)
    values = OTHER.values(picture[None])
    assert values.shape == (1, *OTHER.input_shape) == (1, 32, 48, 3)
    for channel in range(3):
        wanted = (picture - OTHER.mean[channel]) / OTHER.std[channel]
        assert values[0, :, :, channel] == pytest.approx(wanted, abs=1e-5)


def test_each_picture_has_the_same_bits_alone_and_in_a_batch() -> None:
    for declared in (OTHER, replace(OTHER, normalisation="z-score"), own_preprocessing(32)):
        pictures = np.stack([declared.picture(RNG.random((50, 60))) for _ in range(5)])
        whole = declared.values(pictures)
        alone = np.concatenate([declared.values(one[None]) for one in pictures])
        assert np.array_equal(whole.view(np.uint32), alone.view(np.uint32))


def test_the_aspect_is_kept_with_air_around_it() -> None:
    declared = replace(own_preprocessing(32), window="full-scale", levels=0)
    picture = declared.picture(np.ones((20, 40)))
    assert picture[:8].max() == picture[24:].max() == 0
    assert picture[8:24].min() == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"aspect": "crop"}, "aspect"), ({"rows": 8}, "rows"), ({"version": 2}, "version"),
        ({"levels": 16}, "levels"), ({"channels": 2}, "channels"), ({"low": 3.0}, "low"),
        ({"window_low": 99.5}, "window_low"), ({"rows": 64.5}, "rows"), ({"rows": "64"}, "rows"),
        ({"polarity": True}, "polarity"), ({"colour": "grey"}, "colour"),
        ({"normalisation": "mean-std"}, "mean"), ({"high": float("nan")}, "high"),
        ({"normalisation": "mean-std", "mean": [0.5], "std": [0]}, "std"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_names_its_field(change: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        Preprocessing.from_mapping(own_preprocessing(64).to_mapping() | change)


@pytest.mark.parametrize("array", [np.zeros(4), np.full((30, 30), np.nan), np.zeros((0, 3))])
def test_what_is_no_picture_is_refused(array: np.ndarray) -> None:
    for declared in (OTHER, own_preprocessing(32)):
        with pytest.raises(ValueError, match=r"rows and columns|not finite"):
            declared.picture(array)
