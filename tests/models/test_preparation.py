import numpy as np
import pytest

from models.preparation import network_input, resampled


def test_each_output_pixel_is_the_mean_of_the_area_under_it() -> None:
    array = np.random.default_rng(1).random((64, 64))
    small = array.reshape(16, 4, 16, 4).mean(axis=(1, 3))
    low, high = np.sort(small.ravel())[[round(share * 255) for share in (0.01, 0.99)]]
    expected = np.rint(np.clip((small - low) / (high - low), 0, 1) * 255)
    assert np.array_equal(network_input(array, 16), expected)


@pytest.mark.parametrize("shape", [(300, 211), (500, 400), (5, 1), (64, 64)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_areas_are_averaged_bit_for_bit_as_by_a_table_of_running_sums(
    shape: tuple[int, int], kind: type
) -> None:
    def averaged(picture: np.ndarray, after: int) -> np.ndarray:
        before = len(picture)
        edges = np.arange(after + 1) * (before / after)
        whole = np.minimum(edges.astype(int), before)
        table = np.vstack([np.zeros(picture.shape[1]), np.cumsum(picture, axis=0)])
        inside = picture[np.minimum(whole, before - 1)]
        return np.diff(table[whole] + (edges - whole)[:, None] * inside, axis=0) / (before / after)

    array = np.random.default_rng(4).random(shape).astype(kind)
    for size in (1, 37, 224):
        expected = averaged(averaged(array.astype(np.float64), size).T, size).T
        assert np.array_equal(resampled(array, size, size), expected)


@pytest.mark.parametrize("shape", [(28, 28), (160, 160), (173, 121), (64, 200), (1, 5)])
def test_any_size_becomes_the_square_that_the_network_reads(shape: tuple[int, int]) -> None:
    result = network_input(np.random.default_rng(2).random(shape, dtype=np.float32), 96)
    assert result.shape == (96, 96)
    assert result.dtype == np.uint8


def test_the_aspect_ratio_is_kept_and_the_rest_is_black() -> None:
    result = network_input(np.random.default_rng(2).random((80, 40)) + 0.2, 40)
    assert not result[:, :10].any()
    assert not result[:, 30:].any()
    assert result[:, 10:30].std() > 10


def test_gain_and_exposure_alone_do_not_change_the_picture() -> None:
    array = np.random.default_rng(3).random((90, 90))
    assert np.array_equal(network_input(array, 48), network_input(0.25 + array / 2, 48))


def test_a_flat_picture_stays_flat() -> None:
    assert not network_input(np.full((50, 50), 0.5), 32).any()


@pytest.mark.parametrize(
    "array", [np.zeros(9), np.zeros((0, 4)), np.full((4, 4), np.nan), np.zeros((2, 2, 3))]
)
def test_what_is_not_a_picture_is_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="picture"):
        network_input(array, 32)
