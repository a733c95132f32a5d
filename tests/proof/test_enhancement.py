"""A denoiser learns noise from pairs and serves what it learned, at any size, equal to torch."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.boxes import Box, BoxedPicture
from imaging.sources.clean_pictures import clean_png
from models.artefacts import (
    ARRAYS,
    INDEX,
    METRICS,
    PREDICTIONS,
    read_columns,
    read_json,
    write_columns,
)
from models.calibrate_pairs import calibrate_pairs
from models.equivalence import EQUIVALENCE
from models.export import export_model
from models.fit_pairs import fit_pairs
from models.params import DecodeParams, FitParams, OperatingRule, Params, TaskParams
from models.predict import Predictor
from models.preprocessing import full_size
from models.score_pairs import score_pairs
from models.tasks import EnhancementTask
from models.true_masks import MASKS, add_member
from records.errors import InvalidInput

pytestmark = pytest.mark.proof

SHAPE = (56, 48)
PARAMS = Params(
    seed=5, threads=1, decode=DecodeParams(input_size=32, processes=1),
    fit=FitParams(
        network="denoiser", width=8, image_passes=900, min_epochs=1, max_epochs=75, batch_size=12,
        learning_rate=0.01, weight_decay=0.0, contrast=0.1, brightness=0.02,
    ),
    operating_point=OperatingRule("declared_range", None), task=TaskParams("enhancement"),
)  # fmt: skip
SPLITS = ("train",) * 12 + ("tuning",) * 8 + ("internal_test",) * 8


def spotted(row: float, column: float, *, shape: tuple[int, int], height: float) -> np.ndarray:
    down, across = np.mgrid[: shape[0], : shape[1]]
    sigma = 2.4 * min(shape) / 160
    far = (down - row) ** 2 + (across - column) ** 2
    return np.asarray(height * np.exp(-far / (2 * sigma**2)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five stages of small pairs: slopes with and without a spot, one of the two noisy."""
    whole = tmp_path_factory.mktemp("pairs")
    (whole / "decoded").mkdir()
    rng, index = np.random.default_rng(8), []
    with tarfile.open(whole / "decoded" / MASKS, "w") as out:
        for number, split in enumerate(SPLITS):
            slope = rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, SHAPE[1])[None, :]
            full = np.broadcast_to(0.4 + slope, SHAPE).copy()
            box = Box(20, 24, 6, 6)
            if number % 2:
                full += spotted(27, 23, shape=(160, 160), height=0.25)[: SHAPE[0], : SHAPE[1]]
            low = np.clip(full + 0.06 * rng.standard_normal(SHAPE), 0, 1)
            stream = io.BytesIO()
            np.save(stream, np.rint(low * 65535).astype("<u2"))
            add_member(out, f"D{number}.dcm.npy", stream.getvalue())
            add_member(out, f"R{number}.png", clean_png(np.rint(full * 65535).astype(np.uint16)))
            index.append({
                "instance_uid": f"I{number}", "study_uid": f"S{number}", "patient": f"P{number}",
                "site": "north", "split": split, "finding": number % 2, "digest": f"D{number}",
                "region": f"R{number}",
                "lesions": BoxedPicture(*SHAPE, (box,) if number % 2 else ()).text,
            })  # fmt: skip
    columns = {name: np.array([row[name] for row in index]) for name in index[0]}
    write_columns(whole / "decoded" / INDEX, columns)
    np.save(whole / "decoded" / ARRAYS, np.zeros((len(index), 32, 32), dtype=np.uint8))
    fit_pairs(whole / "decoded", whole / "model", params=PARAMS)
    export_model(whole / "model", params=PARAMS)
    calibrate_pairs(whole / "decoded", whole / "model", params=PARAMS)
    score_pairs(whole / "decoded", whole / "model")
    return whole


def test_it_comes_closer_to_full_dose_and_says_what_a_reader_makes_of_it(folder: Path) -> None:
    measured = read_json(folder / "model" / METRICS)["internal_test"]
    assert measured["psnr_gain"]["low"] > 3
    assert measured["ssim_gain"]["low"] > 0
    assert measured["rmse_lesion_enhanced"]["n"] == 4  # of the studies with a lesion alone
    assert measured["sensitivity_change"]["n"] == 4
    said = read_columns(folder / "model" / PREDICTIONS)
    assert {"score", "decision", "largest_change", *EnhancementTask.columns} <= set(said)


def test_what_serves_answers_as_what_was_trained_and_the_seed_gives_the_same_weights(
    folder: Path, tmp_path: Path
) -> None:
    assert read_json(folder / "model" / EQUIVALENCE)["equal"]
    short = replace(PARAMS, fit=replace(PARAMS.fit, image_passes=24, max_epochs=2))
    names = {fit_pairs(folder / "decoded", tmp_path / one, params=short) for one in ("a", "b")}
    assert len(names) == 1


def test_a_picture_of_any_size_goes_in_and_out_and_too_much_noise_is_told(folder: Path) -> None:
    name = str(read_json(folder / "model" / "model.json")["weights_hash"])
    predictor = Predictor.load(folder / "model", weights_hash=name)
    assert predictor.enhances and predictor.preprocessing == full_size()
    rng = np.random.default_rng(4)
    shapes, spread = [(40, 61), (90, 33), (56, 48)], [0.03, 0.06, 0.3]
    pictures = [
        np.clip(0.45 + noise * rng.standard_normal(shape), 0, 1)
        for shape, noise in zip(shapes, spread, strict=True)
    ]
    found = predictor.predict(pictures)
    assert [one.picture.shape for one in found if one.picture is not None] == shapes
    assert found[0].score < found[1].score < found[2].score
    assert [one.decision for one in found] == [False, False, True]
    alone = predictor.predict(pictures[:1])[0]
    assert np.array_equal(alone.picture, found[0].picture)  # type: ignore[arg-type]


def test_a_network_that_gives_no_picture_and_squares_that_fit_none_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="enhances no picture"):
        fit_pairs(folder / "decoded", tmp_path, params=Params())
    large = replace(PARAMS, decode=DecodeParams(input_size=64, processes=1))
    with pytest.raises(InvalidInput, match="48 pixels wide or high"):
        fit_pairs(folder / "decoded", tmp_path, params=large)
