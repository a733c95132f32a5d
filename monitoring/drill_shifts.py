"""The shifts that a drill can bring about at a site, by name, each at a graded size.

What a knob of the simulator does to image quality is measured (:mod:`monitoring.knob_effects`);
the other shifts say here what they change. A shift acts on rows of summary data of a simulated
site or of a table alike, where the table holds the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from monitoring.detectors.base import Column, FloatArray
from monitoring.detectors.rank_cusum import QUALITY_COLUMNS
from monitoring.drill_studies import Rows
from monitoring.shift_changes import (
    Act,
    Change,
    Prefers,
    Usual,
    by_knob,
    cases,
    column_moved,
    harder,
    labelled,
    later,
    miscalibrated,
    missing,
    new_level,
    noisier,
    older,
    scanner,
    sentinel,
    share_of,
    software,
    threshold,
)  # fmt: skip
from records.errors import InvalidInput, NotFound

__all__ = ["KINDS", "Kind", "Shift", "find_kind"]


@dataclass(frozen=True)
class Kind:
    """A kind of shift. size: how far by default, in `unit`; neutral: where it does nothing;
    least, most: what is allowed.

    change: what becomes of a study. who: how much rather each study comes. lost: whether studies
    stay away (size: their share). needs: columns that must be there, of `any_of` at least one.
    """

    title: str
    unit: str
    size: float
    least: float
    most: float
    neutral: float = 0.0
    change: Change | None = None
    who: Prefers | None = None
    lost: bool = False
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    ramp_days: int = 0
    column: str = ""


@dataclass(frozen=True)
class Shift:
    """A kind at a size, grown over so many days (0: at once), on a column where it needs one."""

    name: str
    size: float
    ramp_days: int = 0
    column: str = ""

    @classmethod
    def of(
        cls, name: str, *, size: float | None = None, ramp_days: int | None = None, column: str = ""
    ) -> Shift:
        """Checked; what is not given takes the kind's own. Raises NotFound and InvalidInput."""
        kind = find_kind(name)
        used = kind.size if size is None else size
        if not kind.least <= used <= kind.most:
            raise InvalidInput(
                f"--size {used:g}: {name} goes from {kind.least:g} to {kind.most:g} {kind.unit}."
            )
        ramp = kind.ramp_days if ramp_days is None else ramp_days
        if column and not kind.column:
            raise InvalidInput(f"--column: {name} acts on columns of its own.")
        return cls(name, used, ramp, column or kind.column)

    @property
    def kind(self) -> Kind:
        """What it does."""
        return KINDS[self.name]

    def refuse_missing(self, rows: Rows, source: str) -> None:
        """Raises InvalidInput where the rows lack a column that the shift changes."""
        kind = self.kind
        wanted = (*kind.needs, *((self.column,) if self.column else ()))
        lacking = [one for one in wanted if one not in rows or not _any_value(rows[one])]
        if not lacking and kind.any_of and not set(kind.any_of) & set(rows):
            lacking = [" or ".join(kind.any_of)]
        if lacking:
            raise InvalidInput(
                f"{source}: shift {self.name} needs {', '.join(lacking)}.",
                hint="'radvigil monitor drill --list' says what each shift changes.",
            )
        if "score" in kind.needs and not _probabilities(rows["score"]):
            raise InvalidInput(
                f"{source}: shift {self.name} needs scores between 0 and 1.",
                hint="Choose a shift of facts, or give scores as probabilities.",
            )

    def grown(self, days_since: FloatArray) -> FloatArray:
        """The share of the shift that is there so many days after its first (0): 0 to 1."""
        if not self.ramp_days:
            return np.ones(len(days_since))
        return np.clip((days_since + 1.0) / self.ramp_days, 0.0, 1.0)

    def changed(
        self, rows: Rows, grown: FloatArray, *, usual: Usual, rng: Generator
    ) -> Rows:
        """The rows as they are after the shift; those that stay away are gone."""
        kind = self.kind
        size = kind.neutral + grown * (self.size - kind.neutral)
        if kind.lost:
            stay = rng.random(len(size)) >= size
            return {name: one[stay] for name, one in rows.items()}
        if kind.change is None:
            return rows
        return kind.change(Act(rows, size, usual, self.column, rng))


def find_kind(name: str) -> Kind:
    """The kind of that name; raises NotFound with the known ones."""
    if name not in KINDS:
        raise NotFound(f"There is no shift '{name}'.", hint=f"Known: {', '.join(KINDS)}.")
    return KINDS[name]


def _any_value(values: Column) -> bool:
    if values.dtype == object:
        return any(one is not None for one in values)
    return bool(np.isfinite(values).any())


def _probabilities(score: Column) -> bool:
    known = score[np.isfinite(score)]
    return bool(len(known) and known.min() >= 0.0 and known.max() <= 1.0)


def _of_image(title: str, unit: str, knob: str, size: float, most: float, *, least: float = 0.0,
              neutral: float = 0.0, ramp_days: int = 0) -> Kind:  # fmt: skip
    return Kind(title, unit, size, least, most, neutral, by_knob(knob), any_of=QUALITY_COLUMNS,
                ramp_days=ramp_days)  # fmt: skip


KINDS: dict[str, Kind] = {
    "none": Kind("nothing changes", "", 0.0, 0.0, 0.0),
    "brightness": _of_image("pictures grow brighter (knob gain)", "times the grey", "gain", 1.1,
                            5.0, least=1.0, neutral=1.0),
    "tube_voltage": _of_image("a lower tube voltage (knob kilovolts_less)", "kV less",
                              "kilovolts_less", 10.0, 81.0),
    "contrast": _of_image("contrast processing takes broad shadows away (knob flattening)",
                          "share", "flattening", 0.2, 1.0),
    "blur": _of_image("pictures lose sharpness (knob blur)", "pixels of 160", "blur", 1.0, 24.0),
    "noise": _of_image("more quantum noise (knob noise)", "times", "noise", 1.5, 40.0, least=1.0,
                       neutral=1.0),
    "resolution": _of_image("pictures stored with fewer pixels and enlarged again", "times coarser",
                            "resolution", 1.25, 5.0, least=1.0, neutral=1.0),
    "motion": _of_image("patients move (knob motion)", "pixels of 160", "motion", 4.0, 64.0),
    "clipping": _of_image("grey levels are cut off (knob clipping)", "share at either end",
                          "clipping", 0.05, 0.46),
    "collimation": _of_image("narrower shutters (knob collimation)", "share", "collimation", 0.3,
                             0.8),
    "markers": _of_image("letters stay on the picture (knob extra_markers)", "letters",
                         "extra_markers", 4.0, 60.0),
    "gradual_blur": _of_image("sharpness is lost little by little (knob blur)", "pixels of 160",
                              "blur", 2.0, 24.0, ramp_days=60),
    "new_scanner": Kind("a machine of another maker: its pictures and its names (as Southmere's)",
                        "share of studies", 0.5, 0.0, 1.0, change=scanner,
                        any_of=("manufacturer", "model", *QUALITY_COLUMNS)),
    "view_mix": Kind("more portable radiographs (knob portable_share)", "share AP", 0.5, 0.01, 0.99,
                     who=share_of("view", "AP"), needs=("view",)),
    "sex_mix": Kind("another mix of the sexes (knob female_share)", "share F", 0.8, 0.01, 0.99,
                    who=share_of("sex", "F"), needs=("sex",)),
    "age_mix": Kind("older or younger patients (knob age_mean)", "years", -12.0, -40.0, 40.0,
                    who=older, needs=("age",)),
    "children": _of_image("patients of 1 to 5 years (knob children): their pictures", "share",
                          "children", 1.0, 1.0),
    "prevalence": Kind("the finding is more or less common (knob prevalence)", "share with it",
                       0.6, 0.01, 0.99, who=cases, needs=("truth",)),
    "harder_disease": Kind("findings are subtler (knob subtler): scores of the diseased fall",
                           "from 0 (as usual) to 1 (all barely visible)", 0.75, 0.0, 1.0,
                           change=harder, needs=("score", "truth")),
    "score_noise": Kind("scores scatter more", "SD of the log odds", 1.0, 0.0, 10.0,
                        change=noisier, needs=("score",)),
    "miscalibration": Kind("log odds times a slope about the threshold", "slope", 0.6, 0.05, 5.0,
                           1.0, miscalibrated, needs=("score",)),
    "threshold": Kind("the device flags from another score on", "log odds", -0.7, -5.0, 5.0,
                      change=threshold, needs=("score", "decision")),
    "software": Kind("a new software version moves the scores", "log odds", 0.7, -5.0, 5.0,
                     change=software, needs=("score",)),
    "labels": Kind("healthy patients are said to have the finding (readers, knob reader_skill)",
                   "share of the healthy", 0.2, 0.0, 1.0, change=labelled, needs=("truth",)),
    "label_delay": Kind("the truth comes later (knob label_delay)", "days", 30.0, 0.0, 730.0,
                        change=later, needs=("truth",)),
    "volume": Kind("fewer studies come", "share lost", 0.5, 0.0, 0.99, lost=True),
    "silence": Kind("no study comes any more", "share lost", 1.0, 1.0, 1.0, lost=True),
    "missing": Kind("entries of a column are missing", "share", 0.3, 0.0, 1.0, change=missing,
                    column="tube_voltage"),
    "sentinel": Kind("entries of a column are 999999", "share", 0.1, 0.0, 1.0, change=sentinel,
                     column="tube_voltage"),
    "column": Kind("a column of numbers moves", "SD", 0.5, -10.0, 10.0, change=column_moved,
                   column="tube_voltage"),
    "new_level": Kind("a name that was never there, in a column of names", "share", 0.2, 0.0, 1.0,
                      change=new_level, column="manufacturer"),
}  # fmt: skip
"""Not among them: the knob `marker` (no summary datum shows it) and `pneumothorax` (what it does to
scores is not measured)."""
