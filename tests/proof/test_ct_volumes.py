"""Series of slices on their way to a dataset: chosen, outlined, frozen as volumes, one a study."""

import os
import re
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from imaging import datasets
from imaging.arriving_files import find_files
from imaging.dataset_diff import read_manifest
from imaging.ingest import Arrival, ingest
from imaging.origin import Origin
from imaging.shards import shards_of
from imaging.sources.base import SourceRefused
from imaging.sources.ct_studies import CtOrder, plans_of, simulate_ct
from imaging.sources.slices import draw_ct
from imaging.truth import TruthReport
from imaging.volumes import Volume
from journeys import read_volumes
from journeys.freeze_dataset import freeze_dataset
from journeys.read_volumes import volume_in_vault
from journeys.receive_truth import receive_truth_list
from journeys.train_on_table import ensure_device
from models import lesion_volumes
from models.decode_volumes import decode_volumes, decoded_volumes, true_volumes
from models.params import DecodeParams
from models.preprocessing import Preprocessing
from models.true_masks import unpack_masks
from records.cases import Study
from records.definition import find_definition, load_definition
from records.frozen_files import frozen_folder
from records.lookup import list_records
from records.product import DatasetVersion
from records.store import Store
from records.vault import Vault

pytestmark = pytest.mark.proof
full_mode = pytest.mark.skipif(
    os.environ.get("RADVIGIL_PROOF") != "full", reason="more series taken in: make proof"
)
NAME = "chest-ct-nodule"
ORDER = CtOrder(3, "northfield", 8, slices=24, pixels=64)
DEFINITION = load_definition(find_definition(NAME))
ORIGIN = Origin("simulation", "none needed", "none needed")


@pytest.fixture
def taken_in(
    store: Store, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Eight studies of 24 slices in the workspace; the folder that they came from."""
    monkeypatch.setenv("RADVIGIL_TEST_WORKSPACE", "true")
    monkeypatch.setattr(
        datasets, "MINIMUM", {"train": 1, "tuning": 1, "internal_test": 1}
    )
    folder = tmp_path / "ct"
    simulate_ct([ORDER], folder)
    ensure_device(store, NAME, actor="service:training", now=now)
    take_in(store, folder, now)
    return folder


def take_in(store: Store, folder: Path, now: datetime) -> None:
    found = ingest(
        store, find_files(folder / "northfield").paths,
        Arrival("northfield", "development", now.date()), actor="service:intake", now=now,
    )
    assert not found.quarantined


def receive(store: Store, folder: Path, now: datetime) -> int:
    return receive_list(store, folder, now).recorded


def receive_list(store: Store, folder: Path, now: datetime) -> TruthReport:
    return receive_truth_list(
        store, folder / "truth.csv", task=DEFINITION.task, until=now.date(),
        adjudicated=True, volume=DEFINITION.volume, actor="service:intake", now=now,
    )


def freeze(store: Store, now: datetime) -> DatasetVersion:
    return freeze_dataset(store, NAME, seed=1, origin=ORIGIN, actor="service:training", now=now)


def test_a_dataset_of_volumes_holds_each_slice_and_the_outlines_on_it(
    taken_in: Path, store: Store, now: datetime, tmp_path: Path
) -> None:
    assert receive(store, taken_in, now) == 8
    assert receive(store, taken_in, now) == 0, "again changes nothing"
    version = freeze(store, now)
    assert version.studies == 8
    vault = Vault(store.workspace.vault)
    rows = read_manifest(vault, version)
    assert {len(row["slices"].split()) for row in rows} == {24}
    assert all(row["digest"] == row["slices"].split()[12] for row in rows), "the middle one"
    drawn = {one.lesions.sum(): one for one in map(draw_ct, plans_of(ORDER))}
    assert sum(row["finding"] for row in rows) == sum(one.lesions.any() for one in drawn.values())

    folder = frozen_folder(vault, version)
    held = shards_of(folder).images
    assert set().union(*held.values()) == {one for row in rows for one in row["slices"].split()}
    decoded = tmp_path / "decoded"
    params = DecodeParams(input_size=32, processes=1)
    assert decode_volumes(folder, decoded, params=params, context=1) == 8
    unpack_masks(folder, decoded)
    studies = decoded_volumes(decoded, ("train", "tuning", "internal_test"))
    for one, truth in zip(studies, true_volumes(decoded, studies), strict=True):
        assert one.prepared.pictures.shape == (24, 32, 32)
        assert one.prepared.spacing == (4.0, 5.625, 5.625)
        match = [np.array_equal(truth, volume.lesions > 0) for volume in drawn.values()]
        assert any(match), "every outline lies on its own slices"


def test_a_volume_that_cannot_be_read_costs_no_other_its_reading(
    taken_in: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.reader() as reader:
        chosen = [(one.id or 0, one.site_id, "") for one in list_records(reader, Study)][:3]
    assert DEFINITION.volume is not None

    def with_a_hole(vault: Vault, digests: Sequence[str], *, of: str) -> Volume:
        found = volume_in_vault(vault, digests, of=of)
        if of == Study.label_of(chosen[1][0]):
            found.array[3, 5, 5] = np.nan
        return found

    monkeypatch.setattr(read_volumes, "volume_in_vault", with_a_hole)
    monkeypatch.setattr(lesion_volumes, "said_of", lambda _, one: one.shape)
    reading = SimpleNamespace(
        preprocessing=Preprocessing(1, 32, 32, window="full-scale", hounsfield=(-1000, 400))
    )
    unread: dict[int, str] = {}
    found = read_volumes.said_of_studies(store, chosen, reading, DEFINITION.volume, unread)
    assert [one for one, _, _ in found] == [chosen[0], chosen[2]]
    assert unread == {chosen[1][0]: "reading failed: its volume cannot be prepared"}


@full_mode
def test_a_study_with_a_missing_slice_is_left_out_and_says_why(
    taken_in: Path, store: Store, now: datetime
) -> None:
    other = CtOrder(9, "northfield", 2, slices=24, pixels=64)
    folder = taken_in.parent / "gaps"
    simulate_ct([other], folder)
    holed = sorted((folder / "northfield").iterdir())[1]
    next(one for one in sorted(holed.iterdir()) if one.name.endswith("-010.dcm")).unlink()
    take_in(store, folder, now)
    receive(store, taken_in, now)
    told = receive_list(store, folder, now)
    [left_out] = told.left_out
    assert re.match(r"line [23] is left out: the device reads no series of STU-\d{4}, ", left_out)
    assert told.recorded == 1, "the other line counts"
    version = freeze(store, now)
    assert version.studies == 9
    assert sum(version.datasheet["excluded"].values()) == 1
    assert "no series meets a rule" in " ".join(version.datasheet["excluded"])


@full_mode
def test_outlines_that_do_not_fit_are_refused(
    taken_in: Path, store: Store, now: datetime
) -> None:
    listed = (taken_in / "truth.csv").read_text()
    with_one = next(line for line in listed.splitlines() if line.endswith(".dcm"))
    head = listed.splitlines()[0]
    for wrong, why in (
        (with_one.replace(",1,simulation", ",0,simulation"), "contradict each other"),
        (with_one.rsplit(",", 1)[0] + ",", "contradict each other"),
        (with_one.rsplit(",", 1)[0] + ",outlines/none.dcm", "no segmentation none.dcm"),
        (with_one.rsplit(",", 1)[0] + ",../../etc/passwd", "no segmentation passwd"),
    ):
        (taken_in / "truth.csv").write_text(f"{head}\n{wrong}\n")
        with pytest.raises(SourceRefused, match=why):
            receive(store, taken_in, now)
    other = CtOrder(4, "northfield", 6, slices=24, pixels=64)
    simulate_ct([other], taken_in.parent / "others")
    of_others = next((taken_in.parent / "others" / "outlines").iterdir())
    shutil.copy(of_others, taken_in / "outlines" / "others.dcm")
    cells = with_one.rsplit(",", 1)[0] + ",outlines/others.dcm"
    (taken_in / "truth.csv").write_text(f"{head}\n{cells}\n")
    with pytest.raises(SourceRefused, match="no slice of the series"):
        receive(store, taken_in, now)
