"""Which studies a run of the retraining protocol chose for a dataset, as its record says."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from records.lookup import find_record
from records.product import DatasetVersion, JourneyStep

TAKEN = ("kept: ", "new case: ")
"""How the reasons of studies begin that were taken."""


@dataclass(frozen=True, slots=True)
class ChosenStudies:
    """The split of each study taken, by its number; of the others how many were left out, and why.
    """

    run: str
    splits: Mapping[int, str]
    left_out: tuple[tuple[str, int], ...]

    @property
    def refused(self) -> int:
        """How many studies were looked at and not taken."""
        return sum(n for _, n in self.left_out)


def chosen_studies(session: Session, dataset: DatasetVersion) -> ChosenStudies | None:
    """What the run that chose a dataset's studies wrote down; None where none was chosen by one.

    A run that left no such record gives no study: which they were is then not known.
    """
    stated = dataset.datasheet.get("selection")
    if not stated:
        return None
    label = str(stated.get("record", ""))
    said = find_record(session, JourneyStep, label).summary if label else {}
    return ChosenStudies(
        str(stated["run"]),
        {number: split for split, stretches in said.get("taken", {}).items()
         for first, last in stretches for number in range(first, last + 1)},
        tuple((str(why), int(one["studies"])) for why, one in said.get("by_reason", {}).items()
              if not why.startswith(TAKEN)),
    )  # fmt: skip
