"""What a validation found of intersections, clinicians' readings and shortcuts, as on record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulatory.documents.beyond_facts import GroupTest, Meeting, OfReaders, ShortcutTest
from regulatory.documents.facts import Measured
from regulatory.gathering.phrases import group_words

Found = Mapping[tuple[str, str], Measured]
"""The estimates of a validation by measure and subgroup."""
_WORST_INTERSECTION = "_worst_intersection"


def further_estimates(stored: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The estimates that the tables of this file show."""
    shown = [pair for one in stored.get("intersections", ()) for pair in one["shown"]]
    shown += [pair for one in stored.get("intersections", ()) for pair in one["worst"]]
    shown += stored.get("readings_shown", ())
    shown += [pair for one in stored.get("shortcut_tests", ()) for pair in one["shown"]]
    return {(measure, subgroup) for measure, subgroup in shown}


def meetings_of(stored: Mapping[str, Any], found: Found) -> tuple[Meeting, ...]:
    """The intersections of subgroups of each test set."""
    return tuple(
        Meeting(
            part=one["part"], groups=one["groups"], too_small=one["too_small"],
            measures=tuple(_meeting(each) for each in _named(one["shown"], found)),
            worst=tuple(_worst_share(each) for each in _named(one["worst"], found)),
            tests=tuple(group_test(each, found, of=f"{one['part']}: ") for each in one["tests"]),
            conclusion=one["conclusion"],
        )
        for one in stored.get("intersections", ())
    )


def readers_of(stored: Mapping[str, Any], found: Found) -> tuple[OfReaders, ...]:
    """Each reader with enough readings, then the averages, then aided against unaided."""
    shown = stored.get("readings_shown", ())

    def of(subgroup: str) -> tuple[Measured, ...]:
        return tuple(
            each for each in _named(shown, found, unquoted=True)
            if each.estimate.subgroup.partition(": ")[0] == subgroup
        )

    told: list[OfReaders] = []
    averages = stored.get("readers", ())
    for part in dict.fromkeys(one["part"] for one in averages):
        told += [
            OfReaders(f"{part}: {one['reader']}, {one['arm']}", one["studies"], of(one["subgroup"]))
            for one in stored["readings"] if one["part"] == part
        ]
        own = [one for one in averages if one["part"] == part]
        told += [
            OfReaders(
                f"{part}: average over {one['readers']} readers, {one['arm']}", one["studies"],
                of(one["subgroup"]), one["conclusion"],
            )
            for one in own
        ]
        if between := of(f"{part}, readers"):
            studies = max(one["studies"] for one in own)
            told.append(OfReaders(f"{part}: readers, aided minus unaided", studies, between))
    return tuple(told)


def shortcuts_of(stored: Mapping[str, Any], found: Found) -> tuple[ShortcutTest, ...]:
    """The shortcut tests in the order in which they were made."""
    return tuple(
        ShortcutTest(
            one["test"].partition(": ")[2], _named(one["shown"], found, unquoted=True),
            one["conclusion"],
        )
        for one in stored.get("shortcut_tests", ())
    )


def group_test(one: Mapping[str, Any], found: Found, *, of: str = "") -> GroupTest:
    """A stored question about the groups of a characteristic. of: what stands before its name in
    the subgroups of its estimates."""
    name, measure = one["characteristic"], one["measure"]
    worst = found.get((f"{measure}_worst", one["worst"]))
    if worst is not None:
        words = group_words(worst.estimate.subgroup.removeprefix(of))
        worst = replace(worst, estimate=replace(worst.estimate, subgroup=words))
    return GroupTest(
        characteristic=name, measure=measure, test=one["test"],
        gap=found.get((f"{measure}_gap", f"{of}{name}")), worst=worst, p=one["p"],
        holm=one["holm"], benjamini_hochberg=one["benjamini_hochberg"], reason=one["reason"],
    )


def _named(
    pairs: Iterable[Sequence[str]], found: Found, *, unquoted: bool = False
) -> tuple[Measured, ...]:
    """The estimates of these names; unquoted: their subgroup as recorded."""
    some = [(found[measure, subgroup], subgroup) for measure, subgroup in pairs]
    if not unquoted:
        return tuple(one for one, _ in some)
    return tuple(
        replace(one, estimate=replace(one.estimate, subgroup=subgroup)) for one, subgroup in some
    )


def _meeting(one: Measured) -> Measured:
    """An intersection by its fields and labels, without the test set."""
    words = one.estimate.subgroup.partition(": ")[2].replace("=", ": ", 1)
    return replace(one, estimate=replace(one.estimate, subgroup=words))


def _worst_share(one: Measured) -> Measured:
    measure = one.estimate.measure.removesuffix(_WORST_INTERSECTION)
    return _meeting(replace(one, estimate=replace(one.estimate, measure=measure)))
