"""What no model of features can be made of is refused with the reason, before it is learnt."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.sources.masks import mask_png
from models.artefacts import ARRAYS, INDEX, write_columns
from models.fit_regions import fit_regions
from models.params import FitParams, Params, TaskParams
from models.true_masks import MASKS, add_member, in_16_bits
from records.errors import InvalidInput
from records.radiomics_rules import RadiomicsRules

RULES = RadiomicsRules(
    region="lungs", settings={"version": 1, "bins": 8}, outline_change=0.05, least_icc=0.75,
    least_pixels=20,
)  # fmt: skip
PARAMS = Params(
    fit=FitParams(network="linear"), task=TaskParams(kind="radiomics", radiomics=RULES)
)
SIDE = 16


def decoded(
    folder: Path, *, regions: bool = True, side: int = 8, patients: int = 8,
    spacings: tuple[list[float] | None, ...] = (None,), truth: int = 2,
) -> Path:  # fmt: skip
    """Outlined pictures, 16 of training and 8 of tuning, as the decode stage writes them."""
    rng = np.random.default_rng(1)
    names = [f"i{at}" for at in range(24)]
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[4 : 4 + side, 4 : 4 + side] = True
    index = {
        "instance_uid": np.array(names), "study_uid": np.array(names), "digest": np.array(names),
        "patient": np.array([f"p{at % patients}-{at >= 16}" for at in range(24)]),
        "site": np.array(["a"] * 24), "split": np.array(["train"] * 16 + ["tuning"] * 8),
        "finding": np.array([at % truth for at in range(24)]),
    }
    if regions:
        index["region"] = np.array(["m"] * 24)
    folder.mkdir()
    np.save(folder / ARRAYS, np.zeros((24, SIDE, SIDE), dtype=np.uint8))
    write_columns(folder / INDEX, index)
    with tarfile.open(folder / MASKS, "w") as out:
        told = {name: spacings[at % len(spacings)] for at, name in enumerate(names)}
        add_member(out, "spacings.json", json.dumps(told).encode())
        add_member(out, "m.png", mask_png(mask))
        for name in names:
            stream = io.BytesIO()
            np.save(stream, in_16_bits(rng.random((SIDE, SIDE)).astype(np.float32)))
            add_member(out, f"{name}.dcm.npy", stream.getvalue())
    return folder


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"regions": False}, "no outlines of lungs"),
        ({"side": 3}, "the outline holds 9 pixels, and 20 are needed"),
        ({"spacings": (None, [1.0, 1.0])}, "some do not"),
        ({"truth": 1}, "0 have the finding"),
        ({"patients": 2}, "1 patients with the finding, 4 are needed"),
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_learnt_from_is_refused(
    made: dict, why: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=why):
        fit_regions(decoded(tmp_path / "decoded", **made), tmp_path / "model", params=PARAMS)


def test_outlines_that_are_noise_leave_no_feature_to_be_used(tmp_path: Path) -> None:
    """White noise under one square: the pictures differ by chance alone."""
    strict = replace(
        PARAMS, task=replace(PARAMS.task, radiomics=RULES.model_copy(update={"least_icc": 0.999}))
    )
    with pytest.raises(InvalidInput, match="No feature holds"):
        fit_regions(decoded(tmp_path / "decoded"), tmp_path / "model", params=strict)


def test_a_network_reads_no_features(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"Set fit\.network to linear"):
        fit_regions(tmp_path, tmp_path, params=replace(PARAMS, fit=FitParams()))


def test_parameters_name_no_network_where_there_is_none() -> None:
    written = PARAMS.to_mapping()
    assert written["fit"] == {"network": "linear"}
    assert Params.from_mapping(written) == PARAMS
    assert PARAMS.fit.architecture == "logistic regression on radiomic features"
    with pytest.raises(InvalidInput, match="needs the section radiomics"):
        TaskParams(kind="radiomics")
