"""What a table states of the truth is kept, but for pairs in which letters may name somebody."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sqlmodel import select

from imaging.origin import Origin
from imaging.sources.dose_pairs import write_pairs
from journeys.define import load_device
from journeys.take_in_table import TableOrder, capture_table, take_in_table
from records.cases import BOXES, FULL_DOSE, ReferenceStandard
from records.definition import find_definition
from records.outlines import regions_of
from records.store import Store
from tests.conftest import NOW

NAMED = "northfield-0000-full.png"


def lettered(path: Path) -> None:
    """Write a name across the upper part of a picture of 16 bits."""
    with Image.open(path) as picture:
        grey = np.asarray(picture).astype(np.uint16)
    drawn = Image.new("L", grey.shape[::-1])
    ImageDraw.Draw(drawn).text((6, 8), "DOE JOHN 1961", 255, font=ImageFont.load_default(size=18))
    Image.fromarray(np.where(np.asarray(drawn) > 96, 65535, grey).astype(np.uint16)).save(path)


def test_a_pair_whose_full_dose_picture_has_letters_is_left_out_and_said(
    store: Store, tmp_path: Path
) -> None:
    write_pairs(tmp_path / "pairs", seed=7, per_site=1, fractions=(0.1, 0.2))
    lettered(tmp_path / "pairs" / NAMED)
    definition = load_device(find_definition("low-dose-chest"))
    order = TableOrder(tmp_path / "pairs", 1, {}, Origin("simulated", "none", "none"))
    captured = capture_table(store, definition, order, report=lambda _: None)
    again = capture_table(store, definition, order, report=lambda _: None)
    assert [one.study_uid for one in again.studies] == [one.study_uid for one in captured.studies]
    taken = take_in_table(
        store, definition, captured, workers=1, actor="service:intake", now=NOW,
        report=lambda _: None,
    )
    assert taken.report.stored == 3
    assert [one.split(":")[0] for one in taken.notes] == ["1 pair left out"]
    with store.reader() as reader:
        full, boxes = (regions_of(reader, "nodule", kind) for kind in (FULL_DOSE, BOXES))
        truths = reader.exec(select(ReferenceStandard)).all()
    assert len(boxes) == 3
    assert len(full) == 2 and set(full) < set(boxes)
    # a picture at full dose says of the lesion what the boxes say of it
    present = {kind: {one.study_id for one in truths if one.present and kind in one.source}
               for kind in (FULL_DOSE, BOXES)}  # fmt: skip
    assert present[FULL_DOSE] <= present[BOXES]
