"""What was done to one file when its people were taken out: the record that is kept with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from imaging.attribute_table import EDITION, Option
from imaging.safe_harbor import SafeHarbor

Region = tuple[int, int, int, int]
"""First row, first column, rows, columns of a rectangle in the picture, in pixels."""


class Verdict(StrEnum):
    """Whether anything that identifies a person is known to be left."""

    CLEAN = "clean"
    BURNED_IN_DECLARED = "burned_in_annotation_declared"
    LETTERS_MASKED = "letters_masked"


class Pixels(StrEnum):
    """What became of letters in the pixels."""

    NOT_LOOKED_THROUGH = "not_looked_through"
    NONE_FOUND = "none_found"
    MASKED = "masked"


class Risk(StrEnum):
    """What could still lead to a person, for those who decide where the image goes."""

    DATES_MOVED = "dates_moved"
    DESCRIPTIONS_KEPT = "descriptions_kept"
    DEVICE_NAMED = "device_named"
    FACE = "face_can_be_reconstructed"
    PIXELS_NOT_LOOKED_THROUGH = "pixels_not_looked_through"
    LETTERS_DECLARED_NOT_FOUND = "letters_declared_but_not_found"
    PRIVATE_NUMBERS_KEPT = "private_numbers_kept"


@dataclass(frozen=True, slots=True)
class DeidentificationRun:
    """What was done to one file: profile, options, each attribute's action, pixels, and verdicts.

    Actions are those of PS3.15: K kept, X removed, Z emptied, D and U replaced, C cleaned.
    ``counts`` counts them, items of sequences included; ``tags`` names the attributes of each.
    ``burned_in`` is what the file says of letters in its pixels: YES, NO or not stated (empty);
    ``pixels`` and ``masked`` say what was found. No value of the file is here.
    """

    profile: str
    options: frozenset[Option]
    counts: Mapping[str, int]
    tags: Mapping[str, Iterable[int]]
    burned_in: str
    pixels: Pixels
    masked: tuple[Region, ...]
    safe_harbor: SafeHarbor
    risks: tuple[Risk, ...]

    @property
    def verdict(self) -> Verdict:
        """Letters were masked, or declared and not found (then a person looks), or nothing."""
        if self.pixels is Pixels.MASKED:
            return Verdict.LETTERS_MASKED
        return Verdict.BURNED_IN_DECLARED if self.burned_in == "YES" else Verdict.CLEAN

    def to_dict(self) -> dict[str, object]:
        """The same as plain values, for a record; attributes as eight hexadecimal digits."""
        return {
            "profile": self.profile,
            "edition": EDITION,
            "options": sorted(str(one) for one in self.options),
            "counts": dict(sorted(self.counts.items())),
            "tags": {
                action: " ".join(f"{number:08X}" for number in sorted(numbers))
                for action, numbers in sorted(self.tags.items())
            },
            "burned_in": self.burned_in,
            "pixels": str(self.pixels),
            "masked": [list(region) for region in self.masked],
            "verdict": str(self.verdict),
            "safe_harbor": list(self.safe_harbor.unmet),
            "risks": [str(one) for one in self.risks],
        }


NOT_RECORDED: Final = "not recorded"


def summary_of(runs: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """One study's runs together: images, each profile, actions, verdicts and risks of any image.

    Runs of the first version recorded less; what they lack reads as 'not recorded'.
    """
    every = list(runs)

    def of(name: str) -> list[str]:
        return sorted({str(run.get(name, NOT_RECORDED)) for run in every})

    actions: dict[str, int] = {}
    for run in every:
        for action, count in run.get("counts", {}).items():
            actions[action] = actions.get(action, 0) + int(count)
    options = {code for run in every for code in run.get("options", ())}
    unmet = {one for run in every for one in run.get("safe_harbor", (NOT_RECORDED,))}
    return {
        "images": len(every), "profile": of("profile"), "edition": of("edition"),
        "options": sorted(options), "actions": dict(sorted(actions.items())),
        "pixels": of("pixels"), "masked_regions": sum(len(run.get("masked", ())) for run in every),
        "verdict": of("verdict"), "safe_harbor_unmet": sorted(unmet),
        "risks": sorted({one for run in every for one in run.get("risks", (NOT_RECORDED,))}),
    }
