"""Which series of a study a device reads, and which image of it, by its declared rules.

The decision is a pure function of what the images say of themselves. It is for one series or for
none, and never silent: each series has its reason, a tie included.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Final

from imaging.series import ImageFacts, Series
from records.series_selection import Preference, SeriesRule, SeriesSelection


@dataclass(frozen=True, slots=True)
class Finding:
    """A series, whether it was chosen, and why."""

    series: Series
    chosen: bool
    why: str

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values, for a record or a table."""
        return {**self.series.shown(), "chosen": self.chosen, "why": self.why}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is read of a study: the source of one image, or None; and the reason either way.

    slices: of a device that reads a volume, the sources of its slices from one end to the other;
    ``source`` is the middle one.
    """

    source: int | None
    reason: str
    findings: tuple[Finding, ...] = field(repr=False)
    slices: tuple[int, ...] = ()


def choose_series(series: Sequence[Series], selection: SeriesSelection) -> Choice:
    """The one series of a study that the device reads, and the image of it.

    Of the first rule that any series meets, the preferred one; series that are equal in every
    preference are a tie, and none is chosen.
    """
    why: dict[str, list[str]] = {one.series_uid: [] for one in series}
    for rule in selection.rules:
        meeting = []
        for one in series:
            if broken := broken_conditions(rule, one):
                why[one.series_uid].append(f"'{rule.name}': {'; '.join(broken)}")
            else:
                meeting.append(one)
        if meeting:
            return _preferred(series, meeting, rule, selection, why)
    return _choice(series, None, None, "no series meets a rule", why)


def _preferred(
    series: Sequence[Series],
    meeting: list[Series],
    rule: SeriesRule,
    selection: SeriesSelection,
    why: dict[str, list[str]],
) -> Choice:
    left = meeting
    for preference in selection.prefer:
        if len(left) == 1:
            break
        best = max(_RANKS[preference](one) for one in left)
        for one in left:
            if _RANKS[preference](one) < best:
                why[one.series_uid].append(f"meets '{rule.name}'; another is {_WORDS[preference]}")
        left = [one for one in left if _RANKS[preference](one) == best]
    if len(left) > 1:
        by = ", ".join(selection.prefer) or "no preference"
        reason = f"a tie: {len(left)} series meet '{rule.name}' and are equal ({by})"
        for one in left:
            why[one.series_uid].append(reason)
        return _choice(series, None, None, reason, why)
    chosen = left[0]
    source, fault = _image_of(chosen, selection)
    meets = f"meets '{rule.name}'"
    reason = f"{meets}, but {fault}" if fault else meets
    why[chosen.series_uid].append(reason)
    choice = _choice(series, chosen, source, reason, why)
    if selection.image == "volume" and source is not None and chosen.slices is not None:
        return replace(choice, slices=chosen.slices.order)
    return choice


def _choice(
    series: Sequence[Series],
    chosen: Series | None,
    source: int | None,
    reason: str,
    why: dict[str, list[str]],
) -> Choice:
    findings = tuple(
        Finding(one, one is chosen and source is not None, "; ".join(why[one.series_uid]))
        for one in series
    )
    return Choice(source, reason, findings)


def _day(one: Series) -> date:
    return one.taken_on or date.min


_RANKS: Final[dict[Preference, Callable[[Series], Any]]] = {
    "most_images": lambda one: len(one.images),
    "newest": lambda one: (_day(one), -1 if one.number is None else one.number),
    "thinnest": lambda one: float("-inf") if one.thickness_mm is None else -one.thickness_mm,
}
_WORDS: Final = {
    "most_images": "of more images", "newest": "newer", "thinnest": "of thinner slices",
}  # fmt: skip


def _image_of(series: Series, selection: SeriesSelection) -> tuple[int | None, str]:
    """The source of the image to read, or why there is none."""
    images = series.images
    if len(images) == 1:
        return images[0].source, ""
    if selection.image == "only":
        return None, f"it holds {len(images)} images, and the device reads one"
    if selection.image in ("middle_slice", "volume"):
        assert series.slices is not None
        return series.slices.order[len(series.slices.order) // 2], ""
    newest = max(_age(one) for one in images)
    found = [one.source for one in images if _age(one) == newest]
    return (found[0], "") if len(found) == 1 else (None, f"{len(found)} images are equally new")


def _age(one: ImageFacts) -> tuple[date, int]:
    number = one.instance_number
    return one.taken_on or date.min, -1 if number is None else number


def broken_conditions(rule: SeriesRule, series: Series) -> list[str]:
    """What a series is not that the rule asks for, in words; empty where it meets the rule."""
    listed = (
        ("modality", rule.modalities), ("body_part", rule.body_parts), ("view", rule.views),
        ("orientation", [rule.orientation] if rule.orientation else []),
    )  # fmt: skip
    found = [
        f"{name.replace('_', ' ')} {_said(series.values(name))}, not {' or '.join(allowed)}"
        for name, allowed in listed
        if allowed and not _upper(series.values(name)) <= _upper(allowed)
    ]
    found += [*_of_words(rule, series), *_of_types(rule, series), *_of_numbers(rule, series)]
    if rule.contrast is not None and any(one.contrast != rule.contrast for one in series.images):
        found.append("without contrast agent" if rule.contrast else "with contrast agent")
    return [*found, *_of_volume(rule, series)]


def _upper(values: Sequence[str]) -> set[str]:
    return {one.upper() for one in values}


def _said(values: Sequence[str]) -> str:
    return " and ".join(one or "not recorded" for one in values)


def _of_words(rule: SeriesRule, series: Series) -> list[str]:
    texts, found = [one.description for one in series.images], []
    wanted, barred = rule.description, rule.not_description
    if wanted is not None and not all(_holds(one, wanted) for one in texts):
        found.append(f"description does not match '{wanted}'")
    if barred is not None and any(_holds(one, barred) for one in texts):
        found.append(f"description matches '{barred}'")
    return found


def _holds(text: str, wanted: str) -> bool:
    """Whether one of the wanted words stands in a text, `*` for anything between, capitals or not.

    No regular expressions: a sender could make one of them search for hours.
    """
    words = (word.strip().upper() for word in wanted.split("|"))
    return any(fnmatchcase(text.upper(), f"*{word}*") for word in words if word)


def _of_types(rule: SeriesRule, series: Series) -> list[str]:
    types = [set(one.image_type) for one in series.images]
    lacking = [one for one in rule.image_type if not all(one.upper() in some for some in types)]
    barred = [one for one in rule.not_image_type if any(one.upper() in some for some in types)]
    return [f"image type is not {one}" for one in lacking] + [f"image type {one}" for one in barred]


def _of_numbers(rule: SeriesRule, series: Series) -> list[str]:
    found = []
    if rule.images is not None and not rule.images.hold(len(series.images)):
        found.append(f"images: {len(series.images)}")
    if rule.slice_thickness_mm is not None:
        stated = [one.thickness_mm for one in series.images]
        if None in stated:
            found.append("slice thickness not recorded")
        elif not all(rule.slice_thickness_mm.hold(one) for one in stated if one is not None):
            found.append(f"slice thickness {_said(sorted({f'{one:g} mm' for one in stated}))}")
    return found


def _of_volume(rule: SeriesRule, series: Series) -> list[str]:
    if rule.volume is None:
        return []
    if series.slices is None:
        return ["a single image is no volume"]
    gaps = series.slices.missing and rule.volume == "whole"
    return [series.slices.words] if series.slices.fault or gaps else []
