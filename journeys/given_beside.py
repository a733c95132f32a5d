"""What is given beside files that a version is asked about: clinical facts, or outlined regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.sources.base import SourceRefused
from imaging.sources.fact_lines import read_facts
from imaging.sources.followed import facts_of_studies
from imaging.sources.masks import Mask, read_mask
from models.facts import Known
from records.definition import DeviceDefinition
from records.errors import InvalidInput


@dataclass(frozen=True)
class Beside:
    """What was given beside the files, in their order, or nothing: facts, and outlines."""

    known: Sequence[Known] = ()
    outlines: Sequence[Mask | None] = ()

    def of(self, at: int) -> tuple[Known, Mask | None]:
        """What was given beside the file at this place."""
        return (
            self.known[at] if self.known else {}, self.outlines[at] if self.outlines else None
        )


def known_of(
    definition: DeviceDefinition, names: Sequence[str], facts: Path | None
) -> list[Known]:
    """The facts of each file by their names; none where nothing is given.

    Raises:
        InvalidInput: The device takes in no facts.
        SourceRefused: Naming the row of a fact that cannot be used.
    """
    declared = definition.task.facts
    if facts is None:
        return []
    if declared is None:
        raise InvalidInput(
            f"{definition.name} takes in no clinical facts.", hint="Leave --facts out."
        )
    lines = read_facts(facts, declared)
    for line in lines:
        if not line.of_file or line.subject not in names or line.days_before is None:
            raise SourceRefused(
                "the fact is of none of these files, or has no days_before", where=line.where,
                hint="Write the columns file (as the prediction names it), code, value, unit and "
                "days_before",
            )
    found = facts_of_studies(lines, [(name, "", None) for name in names], declared, {})
    return [{name: one.value for name, one in found[file].items()} for file in names]


def outlines_of(
    definition: DeviceDefinition, names: Sequence[str], folder: Path | None
) -> list[Mask | None]:
    """The outlined region of each file, from the PNG of its name below a folder; None without one.

    Raises:
        InvalidInput: The device reads no outlines.
        SourceRefused: Naming the mask that cannot be read.
    """
    if folder is None:
        return []
    if definition.task.radiomics is None:
        raise InvalidInput(
            f"{definition.name} reads no outlines.", hint="Leave --outlines out."
        )
    places = [folder / Path(name).with_suffix(".png") for name in names]
    return [read_mask(one, None, where=one.name) if one.is_file() else None for one in places]
