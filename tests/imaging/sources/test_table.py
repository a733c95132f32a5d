from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping
from imaging.sources.table import read_table


def _folder(tmp_path: Path, table: str, names: tuple[str, ...] = ("a.png", "b.png")) -> Path:
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 5), 40 * number, dtype=np.uint8)).save(tmp_path / name)
    (tmp_path / "manifest.csv").write_text(table)
    return tmp_path


def test_columns_are_guessed_whatever_they_are_called(tmp_path: Path) -> None:
    table = (
        "Image Index,Patient ID,Finding Labels,Patient Age,Patient Sex,View Position,Study Date,"
        "Hospital\na.png,7,Effusion|Pneumonia,063Y,M,PA,2020-02-03,north\n"
        "b.png,8,No Finding,155,,ap,20200204,\n"
    )
    source = read_table(_folder(tmp_path, table), finding="pneumonia")
    one, two = source.rows
    assert (one.patient, one.label, one.age, one.sex) == ("7", 1, 63.0, "M")
    assert (one.view, one.date, one.site) == ("PA", date(2020, 2, 3), "north")
    assert (two.label, two.age, two.sex, two.view, two.site) == (0, None, None, "AP", None)
    assert source.notes == {"age not understood, taken as not recorded": 1}
    assert source.columns["patient"] == "Patient ID"
    assert one.assigned == frozenset()


def test_columns_can_be_named(tmp_path: Path) -> None:
    table = "x,who,truth,file\na.png,1,ill,zzz\nb.png,2,well,zzz\n"
    columns = ColumnMapping(file="x", patient="who", label="truth", positive=("ill",))
    rows = read_table(_folder(tmp_path, table), finding="pneumonia", columns=columns).rows
    assert [(row.file, row.patient, row.label) for row in rows] == [
        ("a.png", "1", 1),
        ("b.png", "2", 0),
    ]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (("1", "0"), [1, 0]),
        (("0.0", "1.0"), [0, 1]),
        (("True", "false"), [1, 0]),
        (("PNEUMONIA", "NORMAL"), [1, 0]),
        (("normal", "Edema|pneumonia"), [0, 1]),
    ],
)
def test_labels_are_numbers_or_name_the_finding(
    tmp_path: Path, cells: tuple[str, str], labels: list[int]
) -> None:
    table = f"file,label\na.png,{cells[0]}\nb.png,{cells[1]}\n"
    rows = read_table(_folder(tmp_path, table), finding="Pneumonia").rows
    assert [row.label for row in rows] == labels


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("pneumonia", "normal", "uncertain"), r"'label' .*'uncertain' \(1\).*--negative-label"),
        (("pneumonia", "normal", "pneumonia?"), r"'pneumonia\?' \(1\)"),
        (("pneumonia", "normal", "possible pneumonia"), "'possible pneumonia'"),
        (("1", "0", "uncertain"), r"'0' \(1\), '1' \(1\), 'uncertain' \(1\)"),
        (("1", "0", "-1"), r"'-1' \(1\)"),
    ],
)
def test_a_label_that_says_neither_is_refused_and_never_taken_as_absent(
    tmp_path: Path, cells: tuple[str, ...], said: str
) -> None:
    names = tuple(f"{number}.png" for number in range(len(cells)))
    rows = "".join(f"{name},{cell}\n" for name, cell in zip(names, cells, strict=True))
    with pytest.raises(SourceRefused, match=said):
        read_table(_folder(tmp_path, "file,label\n" + rows, names), finding="pneumonia")


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        (ColumnMapping(positive=("1",), negative=("-1",)), [1, 0, 0]),
        (ColumnMapping(positive=("1", "-1")), [1, 0, 1]),
        (ColumnMapping(negative=("-1",)), [1, 0, 0]),
    ],
)
def test_what_an_unclear_label_means_can_be_said(
    tmp_path: Path, columns: ColumnMapping, labels: list[int]
) -> None:
    names = ("a.png", "b.png", "c.png")
    folder = _folder(tmp_path, "file,label\na.png,1\nb.png,0\nc.png,-1\n", names)
    rows = read_table(folder, finding="pneumonia", columns=columns).rows
    assert [row.label for row in rows] == labels
    with pytest.raises(SourceRefused, match="'-1'"):
        read_table(folder, finding="pneumonia", columns=ColumnMapping(positive=("1",)))


def test_without_a_patient_column_each_image_is_its_own_patient(tmp_path: Path) -> None:
    rows = read_table(_folder(tmp_path, "file,y\na.png,1\nb.png,0\n"), finding="pneumonia").rows
    assert [row.patient for row in rows] == ["a.png", "b.png"]
    assert all(row.assigned == {"patient"} for row in rows)


def test_two_label_columns_that_agree_are_as_good_as_one(tmp_path: Path) -> None:
    table = "file,label,y\na.png,PNEUMONIA,1\nb.png,NORMAL,0\n"
    rows = read_table(_folder(tmp_path, table), finding="pneumonia").rows
    assert [row.label for row in rows] == [1, 0]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("file,label,y\na.png,PNEUMONIA,1\nb.png,NO,1\n", r"'label' .0. and 'y' .1. dis.*row 3"),
        ("file,label\na.png,ill\nb.png,well\n", "values are 'ill' .1., 'well'.*--positive-label"),
        ("file,label\na.png,2\nb.png,0\n", "values are '0' .1., '2' .1."),
        ("file,label\na.png,1\nb.png,\n", "'label' .*row 3 is empty"),
        ("file,note\na.png,1\nb.png,0\n", "no column holds the label.*file, note"),
        ("thing,label\na.png,1\nb.png,0\n", "no column names the image files"),
        ("file,label\na.png,1\nc.png,0\n", "row 3: there is no file 'c.png'.*relative"),
        ("file,label\na.png,1\na.png,0\n", "row 3: file 'a.png' is listed in row 2"),
        ("file,label\na.png,1\n../b.png,0\n", "row 3: file '../b.png' lies outside"),
        ("file,label,date\na.png,1,\nb.png,0,3.2.20\n", "row 3, column date: '3.2.20'"),
        ("file,label,site\na.png,1,north\nb.png,0,../b\n", "row 3, column site: '../b' is no name"),
        ("file,label\n", "no rows"),
        ("", "no rows"),
        ("file,label,label\na.png,1,0\n", r"manifest\.csv: 2 columns are called 'label'"),
        ("file,label\na.png,1\nb.png,no, really\n", "line 3: 3 cells below 2 names"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_row_and_remedy(
    tmp_path: Path, table: str, said: str
) -> None:
    with pytest.raises(SourceRefused, match=said):
        read_table(_folder(tmp_path, table), finding="pneumonia")


def test_a_column_that_was_named_must_be_there(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "file,label\na.png,1\nb.png,0\n")
    with pytest.raises(SourceRefused, match=r"no column 'when' for date.*file, label"):
        read_table(folder, finding="pneumonia", columns=ColumnMapping(date="when"))


def test_a_file_name_alone_is_found_below_unless_two_have_it(tmp_path: Path) -> None:
    table = "file,label\na.png,1\nb.png,0\n"
    folder = _folder(tmp_path, table, ("one/a.png", "two/b.png"))
    assert [r.file for r in read_table(folder, finding="x").rows] == ["one/a.png", "two/b.png"]
    _folder(tmp_path, table, ("three/a.png",))
    with pytest.raises(SourceRefused, match=r"row 2: 2 files are called 'a.png'"):
        read_table(folder, finding="x")


def test_the_only_csv_is_taken_and_several_must_be_told_apart(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "")
    (folder / "manifest.csv").unlink()
    with pytest.raises(SourceRefused, match="found: none"):
        read_table(folder, finding="x")
    (folder / "one.csv").write_text("file,y\na.png,1\n")
    assert len(read_table(folder, finding="x").rows) == 1
    (folder / "two.csv").write_text("file,y\na.png,1\nb.png,0\n")
    with pytest.raises(SourceRefused, match=r"one\.csv, two\.csv.*manifest\.csv"):
        read_table(folder, finding="x")
    (folder / "two.csv").rename(folder / "manifest.csv")
    assert len(read_table(folder, finding="x").rows) == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_is_read_as_spreadsheets_save_it(
    tmp_path: Path, separator: str, mark: str
) -> None:
    lines = (("file", "label", "note"), ("a.png", "1", '"one, two; three"'), ("b.png", "0", ""))
    table = mark + "\r\n".join(separator.join(line) for line in lines) + "\r\n"
    rows = read_table(_folder(tmp_path, table), finding="pneumonia").rows
    assert [(row.file, row.label) for row in rows] == [("a.png", 1), ("b.png", 0)]


def test_a_table_without_a_right_to_read_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _folder(tmp_path, "file,label\na.png,1\nb.png,0\n")

    def refusing(path: Path, *_more: object, **_named: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refusing)
    with pytest.raises(SourceRefused, match=r"manifest\.csv: may not be read"):
        read_table(folder, finding="x")


def test_a_path_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match=r"neither a folder nor an \.npz"):
        read_table(tmp_path / "nothing", finding="x")


def test_every_picture_mode_becomes_grey_as_it_is(tmp_path: Path) -> None:
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5) * 12
    deep = grey.astype(np.uint16) * 200
    Image.fromarray(np.dstack([grey] * 3)).save(tmp_path / "rgb.png")
    Image.fromarray(np.dstack([grey] * 3 + [np.full_like(grey, 255)])).save(tmp_path / "rgba.png")
    Image.fromarray(grey).save(tmp_path / "l.png")
    Image.fromarray(grey).convert("P").save(tmp_path / "p.png")
    Image.fromarray(deep).save(tmp_path / "deep.png")
    names = ("rgb", "rgba", "l", "p", "deep")
    rows = "".join(f"{name}.png,{number % 2}\n" for number, name in enumerate(names))
    (tmp_path / "manifest.csv").write_text("file,y\n" + rows)
    source = read_table(tmp_path, finding="x")
    for row in source.rows[:4]:
        assert np.array_equal(source.array(row), grey)
        assert source.array(row).dtype == np.uint8
    assert np.array_equal(source.array(source.rows[4]), deep)
    assert len({source.digest(row) for row in source.rows}) == 2


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "file,y\na.png,1\nb.png,0\n")
    (folder / "b.png").write_bytes(b"no picture at all")
    source = read_table(folder, finding="x")
    with pytest.raises(SourceRefused, match=r"row 3: b\.png cannot be read as a picture"):
        source.array(source.rows[1])
    Image.fromarray(np.zeros((4, 4), dtype=np.float32)).save(folder / "a.tiff")
    (folder / "a.tiff").replace(folder / "a.png")
    with pytest.raises(SourceRefused, match="floating-point"):
        source.array(source.rows[0])


def _archive(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def test_an_archive_has_splits_and_no_patients(tmp_path: Path) -> None:
    images = np.arange(3 * 16, dtype=np.uint8).reshape(3, 4, 4)
    colour = np.dstack([images[0]] * 3)[None]
    path = _archive(
        tmp_path / "x.npz",
        train_images=images,
        train_labels=np.array([[0], [1], [1]]),
        test_images=colour,
        test_labels=np.array([1]),
    )
    source = read_table(path, finding="pneumonia")
    assert [(r.split, r.label) for r in source.rows] == [
        ("train", 0),
        ("train", 1),
        ("train", 1),
        ("test", 1),
    ]
    assert all(row.assigned == {"patient"} for row in source.rows)
    assert np.array_equal(source.array(source.rows[1]), images[1])
    assert np.array_equal(source.array(source.rows[3]), images[0])


def test_an_archive_of_another_shape_is_refused(tmp_path: Path) -> None:
    images = np.zeros((2, 4, 4), dtype=np.uint8)
    many = _archive(tmp_path / "m.npz", train_images=images, train_labels=np.zeros((2, 14)))
    with pytest.raises(SourceRefused, match=r"train_labels of shape \(2, 14\)"):
        read_table(many, finding="x")
    with pytest.raises(SourceRefused, match="no images; it holds other"):
        read_table(_archive(tmp_path / "o.npz", other=images), finding="x")
    (tmp_path / "b.npz").write_bytes(b"no archive")
    with pytest.raises(SourceRefused, match="cannot be read as an array archive"):
        read_table(tmp_path / "b.npz", finding="x")
