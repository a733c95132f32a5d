"""What the cells of a label column mean where a study is of one of several exclusive classes."""

from collections import Counter
from collections.abc import Mapping, Sequence

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping, plain
from imaging.sources.labels import LABEL_GUESSES, listed

_NONE_OF_THEM = ("normal", "nofinding", "nofindings", "healthy")


def read_classes(
    rows: Sequence[Mapping[str, str]],
    header: Sequence[str],
    *,
    classes: Sequence[str],
    mapping: ColumnMapping,
    where: str,
) -> list[int]:
    """The number of each row's class, from the first column whose cells are names of classes.

    classes: their names by number, 0 for none of the findings. Names are compared without case
    and punctuation; 'normal', 'healthy' and 'no finding' also say none. Numbers are never taken
    for classes here: nothing says which is which.

    Raises SourceRefused naming column, row and option where no column holds classes, or a cell is
    empty or names none of them.
    """
    if mapping.positive or mapping.negative:
        raise SourceRefused(
            "values cannot be said to mean that the finding is there or not: the device tells "
            f"{', '.join(classes)} apart",
            where="--positive-label and --negative-label",
            hint="Write the classes' names into the column, and leave the options out",
        )
    known = dict.fromkeys(_NONE_OF_THEM, 0) | {plain(one): at for at, one in enumerate(classes)}
    if mapping.label is not None and mapping.label not in header:
        raise SourceRefused(
            f"there is no column {mapping.label!r} for label", where=where,
            hint=f"The columns are {', '.join(header)}",
        )
    candidates = [mapping.label] if mapping.label is not None else [
        name for guess in LABEL_GUESSES for name in header if plain(name) == guess
    ]  # fmt: skip
    for column in candidates:
        cells = [row[column].strip() for row in rows]
        if any(plain(cell) in known for cell in cells):
            return _numbers(cells, column, known, classes, where)
    what = f"column {mapping.label!r} names" if mapping.label is not None else "no column names"
    raise SourceRefused(
        f"{what} {'no class' if mapping.label is not None else 'the class'} of an image",
        where=where,
        hint=f"Name the column with --label-column; its cells are {', '.join(classes)}",
    )


def _numbers(
    cells: Sequence[str], column: str, known: Mapping[str, int], classes: Sequence[str], where: str
) -> list[int]:
    wrong = Counter(cell for cell in cells if plain(cell) not in known)
    if wrong:
        row = next(at for at, cell in enumerate(cells, start=2) if plain(cell) not in known)
        raise SourceRefused(
            f"column {column!r} holds values that are no class: {listed(wrong)}, first in row "
            f"{row}",
            where=where,
            hint=f"Write {', '.join(classes)}, or take the rows out",
        )
    return [known[plain(cell)] for cell in cells]
