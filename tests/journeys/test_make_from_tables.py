"""Tables of pictures become what sites send; a second institution is never one of the sites."""

from pathlib import Path

import numpy as np
from PIL import Image

from imaging.pixels import read_file
from journeys.make_from_tables import make_from_tables
from journeys.simulated_subjects import Scale
from records.definition import find_definition, load_definition
from records.settings import Workspace

TASK = load_definition(find_definition("chest-radiograph-pneumonia")).task


def pictures(folder: Path, first: int) -> Path:
    """Eight different pictures of a site called north."""
    folder.mkdir(parents=True)
    table = "file;label;site\n"
    for number in range(8):
        image = np.full((32, 32), first + number, dtype=np.uint8)
        Image.fromarray(image).save(folder / f"{number}.png")
        table += f"{number}.png;{number % 2};north\n"
    (folder / "images.csv").write_text(table, encoding="utf-8-sig")
    return folder


def test_a_second_institution_of_the_same_name_stays_apart(
    tmp_path: Path, workspace: Workspace
) -> None:
    made = make_from_tables(
        workspace, pictures(tmp_path / "images", 10), pictures(tmp_path / "north", 100), seed=1,
        drift=False, scale=Scale(days=2), task=TASK, acquired=("US", "BREAST"), columns={},
        progress=lambda _done, _total: None,
    )
    assert made.sites == ("north",)
    assert [(one.site, one.purpose) for one in made.batches] == [
        ("north", "development"), ("north-external", "external"),
    ]
    files = sorted((workspace.incoming / "external" / "north-external").rglob("*.dcm"))
    assert len(files) == 8
    assert (read_file(files[0]).Modality, read_file(files[0]).BodyPartExamined) == ("US", "BREAST")
