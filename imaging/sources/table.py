"""Real images with a table beside them: a folder of pictures and a CSV, or a MedMNIST archive.

What the table does not say stays "not recorded"; site and date, which a study must have, can be
assigned from the seed and are then marked as assigned. Pictures become DICOM secondary capture
on the way in; DICOM files pass as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from imaging.sources.archive import read_archive
from imaging.sources.base import SourceRefused
from imaging.sources.boxed import BoxTable, place_boxes
from imaging.sources.cells import find_csv, read_cells
from imaging.sources.class_labels import read_classes
from imaging.sources.columns import (
    NOT_RECORDED,
    ColumnMapping,
    find_columns,
    plain,
    read_age,
    read_date,
    read_sex,
)  # fmt: skip
from imaging.sources.finding_labels import NOTHING_SAID, read_findings
from imaging.sources.followed import place_courses, read_follow_up
from imaging.sources.labels import read_labels
from imaging.sources.pictures import stated_date
from imaging.sources.rows import TableRow, TableSource
from records.clinical_facts import DeclaredFact
from records.finding_states import any_present
from records.site_names import SITE_NAME_IN_WORDS, is_site_name

_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".dcm", ".dicom", ".ima", ""})


def read_table(
    path: Path,
    *,
    finding: str,
    columns: ColumnMapping | None = None,
    classes: Sequence[str] = (),
    coexisting: bool = False,
    outlined: bool = False,
    labelled: bool = False,
    boxed: bool = False,
    paired: bool = False,
    declared: Sequence[DeclaredFact] | None = None,
) -> TableSource:
    """Read which images there are and which of them show the finding.

    classes: where the device tells exclusive classes apart, their names by number, 0 for none of
    the findings; labels are these numbers then.
    coexisting: the findings of ``classes`` may be present together
    (:mod:`imaging.sources.finding_labels`); labels say whether any is, and rows which. Rows that
    say nothing of any finding are left out, and the notes count them.
    outlined: what is learned is where a structure lies. Each row then names a mask, a PNG of the
    picture's size, instead of a label; only rows with one are read, and the notes say how many
    had none. labelled: of an outlined region is told whether it shows the finding, so that each row
    has a label too.
    boxed: what is learned is where lesions lie (:mod:`imaging.sources.boxed`); a picture without a
    box is one without the finding, unless a label says that it has the finding: where it lies is
    not known then, and it is left out.
    paired: what is learned is how a picture looks at full dose. Each row names that picture, and
    lesions are boxes as before.
    declared: what is learned is when an event comes. The table then says of each study how many
    days it was followed and whether the event came; these facts are read from the file that the
    mapping names (:mod:`imaging.sources.fact_lines`), and are all missing where it names none.

    path: a folder of PNG, JPEG or DICOM files with a CSV in it, or an .npz with
    {train,val,test}_{images,labels}. Raises SourceRefused naming file, row and column, with what
    to do.
    """
    try:
        if path.is_file() and path.suffix == ".npz":
            if outlined or boxed or paired or coexisting or declared is not None:
                lacking = (
                    "names of findings" if coexisting else "masks" if outlined else "boxes" if boxed
                    else "pictures at full dose" if paired else "follow-up"
                )
                raise SourceRefused(
                    f"an archive holds no {lacking}", where=str(path),
                    hint=f"Give a folder of pictures with a CSV that has {lacking}",
                )
            return read_archive(path, finding=finding, classes=classes)
        if not path.is_dir():
            raise SourceRefused(
                "neither a folder nor an .npz file", where=str(path), hint="Give one of the two"
            )
        mapping = columns or ColumnMapping()
        if outlined:
            return _read_outlined(path, finding=finding, mapping=mapping, labelled=labelled)
        if boxed or paired:
            return _read_boxed(path, finding=finding, mapping=mapping, paired=paired)
        if declared is not None:
            return _read_followed(path, finding=finding, mapping=mapping, declared=declared)
        if coexisting:
            return _read_coexisting(path, finding=finding, mapping=mapping, classes=classes)
        return _read_folder(path, finding=finding, mapping=mapping, classes=classes)
    except PermissionError as error:
        raise SourceRefused(
            "may not be read", where=str(error.filename or path), hint="Ask for the right to"
        ) from None


def _read_folder(
    path: Path, *, finding: str, mapping: ColumnMapping, classes: Sequence[str]
) -> TableSource:
    table = find_csv(path)
    header, cells = read_cells(table)
    found = find_columns(header, mapping, where=str(table))
    labels = (
        read_classes(cells, header, classes=classes, mapping=mapping, where=str(table))
        if classes
        else read_labels(cells, header, finding=finding, mapping=mapping, where=str(table))
    )
    locate = _locator(path)
    notes: dict[str, int] = {}
    rows = tuple(
        _row(cell, found, label, number, locate, notes, where=f"{table}, row {number}")
        for number, (cell, label) in enumerate(zip(cells, labels, strict=True), start=2)
    )
    _refuse_twice(rows, table)
    return TableSource(
        path=path, finding=finding, rows=rows, columns=found, notes=notes, classes=tuple(classes)
    )


def _read_coexisting(
    path: Path, *, finding: str, mapping: ColumnMapping, classes: Sequence[str]
) -> TableSource:
    table = find_csv(path)
    header, cells = read_cells(table)
    found = find_columns(header, mapping, where=str(table))
    none, *findings = classes
    said = read_findings(
        cells, header, findings=findings, none=none, mapping=mapping, where=str(table)
    )
    locate = _locator(path)
    notes: dict[str, int] = {}
    rows = tuple(
        replace(
            _row(cell, found, int(any_present(one, findings, none)), number, locate, notes,
                 where=f"{table}, row {number}"),
            findings=one,
        )
        for number, (cell, one) in enumerate(zip(cells, said, strict=True), start=2)
        if one != NOTHING_SAID
    )  # fmt: skip
    if silent := said.count(NOTHING_SAID):
        notes["says nothing of any finding, left out"] = silent
    _refuse_twice(rows, table)
    return TableSource(path=path, finding=finding, rows=rows, columns=found, notes=notes)


def _read_outlined(
    path: Path, *, finding: str, mapping: ColumnMapping, labelled: bool
) -> TableSource:
    table = find_csv(path)
    header, cells = read_cells(table)
    found = find_columns(header, mapping, where=str(table))
    if "mask" not in found:
        raise SourceRefused(
            f"no column names the masks of {finding}", where=str(table),
            hint=f"Name it with --mask-column; there are {', '.join(header)}",
        )
    labels = (
        read_labels(cells, header, finding=finding, mapping=mapping, where=str(table))
        if labelled else [1] * len(cells)
    )
    locate = _locator(path)
    notes: dict[str, int] = {}
    rows = tuple(
        _row(
            cell, found, label, number, locate, notes, where=f"{table}, row {number}", outlined=True
        )
        for number, (cell, label) in enumerate(zip(cells, labels, strict=True), start=2)
        if cell[found["mask"]].strip()
    )
    if not rows:
        raise SourceRefused(
            f"column {found['mask']!r} is empty in every row", where=str(table),
            hint="Write the path of each picture's mask",
        )
    if without := len(cells) - len(rows):
        notes["image without a mask, left out"] = without
    _refuse_twice(rows, table)
    source = TableSource(path=path, finding=finding, rows=rows, columns=found, notes=notes)
    for row in rows:
        source.mask(row)  # a mask that fits no picture is told before anything is taken in
    return source


def _read_boxed(
    path: Path, *, finding: str, mapping: ColumnMapping, paired: bool
) -> TableSource:
    boxes = BoxTable.of(path, finding=finding, mapping=mapping)
    header, cells = read_cells(boxes.pictures)
    found = find_columns(header, mapping, where=str(boxes.pictures))
    if paired and "clean" not in found:
        raise SourceRefused(
            "no column names the pictures at full dose", where=str(boxes.pictures),
            hint=f"Name it with --clean-column; there are {', '.join(header)}",
        )
    labels = (
        read_labels(
            cells, boxes.beside_boxes(header), finding=finding, mapping=mapping,
            where=str(boxes.pictures),
        )
        if boxes.labelled(header) else None
    )
    locate = _locator(path)
    notes = dict(boxes.notes)
    rows = [
        _row(cell, found, labels[at] if labels else 0, at + 2, locate, notes,
             where=f"{boxes.pictures}, row {at + 2}", paired=paired)
        for at, cell in enumerate(cells)
    ]  # fmt: skip
    placed = place_boxes(boxes, rows, cells, locate, notes, labelled=labels is not None)
    _refuse_twice(placed, boxes.pictures)
    source = TableSource(path=path, finding=finding, rows=placed, columns=found, notes=notes)
    for row in placed:
        source.boxes(row)  # a box that lies in no picture is told before anything is taken in
        if paired:
            source.clean(row)
    return source


def _read_followed(
    path: Path, *, finding: str, mapping: ColumnMapping, declared: Sequence[DeclaredFact]
) -> TableSource:
    table = find_csv(path, apart_from=mapping.facts)
    header, cells = read_cells(table)
    found = find_columns(header, mapping, where=str(table))
    if "follow_up" not in found:
        raise SourceRefused(
            "no column says how many days each study was followed", where=str(table),
            hint=f"Name it with --follow-up-column; there are {', '.join(header)}",
        )
    event = next((name for name in header if plain(name) == "event"), None)
    labels = read_labels(
        cells, header, finding=finding, where=str(table),
        mapping=replace(mapping, label=mapping.label or event),
    )
    locate = _locator(path)
    notes: dict[str, int] = {}
    rows = [
        _row(cell, found, labels[at], at + 2, locate, notes, where=f"{table}, row {at + 2}")
        for at, cell in enumerate(cells)
    ]
    _refuse_twice(rows, table)
    days = [
        read_follow_up(
            cell[found["follow_up"]], where=f"{table}, row {at}, column {found['follow_up']}"
        )
        for at, cell in enumerate(cells, start=2)
    ]
    source = TableSource(path=path, finding=finding, rows=tuple(rows), columns=found, notes=notes)
    dates = {row.file: _study_date(source, row, table) for row in rows}
    placed = place_courses(rows, days, declared, mapping.facts, dates, notes)
    return replace(source, rows=placed)


def _study_date(source: TableSource, row: TableRow, table: Path) -> date | None:
    """When the study was made, with which facts are compared: an image that says it is asked.

    Raises SourceRefused where image and table disagree.
    """
    path = source.dicom_path(row)
    stated = None if path is None else stated_date(path)
    if stated is not None and row.date is not None and stated != row.date:
        raise SourceRefused(
            f"{row.file} is of another day than the table says", where=f"{table}, row {row.number}",
            hint="Correct the table's date: facts are compared with it",
        )
    return stated or row.date


def _locator(folder: Path) -> Callable[[str, str], str]:
    """From a cell to the file's path below the folder: as written, or by a name found only once."""
    root = folder.resolve()
    by_name: dict[str, list[Path]] = {}

    def locate(cell: str, where: str) -> str:
        direct = (folder / cell).resolve()
        if not direct.is_relative_to(root):
            raise SourceRefused(
                f"file {cell!r} lies outside the folder",
                where=where,
                hint=f"Move it below {folder}",
            )
        if cell and direct.is_file():
            return cell
        if not by_name:
            for file in sorted(folder.rglob("*")):
                if file.suffix.casefold() in _PICTURES and file.is_file():
                    by_name.setdefault(file.name, []).append(file)
        places = by_name.get(Path(cell).name, [])
        if len(places) == 1:
            return places[0].relative_to(folder).as_posix()
        problem = f"{len(places)} files are called" if places else "there is no file"
        raise SourceRefused(
            f"{problem} {cell!r}", where=where, hint=f"Write the path relative to {folder}"
        )

    return locate


def _row(
    cells: Mapping[str, str],
    found: Mapping[str, str],
    label: int,
    number: int,
    locate: Callable[[str, str], str],
    notes: dict[str, int],
    *,
    where: str,
    outlined: bool = False,
    paired: bool = False,
) -> TableRow:
    said = {fact: cells[column].strip() for fact, column in found.items()}
    file = locate(said["file"], where)
    age = read_age(said.get("age", ""))
    sex = read_sex(said.get("sex", ""))
    for fact, value in (("age", age), ("sex", sex)):
        if value is None and plain(said.get(fact, "")) not in NOT_RECORDED:
            note = f"{fact} not understood, taken as not recorded"
            notes[note] = notes.get(note, 0) + 1
    patient = said.get("patient", "")
    return TableRow(
        file=file,
        number=number,
        patient=patient or file,
        label=label,
        site=_site(said.get("site", ""), where=f"{where}, column {found.get('site', '')}"),
        age=age,
        sex=sex,
        view=(said.get("view") or "").upper() or None,
        date=read_date(said.get("date", ""), where=f"{where}, column {found.get('date', '')}"),
        split=(said.get("split") or "").casefold() or None,
        mask=locate(said["mask"], f"{where}, column {found['mask']}") if outlined else "",
        clean=locate(said["clean"], f"{where}, column {found['clean']}") if paired else "",
        assigned=frozenset() if patient else frozenset({"patient"}),
    )


def _site(cell: str, *, where: str) -> str | None:
    if cell and not is_site_name(cell):
        raise SourceRefused(
            f"{cell!r} is no name of a site", where=where, hint=f"Write {SITE_NAME_IN_WORDS}"
        )
    return cell or None


def _refuse_twice(rows: Sequence[TableRow], table: Path) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        if row.file in seen:
            raise SourceRefused(
                f"file {row.file!r} is listed in row {seen[row.file]} already",
                where=f"{table}, row {row.number}",
                hint="Take one of the two rows out",
            )
        seen[row.file] = row.number
