"""A table of pictures with the true lesions as boxes: in its own columns, or in a second CSV."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from imaging.boxes import Box
from imaging.sources.base import SourceRefused
from imaging.sources.cells import find_csv, read_cells
from imaging.sources.columns import ColumnMapping, plain
from imaging.sources.labels import LABEL_GUESSES
from imaging.sources.rows import TableRow

_SIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "x": ("x", "xmin", "left", "boxx", "bboxx", "bbox"),
    "y": ("y", "ymin", "top", "boxy", "bboxy"),
    "width": ("width", "w", "boxwidth", "bboxwidth", "bboxw"),
    "height": ("height", "h", "boxheight", "bboxheight", "bboxh"),
}
_FILE: Final = ("file", "filename", "filepath", "path", "image", "imageindex", "imagefile",
                "imagefilename", "imageid")  # fmt: skip
_FINDING: Final = ("finding", "findinglabel", "label", "class")


@dataclass(frozen=True, slots=True)
class BoxTable:
    """Where the pictures and their boxes are listed: in one table, or in two.

    lines: the boxes of a second table; None where the pictures' own has the columns.
    """

    pictures: Path
    finding: str
    mapping: ColumnMapping
    lines: "list[BoxLine] | None" = None
    notes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, *, finding: str, mapping: ColumnMapping) -> "BoxTable":
        """The table of a folder, and the second one where the mapping names it.

        Raises SourceRefused where neither has the columns of a box.
        """
        second = mapping.boxes
        if second is None:
            table = find_csv(folder)
            header, _ = read_cells(table)
            if len(box_columns(header)) < len(_SIDES):
                raise SourceRefused(
                    f"no columns hold the boxes of {finding}", where=str(table),
                    hint="Add x, y, width and height, or name a table of one box a row with "
                    f"--boxes; there are {', '.join(header)}",
                )
            return cls(table, finding, mapping)
        if not second.is_file():
            raise SourceRefused(
                "there is no such table of boxes", where=str(second), hint="Name a CSV with --boxes"
            )
        table = find_csv(folder, apart_from=second)
        lines, notes = read_box_lines(second, finding=finding, mapping=mapping)
        return cls(table, finding, mapping, lines, notes)

    def beside_boxes(self, header: Sequence[str]) -> list[str]:
        """The columns that are no side of a box: a 'y' among them may be the label."""
        sides = set(box_columns(header).values()) if self.lines is None else set()
        return [name for name in header if name not in sides]

    def labelled(self, header: Sequence[str]) -> bool:
        """Whether a column says which pictures have the finding, beside the boxes."""
        names = (plain(self.finding), *LABEL_GUESSES)
        return self.mapping.label is not None or any(
            plain(name) in names for name in self.beside_boxes(header)
        )


def place_boxes(
    table: BoxTable, rows: Sequence[TableRow], cells: Sequence[Mapping[str, str]],
    locate: Callable[[str, str], str], notes: dict[str, int], *, labelled: bool,
) -> tuple[TableRow, ...]:  # fmt: skip
    """One row a picture with its boxes; label 1 where it has one.

    rows: as the table of pictures lists them, and cells what stands there. Pictures that a label
    says to have the finding but that have no box are left out, and the notes count them.

    Raises SourceRefused naming row and file of a box that is of no picture of the table, of a
    picture that is labelled as without the finding but has a box, and of rows of one picture that
    say different things of it.
    """
    boxes: dict[str, list[tuple[Box, str]]] = {row.file: [] for row in rows}
    if table.lines is None:
        sides = box_columns(list(cells[0]))
        for row, cell in zip(rows, cells, strict=True):
            where = f"{table.pictures}, row {row.number}"
            box = read_box(cell, sides, where=where)
            boxes[row.file] += [(box, where)] if box else []
        rows = _once(rows, table.pictures)
    for line in table.lines or ():
        file = locate(line.file, line.where)
        if file not in boxes:
            raise SourceRefused(
                f"the box is of {line.file!r}, a picture that {table.pictures.name} does not list",
                where=line.where, hint="List the picture there, or take the box out",
            )
        boxes[file].append((line.box, line.where))
    kept = []
    for row in rows:
        found = tuple(boxes[row.file])
        if labelled and found and not row.label:
            raise SourceRefused(
                f"{row.file} has a box, but {table.pictures.name} says that it is without "
                f"{table.finding}", where=found[0][1], hint="Correct one of the two",
            )
        if labelled and row.label and not found:
            note = f"image with {table.finding} but without a box, left out"
            notes[note] = notes.get(note, 0) + 1
            continue
        kept.append(replace(row, label=int(bool(found)), boxes=found))
    return tuple(kept)


def _once(rows: Sequence[TableRow], table: Path) -> list[TableRow]:
    """The first row of each picture; the others may differ from it in nothing but the box."""
    first: dict[str, TableRow] = {}
    for row in rows:
        known = first.setdefault(row.file, row)
        if replace(row, number=known.number) != known:
            raise SourceRefused(
                f"row {known.number} says something else of {row.file}",
                where=f"{table}, row {row.number}",
                hint="Only x, y, width and height may differ between the rows of a picture",
            )
    return list(first.values())


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A box of a table: the file as the cell writes it, and the place in the table."""

    file: str
    box: Box
    where: str


def read_box_lines(
    table: Path, *, finding: str, mapping: ColumnMapping
) -> tuple[list[BoxLine], dict[str, int]]:
    """The boxes of the finding in a table of one box a row, and how many of others were left.

    Columns: file (or image), x, y, width, height (or w, h) in pixels of the picture, and perhaps
    the finding: rows of another one are not read. Where the finding has another name there,
    ``--positive-label`` names it.

    Raises SourceRefused naming row and column of what is no number, a missing column, and a table
    that has a finding in each row but never the one that is asked for.
    """
    header, cells = read_cells(table)
    sides = box_columns(header)
    by_name = {plain(name): name for name in reversed(header)}
    file = next((by_name[one] for one in _FILE if one in by_name), None)
    missing = [name for name in _SIDES if name not in sides] + ([] if file else ["file"])
    if missing or file is None:
        raise SourceRefused(
            f"no column says {', '.join(missing)}", where=str(table),
            hint="A table of boxes has the columns file, x, y, width, height; there are "
            + ", ".join(header),
        )
    named = next((by_name[one] for one in _FINDING if one in by_name), None)
    wanted = {plain(finding), *map(plain, mapping.positive)}
    lines: list[BoxLine] = []
    others: dict[str, int] = {}
    for number, row in enumerate(cells, start=2):
        said = row[named].strip() if named else ""
        if named and plain(said) not in wanted:
            others[said] = others.get(said, 0) + 1
            continue
        where = f"{table}, row {number}"
        box = read_box(row, sides, where=where)
        if box is None:
            raise SourceRefused(
                "the box is empty", where=where, hint="Write x, y, width and height, or take it out"
            )
        lines.append(BoxLine(row[file].strip(), box, where))
    if not lines:
        raise SourceRefused(
            f"no box is of {finding}; there are {', '.join(sorted(others)[:12])}",
            where=f"{table}, column {named}", hint="Name the value with --positive-label",
        )
    return lines, {f"box of {said!r}, not read": count for said, count in others.items()}


def box_columns(header: Sequence[str]) -> dict[str, str]:
    """Which columns hold the sides of a box, by side; those that there are.

    >>> box_columns(["image", "x", "y", "w", "h"])
    {'x': 'x', 'y': 'y', 'width': 'w', 'height': 'h'}
    """
    by_name = {plain(name): name for name in reversed(header)}
    found = {
        side: next((by_name[one] for one in names if one in by_name), "")
        for side, names in _SIDES.items()
    }
    return {side: name for side, name in found.items() if name}


def read_box(row: Mapping[str, str], sides: Mapping[str, str], *, where: str) -> Box | None:
    """The box in a row, None where all its cells are empty.

    Raises SourceRefused naming the column of what is no number.
    """
    cells = {side: row[column].strip() for side, column in sides.items()}
    if not any(cells.values()):
        return None
    values: dict[str, float] = {}
    for side, cell in cells.items():
        try:
            values[side] = float(cell)
        except ValueError:
            values[side] = float("nan")
        if not abs(values[side]) < _LARGEST:
            raise SourceRefused(
                f"{cell!r} is no number of pixels", where=f"{where}, column {sides[side]}",
                hint="Write x, y, width and height in pixels, or leave all four empty",
            )
    return Box(**values)


_LARGEST: Final = 1e6
