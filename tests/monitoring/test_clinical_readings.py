"""Clinicians beside the device: the same studies, paired, aided and unaided apart."""

from typing import Any

import numpy as np
import pytest

from measures.estimate import Estimate
from models.tasks import TASKS
from monitoring.clinical_readings import (
    NONE_ON_RECORD,
    NOT_YES_OR_NO,
    Reading,
    beside_readers,
)

TASK = TASKS["classification"]


def rows(n: int = 100) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    return [
        {"study": f"s{at}", "truth": at % 2, "decision": bool(rng.random() < (0.1, 0.9)[at % 2])}
        for at in range(n)
    ]


def readings(cases: list[dict[str, Any]], *who: tuple[str, bool], right: float) -> list[Reading]:
    rng = np.random.default_rng(9)
    return [
        Reading(one["study"], name, bool(one["truth"]) == bool(rng.random() < right), aided)
        for name, aided in who for one in cases
    ]


def by_name(estimates: list[Estimate]) -> dict[tuple[str, str], Estimate]:
    """By measure and subgroup, of the internal test."""
    assert all(one.subgroup.startswith("internal test, ") for one in estimates)
    return {
        (one.measure, one.subgroup.removeprefix("internal test, ")): one for one in estimates
    }


def test_a_reader_stands_beside_the_device_on_the_studies_that_both_read() -> None:
    cases = rows()
    half = readings(cases[:60], ("R01", False), right=0.6)
    found = beside_readers(TASK, cases, half, minimum_n=20)
    by = by_name(found.estimates)
    own = by["sensitivity", "unaided R01"]
    device = by["sensitivity", "unaided R01: device alone"]
    apart = by["sensitivity_difference", "unaided R01: device minus reader"]
    assert own.n == device.n == apart.n == 30
    assert apart.value == pytest.approx(device.value - own.value)
    assert apart.low > 0
    assert by["kappa", "unaided R01"].n == 60
    assert not by["sensitivity", "readers, unaided"].estimable  # one reader: no spread
    assert "fewer than two readers" in by["sensitivity", "readers, unaided"].reason
    assert by["fleiss_kappa", "readers, unaided"].reason == "no study was read by two readers"


def test_several_readers_are_averaged_by_obuchowski_and_rockette_and_arms_stay_apart() -> None:
    cases = rows()
    some = readings(cases, ("R01", False), ("R02", False), ("R03", False), right=0.75)
    some += readings(cases, ("R04", True), ("R05", True), ("R06", True), right=0.9)
    found = beside_readers(TASK, cases, some, minimum_n=20)
    by = by_name(found.estimates)
    balanced = by["balanced_accuracy", "readers, unaided"]
    assert balanced.method.startswith("Obuchowski-Rockette")
    means = [
        np.mean([by[share, f"unaided R0{number}"].value for number in (1, 2, 3)])
        for share in ("sensitivity", "specificity")
    ]
    assert balanced.value == pytest.approx(np.mean(means))
    assert by["balanced_accuracy_difference", "readers, unaided: device minus readers"].value == (
        pytest.approx(np.mean([by[share, "unaided R01: device alone"].value
                               for share in ("sensitivity", "specificity")]) - np.mean(means))
    )  # fmt: skip
    assert by["sensitivity_difference", "readers: aided minus unaided"].value > 0
    assert [one["arm"] for one in found.figures["readers"]] == ["unaided", "aided"]
    assert {one["readers"] for one in found.figures["readers"]} == {3}
    shown = {(one[0], one[1]) for one in found.figures["readings_shown"]}
    assert shown == {(one.measure, one.subgroup) for one in found.estimates}


def test_readers_of_the_same_studies_without_and_with_the_output_tell_how_often_it_led_astray() -> (
    None
):
    cases = rows()
    alone = readings(cases, ("R01", False), ("R02", False), ("R03", False), right=1.0)
    device = {one["study"]: bool(one["decision"]) for one in cases}
    led = [Reading(one.study, one.reader, device[one.study], aided=True) for one in alone]
    by = by_name(beside_readers(TASK, cases, alone + led, minimum_n=20).estimates)
    name = "readers: with the output, right without it"
    wrong = sum(bool(one["truth"]) != bool(one["decision"]) for one in cases)
    assert (by["moved_to_wrong", name].value, by["moved_to_wrong", name].n) == (1.0, 3 * wrong)
    assert by["moved_from_right", name].value == 0.0
    assert by["sensitivity", "aided R01"].n == by["sensitivity", "unaided R01"].n


def test_who_read_few_studies_counts_in_the_average_only() -> None:
    cases = rows()
    some = readings(cases, ("R01", False), right=0.8)
    some += readings(cases[:12], ("R02", False), right=0.8)
    found = beside_readers(TASK, cases, some, minimum_n=20)
    assert [one["reader"] for one in found.figures["readings"]] == ["R01"]
    (average,) = found.figures["readers"]
    assert (average["readers"], average["told_alone"]) == (2, 1)
    assert found.estimates[-1].n == 12  # agreement: what both read


def test_without_readings_or_without_yes_or_no_the_reason_is_told() -> None:
    cases = rows()
    assert beside_readers(TASK, cases, [], minimum_n=20).reason == NONE_ON_RECORD
    other = [Reading("elsewhere", "R01", present=True, aided=False)]
    assert beside_readers(TASK, cases, other, minimum_n=20).reason == NONE_ON_RECORD
    some = readings(cases, ("R01", False), right=0.8)
    found = beside_readers(TASKS["segmentation"], cases, some, minimum_n=20)
    assert found.reason == NOT_YES_OR_NO
