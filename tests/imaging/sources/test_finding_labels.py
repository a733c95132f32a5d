"""Label tables of findings that may be present together, in both forms, and what nobody knows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping
from imaging.sources.finding_labels import read_findings
from imaging.sources.table import read_table
from records.finding_states import read_states, states_text

FINDINGS, NONE = ["pneumonia", "pleural effusion"], "none of these"


def read(lines: Sequence[str], **mapping: str) -> list[str]:
    header, *cells = [line.split(",") for line in lines]
    rows = [dict(zip(header, one, strict=True)) for one in cells]
    return read_findings(rows, header, findings=FINDINGS, none=NONE,
                         mapping=ColumnMapping(**mapping), where="labels.csv")  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([1, 0, -1])] * 2), min_size=1, max_size=8))
def test_a_column_each_says_what_is_there_what_is_not_and_what_is_not_known(
    states: list[tuple[int, int]],
) -> None:
    cells = {1: "1", 0: "0.0", -1: ""}
    lines = ["file,Pneumonia,Pleural_Effusion", *(
        f"{at}.png,{cells[one]},{cells[two]}" for at, (one, two) in enumerate(states)
    )]  # fmt: skip
    said = read(lines)
    for text, one in zip(said, states, strict=True):
        assert text == "" if set(one) == {-1} else read_states(text, FINDINGS, NONE) == one


def test_one_column_names_those_that_are_present_as_the_nih_does() -> None:
    said = read([
        "Image Index,Finding Labels", "a,Pneumonia|Infiltration", "b,No Finding",
        "c,Pleural effusion|Pneumonia?", "d,Hernia", "e,", "f,none of these",
    ])  # fmt: skip
    assert said == ["pneumonia", NONE, "pneumonia?|pleural effusion", NONE, "", NONE]


@pytest.mark.parametrize(
    ("lines", "mapping", "message"),
    [
        (["file,pneumonia", "a,1"], {}, "no column says whether pleural effusion is there"),
        (["file,pneumonia,pleural effusion", "a,1,2"], {}, "'2' \\(1\\), first in row 2"),
        (["file,labels", "a,Pneumonia|Pnuemothorax"], {}, "row 2, column labels: 'Pnuemothorax'"),
        (["file,labels", "a,No Finding|Pneumonia"], {}, "names a finding and none"),
        (["file,labels", "a,Hernia"], {}, "no column names findings"),
        (["file,labels", "a,Pneumonia"], {"label": "what"}, "there is no column 'what'"),
        (["file,labels", "a,Pneumonia"], {"positive": ("x",)}, "--positive-label"),
    ],
)
def test_a_table_that_does_not_say_it_is_refused_with_the_place(
    lines: list[str], mapping: dict[str, str], message: str
) -> None:
    with pytest.raises(SourceRefused, match=message):
        read(lines, **mapping)


def test_of_a_folder_an_image_of_which_nothing_is_said_is_left_out_and_counted(
    tmp_path: Path,
) -> None:
    for name in "abcd":
        shade = np.full((30, 30), 40 * (ord(name) - 96), np.uint8)
        Image.fromarray(shade).save(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text(
        "file,pneumonia,pleural effusion\na.png,1,0\nb.png,0,0\nc.png,,\nd.png,-1,0\n"
    )
    source = read_table(
        tmp_path, finding="finding", classes=(NONE, *FINDINGS), coexisting=True
    )
    assert [(row.file, row.label, row.findings) for row in source.rows] == [
        ("a.png", 1, "pneumonia"), ("b.png", 0, NONE), ("d.png", 0, "pneumonia?"),
    ]
    assert source.notes == {"says nothing of any finding, left out": 1}
    archive = tmp_path / "some.npz"
    np.savez(archive, train_images=np.zeros((2, 28, 28)), train_labels=np.zeros(2))
    with pytest.raises(SourceRefused, match="holds no names of findings"):
        read_table(archive, finding="x", classes=(NONE, *FINDINGS), coexisting=True)


@pytest.mark.service
def test_the_findings_of_the_nih_tables_are_read_as_they_stand(real_data: Path) -> None:
    asked = ("none of these", "Effusion", "Infiltration", "Atelectasis", "Pleural Thickening")
    rows = read_table(
        real_data / "cxr-nih-64", finding="finding", classes=asked, coexisting=True
    ).rows
    states = np.array([read_states(row.findings, asked[1:], asked[0]) for row in rows])
    assert len(rows) == 1000
    assert states.sum(axis=0).tolist() == [170, 162, 95, 29]
    assert states_text(states[0], asked[1:], asked[0]) == rows[0].findings
