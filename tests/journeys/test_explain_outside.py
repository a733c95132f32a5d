"""Pictures from outside are explained by a method whose check allows it, and by no other."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from imaging.deidentify import Deidentifier
from imaging.results.statement import FOR_REVIEW
from journeys.explain_outside import check_method, explain_files, kept_check
from journeys.predict_outside import Asked, predict_files
from models.artefacts import MODEL, read_json, write_json
from models.explain_checks import NOT_ESTIMABLE, NOT_TRUSTWORTHY, TRUSTWORTHY
from models.predict import Predictor
from records.errors import InvalidInput, Refused
from records.product import ModelVersion
from records.store import Store
from tests.models.conftest import picture
from tests.records.test_versions import GIVEN
from tests.regulatory.gathering.small_store import definition


@pytest.fixture(scope="module")
def asked(model_folder: Path) -> Asked:
    name = read_json(model_folder / MODEL)["weights_hash"]
    version = ModelVersion(**{**GIVEN, "weights_hash": name}, label="MDV-0001")
    predictor = Predictor.load(model_folder, weights_hash=name)
    return Asked(version, definition(), predictor, Deidentifier(b"k" * 32), model_folder)


def pictures(folder: Path, count: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(6)
    for at in range(count):
        array = (picture(rng, 1) / 16).astype(np.uint8)
        Image.fromarray(array).save(folder / f"Huber_Anna_{at:02d}.png")
    return folder


def allowed(store: Store, asked: Asked, verdict: str, method: str = "integrated_gradients") -> None:
    place = store.workspace.home / "explanations"
    place.mkdir(exist_ok=True)
    rank: dict[str, Any] = {"high": 0.21, "n": 34}
    name = f"{asked.version.weights_hash}.{method}.json"
    write_json(place / name, {"verdict": verdict, "steps": [{"rank": rank}]})


def test_nothing_is_drawn_without_a_check_that_allows_it(
    store: Store, asked: Asked, tmp_path: Path, now: datetime
) -> None:
    seen, out = pictures(tmp_path / "in", 1), tmp_path / "out"
    for verdict, said in (
        ("", "never checked"), (NOT_TRUSTWORTHY, "'not trustworthy'"), (NOT_ESTIMABLE, "estimable"),
    ):  # fmt: skip
        if verdict:
            allowed(store, asked, verdict)
        with pytest.raises(Refused, match=said):
            explain_files(store, asked, seen, out, method="integrated_gradients", at=now)
    allowed(store, asked, TRUSTWORTHY, "grad_cam")
    with pytest.raises(Refused):  # the other method's check says nothing of this one
        explain_files(store, asked, seen, out, method="integrated_gradients", at=now)
    with pytest.raises(InvalidInput, match="no method"):
        explain_files(store, asked, seen, out, method="guess", at=now)
    assert not out.exists()


def test_a_map_says_what_it_is_and_names_nobody(
    store: Store, asked: Asked, tmp_path: Path, now: datetime
) -> None:
    allowed(store, asked, TRUSTWORTHY)
    seen, out = pictures(tmp_path / "in", 2), tmp_path / "out"
    (seen / "letter.txt").write_text("no picture")
    found = explain_files(store, asked, seen, out, method="integrated_gradients", at=now)
    assert [one["outcome"] for one in found] == ["drawn", "drawn", "refused"]
    assert [one.get("score") for one in found[:2]] == [
        one["score"] for one in predict_files(asked, seen)[:2]
    ]
    assert sorted(one.name for one in out.iterdir()) == ["map-00001.dcm", "map-00002.dcm"]
    content = (out / "map-00001.dcm").read_bytes()
    assert b"Huber" not in content
    image = dcmread(out / "map-00001.dcm")
    for said in (
        FOR_REVIEW, "Integrated gradients.", "not where a disease is", "at most 0.21 (n = 34)",
        "not released: not for care",
    ):  # fmt: skip
        assert said in image.ImageComments
    assert image.PhotometricInterpretation == "RGB"
    colours = image.pixel_array[:40, :40].astype(int)
    assert (colours.max(axis=2) > colours.min(axis=2)).any()
    with pytest.raises(InvalidInput, match="no empty folder"):
        explain_files(store, asked, seen, out, method="integrated_gradients", at=now)


def test_a_version_trained_elsewhere_is_refused_in_words(
    store: Store, asked: Asked, tmp_path: Path, now: datetime
) -> None:
    foreign = replace(asked, predictor=replace(asked.predictor, params=None))
    seen, out = pictures(tmp_path / "in", 1), tmp_path / "out"
    allowed(store, asked, TRUSTWORTHY)
    with pytest.raises(Refused, match="trained elsewhere"):
        explain_files(store, foreign, seen, out, method="integrated_gradients", at=now)


def test_a_version_of_several_findings_is_refused_for_a_map_is_of_one(
    store: Store, asked: Asked, tmp_path: Path, now: datetime
) -> None:
    described = dict(asked.predictor.description) | {"classes": ["none", "mass", "cyst"]}
    several = replace(asked, predictor=replace(asked.predictor, description=described))
    seen, out = pictures(tmp_path / "in", 1), tmp_path / "out"
    allowed(store, asked, TRUSTWORTHY)
    with pytest.raises(Refused, match="tells mass, cyst, and a map is of one output"):
        explain_files(store, several, seen, out, method="integrated_gradients", at=now)


def test_two_methods_give_two_objects(
    store: Store, asked: Asked, tmp_path: Path, now: datetime
) -> None:
    seen, names = pictures(tmp_path / "in", 6), []
    for method in ("integrated_gradients", "grad_cam"):
        allowed(store, asked, TRUSTWORTHY, method)
        out = tmp_path / method
        found = explain_files(store, asked, seen, out, method=method, at=now)
        assert {one["outcome"] for one in found} <= {"drawn", "no map"}
        names += [dcmread(one).SOPInstanceUID for one in out.iterdir()]
    assert len(names) > 6
    assert len(set(names)) == len(names)


def test_a_check_is_kept_for_its_version_and_method_and_few_pictures_settle_nothing(
    store: Store, asked: Asked, tmp_path: Path, now: datetime
) -> None:
    how: dict[str, Any] = {"method": "integrated_gradients", "seed": 3, "at": now}
    few = check_method(store, asked, pictures(tmp_path / "few", 3), **how)
    assert (few["verdict"], few["pictures"]) == (NOT_ESTIMABLE, 3)
    many = pictures(tmp_path / "many", 21)
    (many / "letter.txt").write_text("no picture")
    found = check_method(store, asked, many, **how)
    assert (found["pictures"], found["refused"]) == (21, 1)
    last = found["steps"][-1]["rank"]
    assert last["n"] == 21
    assert (found["verdict"] == TRUSTWORTHY) == (last["high"] < 0.5)
    if found["verdict"] == TRUSTWORTHY:
        assert kept_check(store, asked, "integrated_gradients") == found
    else:
        with pytest.raises(Refused):
            kept_check(store, asked, "integrated_gradients")
