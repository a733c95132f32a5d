"""What the cells of a label column mean: the finding is there, is not, or nobody can tell."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping, plain

LABEL_GUESSES: Final = (
    "label", "labels", "y", "target", "class", "finding", "findings", "findinglabels", "diagnosis",
)  # fmt: skip
YES: Final = frozenset({"1", "1.0", "true", "yes", "positive"})
NO: Final = frozenset({"0", "0.0", "false", "no", "negative"})
NOTHING: Final = frozenset({"normal", "nofinding", "nofindings", "none", "healthy", "control"})
OTHER_FINDINGS: Final = frozenset({
    # of ChestX-ray14 (Wang 2017) and CheXpert (Irvin 2019): a list that names only these says
    # that the finding asked about is absent
    "atelectasis", "cardiomegaly", "effusion", "pleuraleffusion", "infiltration", "mass", "nodule",
    "pneumonia", "pneumothorax", "consolidation", "edema", "oedema", "emphysema", "fibrosis",
    "pleuralthickening", "hernia", "lungopacity", "lunglesion", "enlargedcardiomediastinum",
    "fracture", "pleuralother", "supportdevices",
})  # fmt: skip
DOUBT: Final = frozenset({
    "uncertain", "unknown", "unclear", "equivocal", "indeterminate", "possible", "suspected",
    "maybe", "missing", "notrecorded", "nan", "na", "null", "other", "",
})  # fmt: skip
_SHOWN: Final = 12


def read_labels(
    rows: Sequence[Mapping[str, str]],
    header: Sequence[str],
    *,
    finding: str,
    mapping: ColumnMapping,
    where: str,
) -> list[int]:
    """1 where the finding is there, 0 where it is not, from whichever column says so.

    Several columns may say it as long as they agree. Raises SourceRefused naming column, row and
    option where no column says it, they disagree, or a cell is empty or says neither.
    """
    meaning = _Meaning(finding, mapping, where)
    if mapping.label is not None:
        labels, reason = meaning.of(rows, mapping.label)
        if labels is None:
            raise meaning.unclear(mapping.label, reason)
        return labels
    wanted = (plain(finding), *LABEL_GUESSES)
    candidates = [name for guess in wanted for name in header if plain(name) == guess]
    read = {name: meaning.of(rows, name) for name in candidates}
    clear = {name: labels for name, (labels, _) in read.items() if labels is not None}
    if not clear:
        if not read:
            raise SourceRefused(
                "no column holds the label",
                where=where,
                hint=f"Name it with --label-column; there are {', '.join(header)}",
            )
        name, (_, reason) = next(iter(read.items()))
        raise meaning.unclear(name, reason)
    _refuse_disagreement(clear, where=where)
    return next(iter(clear.values()))


class _Meaning:
    """What each value of a label column says about one finding."""

    def __init__(self, finding: str, mapping: ColumnMapping, where: str) -> None:
        self.finding, self.where = finding, where
        self.mapped = bool(mapping.positive)
        self.present = {_word(value) for value in mapping.positive or (finding,)}
        self.absent = {_word(value) for value in mapping.negative}
        if both := self.present & self.absent:
            raise SourceRefused(
                f"{sorted(both)[0]!r} is said to mean both that {finding!r} is there and is not",
                where="--positive-label and --negative-label",
                hint="Name it in one of the two",
            )

    def of(self, rows: Sequence[Mapping[str, str]], column: str) -> tuple[list[int] | None, str]:
        """The labels that one column gives, or None and why it gives none.

        Raises SourceRefused for a column that names the finding and also says what nobody can
        tell: to leave such rows out, or to count them as absent, is for a person to decide.
        """
        cells = [row[column].strip() for row in rows]
        empty = next((number for number, cell in enumerate(cells, start=2) if not cell), None)
        if empty is not None:
            return None, f"row {empty} is empty"
        counts = Counter(cells)
        if not self.mapped and all(self._number(cell) is not None for cell in counts):
            return [int(self._number(cell) or 0) for cell in cells], ""
        found = {cell: self._one(cell) for cell in counts}
        if 1 not in found.values():
            return None, f"its values are {listed(counts)}"
        unknown = {cell: counts[cell] for cell, label in found.items() if label is None}
        if self.mapped and len(unknown) == 1 == len(found) - list(found.values()).count(1):
            (rest,) = unknown
            if plain(rest) not in DOUBT and rest.casefold() not in YES and not _asks(rest):
                found[rest] = 0  # of two values, the one that was not named
                unknown = {}
        if unknown:
            raise self._neither(column, unknown)
        return [found[cell] or 0 for cell in cells], ""

    def _number(self, cell: str) -> int | None:
        """1 or 0 of a yes or no, or of a value that was said to mean no."""
        lowered = cell.casefold()
        if lowered in NO or _word(cell) in self.absent:
            return 0
        return 1 if lowered in YES else None

    def _one(self, cell: str) -> int | None:
        words = {_word(part) for part in re.split(r"[|;,/]", cell)}
        if words & self.present or _word(cell) in self.present:
            return 1
        if _word(cell) in self.absent or cell.casefold() in NO:
            return 0
        named = plain(self.finding)
        known = (NOTHING | OTHER_FINDINGS | {f"no{named}", f"non{named}"} | self.absent) - {named}
        return 0 if words <= known else None

    def unclear(self, column: str, reason: str) -> SourceRefused:
        """The refusal of a column that never says that the finding is there."""
        return SourceRefused(
            f"column {column!r} does not say where {self.finding!r} is present: {reason}",
            where=self.where,
            hint="Name another column with --label-column, or the values that mean it is present "
            "with --positive-label",
        )

    def _neither(self, column: str, unknown: Mapping[str, int]) -> SourceRefused:
        return SourceRefused(
            f"column {column!r} holds values that do not say whether {self.finding!r} is there: "
            f"{listed(unknown)}",
            where=self.where,
            hint="Say what each means with --positive-label or --negative-label, or take the rows "
            f"with {listed(unknown)} out",
        )


def _word(value: str) -> str:
    """A value for comparing: -1 stays apart from 1, and 'pneumonia?' from 'pneumonia'."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return plain(value) + ("?" if _asks(value) else "")


def _asks(value: str) -> bool:
    return "?" in value


def listed(counts: Mapping[str, int]) -> str:
    """The values of a column with how often each stands in it; of many, the first."""
    values = sorted(counts)
    shown = ", ".join(f"{value!r} ({counts[value]})" for value in values[:_SHOWN])
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def _refuse_disagreement(clear: Mapping[str, list[int]], *, where: str) -> None:
    names = list(clear)
    for other in names[1:]:
        for number, (one, two) in enumerate(zip(clear[names[0]], clear[other], strict=True), 2):
            if one != two:
                raise SourceRefused(
                    f"columns {names[0]!r} ({one}) and {other!r} ({two}) disagree in row {number}",
                    where=where,
                    hint=f"Say which is the label with --label-column: {' or '.join(names)}",
                )
