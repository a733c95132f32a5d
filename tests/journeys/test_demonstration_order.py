"""What may be ordered, what makes two orders one, and whose keys come from a seed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.sources.base import SourceRefused
from journeys.demonstrate import demonstrate
from journeys.demonstration_order import Order, recorded_order, same_order
from journeys.demonstration_setup import prepare_workspace
from records.clock import marking
from records.errors import InvalidInput, Refused
from records.keys import workspace_key
from records.settings import Workspace
from records.store import Store, open_store
from tests.conftest import NOW


def pictures(folder: Path, labels: tuple[int, ...] = (1, 0) * 215) -> Path:
    """A folder with a picture a label, and its table."""
    folder.mkdir()
    table = "file,label\n"
    for number, label in enumerate(labels):
        image = np.full((8, 8), 40 * number % 256, dtype=np.uint8)
        Image.fromarray(image).save(folder / f"{number}.png")
        table += f"{number}.png,{label}\n"
    (folder / "images.csv").write_text(table)
    return folder


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(InvalidInput, match="whole number from 0"):
        Order(seed=seed)


def test_the_clinic_is_simulated_around_the_simulated_studies_of_one_device(
    tmp_path: Path,
) -> None:
    for options in ({"data": tmp_path}, {"device": "chest-triage"}):
        with pytest.raises(InvalidInput, match="--clinic"):
            Order(clinic=True, **options)
    plain, clinic = Order().identity(), Order(clinic=True).identity()
    assert not same_order(plain, clinic) and not same_order(clinic, plain)
    assert same_order(clinic, clinic)


def test_what_is_said_about_images_needs_images() -> None:
    with pytest.raises(InvalidInput, match="--data"):
        Order(external=Path("other"))
    with pytest.raises(InvalidInput, match="--data"):
        Order(columns={"label": "y"})


@pytest.mark.parametrize("labels", [(1, 1), (0, 0)])
def test_images_of_one_class_are_refused_before_anything_is_made(
    tmp_path: Path, labels: tuple[int, ...]
) -> None:
    order = Order(data=pictures(tmp_path / "images", labels))
    with pytest.raises(SourceRefused, match="all 2 images are with"):
        demonstrate(tmp_path / "workspace", order)
    assert not (tmp_path / "workspace").exists()


def test_too_few_images_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    order = Order(data=pictures(tmp_path / "images", (1, 0) * 214))
    with pytest.raises(SourceRefused, match="428 images: too few to split, about 430 are needed"):
        demonstrate(tmp_path / "workspace", order)
    assert not (tmp_path / "workspace").exists()


def test_images_are_known_by_their_content_and_not_by_the_name_of_their_folder(
    tmp_path: Path,
) -> None:
    one = pictures(tmp_path / "one")
    same = pictures(tmp_path / "two")
    (tmp_path / "deep").mkdir()
    other = pictures(tmp_path / "deep" / "one", (0, 1) * 215)
    identity = Order(data=one).identity()
    assert same_order(identity, Order(data=same).identity())
    assert not same_order(identity, Order(data=other).identity())
    assert not same_order(identity, Order(data=one, seed=5).identity())
    (one / "1.png").write_bytes((one / "1.png").read_bytes() + b"x")
    assert not same_order(identity, Order(data=one).identity())


def fresh(folder: Path) -> Store:
    """The store of a new workspace."""
    return open_store(Workspace(folder).create(), url="")


def test_keys_come_from_the_seed_for_simulated_studies_and_are_drawn_for_images(
    tmp_path: Path,
) -> None:
    keys = []
    for number, data in enumerate(["", "", "images", "images"]):
        store = fresh(tmp_path / str(number))
        prepare_workspace(store, {"seed": 3, "data": data}, now=NOW)
        keys.append([workspace_key(store, name) for name in ("pseudonym", "identity")])
        store.close()
    assert keys[0] == keys[1]
    drawn = {key for pair in keys[1:] for key in pair}
    assert len(drawn) == 6


@pytest.mark.parametrize(
    ("data", "words"),
    [("", "simulated data and signers"),
     ("images", "real images, simulated operation and signers")],
)
def test_what_is_not_real_is_marked_by_where_the_images_come_from(
    tmp_path: Path, data: str, words: str
) -> None:
    store = fresh(tmp_path / "workspace")
    prepare_workspace(store, {"seed": 3, "data": data}, now=NOW)
    with store.reader() as reader:
        assert marking(reader) == f"DEMONSTRATION: {words}"
    store.close()


def test_an_order_is_on_record_from_the_first_moment(tmp_path: Path) -> None:
    """Interrupted right after the keys were made, it is never taken up with real images."""
    store = fresh(tmp_path / "workspace")
    prepare_workspace(store, Order(seed=3).identity(), now=NOW)
    with store.reader() as reader:
        assert recorded_order(reader) == Order(seed=3).identity()
    store.close()
    order = Order(seed=3, data=pictures(tmp_path / "images"))
    with pytest.raises(Refused, match=r"another demonstration \(seed 3; with drift"):
        demonstrate(tmp_path / "workspace", order)


def test_without_options_images_that_were_not_read_yet_must_be_named_again(
    tmp_path: Path,
) -> None:
    store = fresh(tmp_path / "workspace")
    order = Order(data=pictures(tmp_path / "images"))
    prepare_workspace(store, order.identity(), now=NOW)
    store.close()
    with pytest.raises(Refused, match="interrupted before its images were read"):
        demonstrate(tmp_path / "workspace", Order(unspecified=True))
