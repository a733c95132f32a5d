"""What a table says of several findings that may be present together: which, which not, and which
nobody can tell.

Either a column for each finding, or one column that names those that are present, separated by
``|`` as ChestX-ray14 does it (Wang et al., CVPR 2017).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping, plain
from imaging.sources.labels import DOUBT, LABEL_GUESSES, NO, NOTHING, OTHER_FINDINGS, YES, listed
from records.finding_states import ABSENT, PRESENT, UNKNOWN, States, states_text

NOTHING_SAID = ""
"""What is read of an image of which the table says nothing of any finding."""


def read_findings(
    rows: Sequence[Mapping[str, str]],
    header: Sequence[str],
    *,
    findings: Sequence[str],
    none: str,
    mapping: ColumnMapping,
    where: str,
) -> list[str]:
    """The states of the findings in each row, as :func:`records.finding_states.states_text` writes
    them; '' where the row says nothing of any.

    A column each: yes or no, and where the cell is empty, says uncertain or holds -1 (CheXpert),
    the finding is not known in that image. One column: what it names is present, what it does not
    name is absent; a name with ``?`` is not known, and an empty cell says nothing. Names are
    compared without case and punctuation. Findings that lists of radiographs know and the device
    does not ask about are passed over.

    Raises SourceRefused naming column, row and option where neither form is there, a finding has no
    column, or a cell says something else.
    """
    if mapping.positive or mapping.negative:
        raise SourceRefused(
            f"values cannot be said to mean that one finding is there or not: the device tells "
            f"{', '.join(findings)}", where="--positive-label and --negative-label",
            hint="Write 1 and 0 into a column for each finding, and leave the options out",
        )
    if mapping.label is not None and mapping.label not in header:
        raise SourceRefused(
            f"there is no column {mapping.label!r} for label", where=where,
            hint=f"The columns are {', '.join(header)}",
        )
    own = {} if mapping.label is not None else {
        name: column for name in findings for column in header if plain(column) == plain(name)
    }  # fmt: skip
    lacking = [name for name in findings if name not in own]
    if own and not lacking:
        read = [_by_column(rows, column, where) for column in own.values()]
        states = list(zip(*read, strict=True))
    else:
        states = _by_list(rows, header, findings, none, mapping, where, own)
    return [
        NOTHING_SAID if set(one) == {UNKNOWN} else states_text(one, findings, none)
        for one in states
    ]


def _by_column(rows: Sequence[Mapping[str, str]], column: str, where: str) -> list[int]:
    cells = [row[column].strip() for row in rows]
    found = [_state(cell) for cell in cells]
    if None in found:
        wrong = Counter(cell for cell, one in zip(cells, found, strict=True) if one is None)
        raise SourceRefused(
            f"column {column!r} holds values that do not say whether it is there: "
            f"{listed(wrong)}, first in row {found.index(None) + 2}", where=where,
            hint="Write 1 or 0, and leave the cell empty where nobody knows",
        )
    return [int(one) for one in found if one is not None]


def _state(cell: str) -> int | None:
    lowered = cell.casefold()
    if lowered in YES:
        return PRESENT
    if lowered in NO:
        return ABSENT
    return UNKNOWN if lowered in ("-1", "-1.0") or plain(cell) in DOUBT else None


def _by_list(
    rows: Sequence[Mapping[str, str]], header: Sequence[str], findings: Sequence[str], none: str,
    mapping: ColumnMapping, where: str, own: Mapping[str, str],
) -> list[States]:  # fmt: skip
    known = {plain(name): at for at, name in enumerate(findings)}
    candidates = [mapping.label] if mapping.label is not None else [
        name for guess in LABEL_GUESSES for name in header if plain(name) == guess
    ]  # fmt: skip
    for column in candidates:
        cells = [row[column].strip() for row in rows]
        if any(plain(part) in known for cell in cells for part in cell.split("|")):
            return [
                _of_list(cell, known, none, where=f"{where}, row {number}, column {column}")
                for number, cell in enumerate(cells, start=2)
            ]
    lacking = [name for name in findings if name not in own]
    what = f"no column says whether {lacking[0]} is there" if own else "no column names findings"
    raise SourceRefused(
        what, where=where,
        hint=f"Give each of {', '.join(findings)} a column, or name with --label-column the one "
        f"that lists those present, separated by |; there are {', '.join(header)}",
    )


def _of_list(cell: str, known: Mapping[str, int], none: str, *, where: str) -> States:
    states = [ABSENT] * len(known)
    if not cell:
        return (UNKNOWN,) * len(known)
    nothing, named = {*NOTHING, plain(none)}, False
    parts = [part.strip() for part in cell.split("|")]
    for part in parts:
        word = plain(part)
        if word in known:
            states[known[word]] = UNKNOWN if part.endswith("?") else PRESENT
        elif word not in nothing and word not in OTHER_FINDINGS:
            raise SourceRefused(
                f"{part!r} is no finding of the device, and none that lists of radiographs know",
                where=where, hint="Correct the name, or take it out",
            )
        named |= word in known or (word in OTHER_FINDINGS and word not in nothing)
    if named and any(plain(part) in nothing for part in parts):
        raise SourceRefused(
            f"{cell!r} names a finding and none", where=where, hint="Write one of the two"
        )
    return tuple(states)
