"""A failure is shown from the image in the vault, the same every time; a deleted one says so."""

import base64
from pathlib import Path
from typing import Any

import pytest

from records.errors import IntegrityBroken
from records.vault import Vault
from regulatory.documents.failure_figure import failure_figures
from regulatory.gathering.failure_pictures import failures_of
from tests.journeys.tiny_images import image


def failure(digest: str, **more: Any) -> dict[str, Any]:
    return {
        "image": "INS-0001", "site": "north", "score": 0.04, "measure": "score", "words": "",
        "study": "STU-0001", "digest": digest, "truth": "pneumonia", "region": "", "letters": [],
        "withheld": "", "device": {"boxes": [{"x": 2, "y": 2, "width": 5, "height": 5}]},
    } | more  # fmt: skip


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """An empty one."""
    return Vault(tmp_path / "vault")


def test_the_same_records_give_the_same_figure_and_its_data_hold_no_pixels(vault: Vault) -> None:
    stored = {"false_negative": [failure(vault.put(image(1)))]}
    first, again = (failures_of(stored, vault, gone=()) for _ in range(2))
    assert first == again
    assert base64.b64decode(first[0].picture).startswith(b"\x89PNG")
    (figure,), (same,) = (failure_figures(one, record="EVA-0003") for one in (first, again))
    assert figure == same
    assert "INS-0001 of STU-0001: truth pneumonia, score 0.04, shown" in figure.alt
    assert "Dashed orange: what the device drew" in figure.alt
    assert "<image" in figure.svg
    assert dict(figure.data) == {"image": ("INS-0001",), "value": (0.04,)}


def test_a_deleted_image_is_shown_as_deleted_and_a_withheld_one_as_withheld(vault: Vault) -> None:
    digest = vault.put(image(2))
    stored = {"false_positive": [failure(digest), failure(digest, withheld="letters in it")]}
    deleted, _ = failures_of(stored, vault, gone={digest})
    assert (deleted.picture, deleted.absent) == ("", "image deleted")
    _, withheld = failures_of(stored, vault, gone=())
    assert (withheld.picture, withheld.absent) == ("", "not shown: letters in it")
    (figure,) = failure_figures((deleted, withheld), record="EVA-0003")
    assert "image deleted" in figure.alt
    assert "<image" not in figure.svg


def test_a_region_that_went_with_its_image_is_left_out(vault: Vault) -> None:
    stored = {"outline": [failure(vault.put(image(3)), region="a" * 64)]}
    (shown,) = failures_of(stored, vault, gone={"a" * 64})
    assert shown.picture


def test_an_image_that_nobody_deleted_and_is_gone_or_altered_stops_the_document(
    vault: Vault,
) -> None:
    with pytest.raises(IntegrityBroken, match="INS-0001"):
        failures_of({"outline": [failure("b" * 64)]}, vault, gone=())


def test_an_older_record_names_its_failures_without_pictures(vault: Vault) -> None:
    old = {"image": "INS-0001", "site": "a", "score": 0.2}
    found = failures_of({"false_negative": [old]}, vault, gone=())
    assert found[0].absent == "the record is older than the pictures"
    assert failure_figures(found, record="EVA-0003") == []
