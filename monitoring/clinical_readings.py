"""Clinicians' readings of the test studies beside the device on the same studies.

Readings made with the device's output in view (aided) and without it (unaided) are never mixed.
A reader's own figures hold for that reader; the average over readers holds for other readers and
other studies too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from measures.aided_reading import automation_bias, with_standalone
from measures.binary import sensitivity, specificity
from measures.estimate import Estimate
from measures.kappa import category_counts, cohen_kappa, fleiss_kappa, gwet_ac1
from measures.obuchowski_rockette import obuchowski_rockette
from measures.reader_variance import Endpoint, reader_average, reader_difference
from measures.readers import ReaderAverage, Readings, gather_readings
from models.tasks.base import Share, Task
from models.tasks.two_classes import paired_share
from records.cases import ReaderAssessment, Study
from records.reader_answers import UNVERIFIED, standing

READINGS = "clinicians' readings"
"""The part of a validation, as its list of what was not made names it."""
NONE_ON_RECORD = "no clinician's reading of a test study is on record"
NOT_YES_OR_NO = "a reading says whether the finding is there, and the device answers something else"
ARMS = {False: "unaided", True: "aided"}
"""By whether the device's output was in view."""
_DEVICE = "device alone"
_SHARES: tuple[Endpoint, ...] = ("sensitivity", "specificity")
_ENDPOINTS = (("sensitivity", sensitivity), ("specificity", specificity))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader said of a study of the test. reader: a code. aided: output in view."""

    study: str
    reader: str
    present: bool
    aided: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What was found of the readings: estimates, plain figures, or why there are none."""

    estimates: list[Estimate]
    figures: dict[str, Any]
    reason: str = ""


def readings_on_record(session: Session, uids: Sequence[str], finding: str) -> list[Reading]:
    """The readings of these studies (pseudonymous UIDs) for a finding, by study and reader.

    Of corrected readings the last version counts, of several ways in the reading that came last; a
    reader may have one without and one with the output. What came by a link is left out: nobody
    showed who read, and it was no independent reading.
    """
    query = (
        select(Study.study_uid, ReaderAssessment.reader, ReaderAssessment.present,
               ReaderAssessment.saw_output)
        .join(ReaderAssessment, col(ReaderAssessment.study_id) == Study.id)
        .where(
            ReaderAssessment.finding == finding, ReaderAssessment.identity != UNVERIFIED, standing()
        )
        .order_by(Study.study_uid, ReaderAssessment.reader, col(ReaderAssessment.id))
    )  # fmt: skip
    wanted = set(uids)
    found: dict[tuple[str, str, bool], Reading] = {}
    for one in session.exec(query):
        if one[0] in wanted:
            read = Reading(*one)
            found[read.study, read.reader, read.aided] = read
    return list(found.values())


def beside_readers(
    task: Task, rows: Sequence[Mapping[str, Any]], readings: Sequence[Reading], *, minimum_n: int,
    part: str = "internal test",
) -> Beside:  # fmt: skip
    """Readers' sensitivity, specificity and agreement beside the device on the same studies, with
    the paired differences, device minus reader; averages over readers where two or more read.

    rows: test studies, one a patient, with study, truth and decision. part: which test they are of;
    estimates stand under 'PART, ARM READER' and 'PART, readers, ARM'. Of a reader with fewer than
    ``minimum_n`` readings nothing is told alone; the averages count him or her.
    """
    known = {str(row["study"]): row for row in rows}
    read = [one for one in readings if one.study in known]
    if not task.two_classes and "sensitivity" not in task.measures:
        return Beside([], {}, NOT_YES_OR_NO)
    if not read:
        return Beside([], {}, NONE_ON_RECORD)
    found: list[Estimate] = []
    told: list[dict[str, Any]] = []
    averaged: list[dict[str, Any]] = []
    for aided, arm in ARMS.items():
        of_arm = [one for one in read if one.aided is aided]
        by_reader: dict[str, list[Reading]] = {}
        for one in of_arm:
            by_reader.setdefault(one.reader, []).append(one)
        enough = {who: some for who, some in by_reader.items() if len(some) >= minimum_n}
        for who, some in sorted(enough.items()):
            found += _of_reader(f"{arm} {who}", some, known)
            told.append({
                "part": part, "arm": arm, "reader": who, "studies": len(some),
                "subgroup": f"{part}, {arm} {who}",
            })  # fmt: skip
        if of_arm:
            averages = _averages(arm, of_arm, known)
            found += averages
            averaged.append({
                "part": part, "arm": arm, "subgroup": f"{part}, readers, {arm}",
                "readers": len(by_reader),
                "told_alone": len(enough), "readings": len(of_arm),
                "studies": len({one.study for one in of_arm}),
                "conclusion": _conclusion(arm, averages),
            })  # fmt: skip
    if len(averaged) == len(ARMS):
        found += _aided_against_unaided(read, known)
    found = [one.for_subgroup(f"{part}, {one.subgroup}") for one in found]
    shown = [[one.measure, one.subgroup] for one in found]
    return Beside(found, {"readings": told, "readers": averaged, "readings_shown": shown})


def _of_reader(
    name: str, readings: Sequence[Reading], known: Mapping[str, Mapping[str, Any]]
) -> list[Estimate]:
    """One reader, the device on the same studies, their difference, and their agreement."""
    truth, said, device = _columns(readings, known)
    found = []
    for measure, function in _ENDPOINTS:
        counted, right = _counted(measure, truth)
        found += [
            function(truth, said).for_subgroup(name),
            function(truth, device).for_subgroup(f"{name}: {_DEVICE}"),
            paired_share(
                Share(measure, counted, device == right), Share(measure, counted, said == right),
                level=0.95,
            ).for_subgroup(f"{name}: device minus reader"),
        ]  # fmt: skip
    return [*found, cohen_kappa(said, device).for_subgroup(name)]


def _counted(measure: str, truth: NDArray[Any]) -> tuple[NDArray[np.bool_], int]:
    """The studies that a share is of, and the answer that is right there."""
    ill = truth == 1
    return (ill, 1) if measure == "sensitivity" else (~ill, 0)


def _columns(
    readings: Sequence[Reading], known: Mapping[str, Mapping[str, Any]]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Truth, the reader's answer and the device's, each 0/1 of shape (readings,)."""
    truth = np.array([int(known[one.study]["truth"]) > 0 for one in readings], dtype=np.int8)
    said = np.array([one.present for one in readings], dtype=np.int8)
    device = np.array([bool(known[one.study]["decision"]) for one in readings], dtype=np.int8)
    return truth, said, device


def _block(
    readings: Sequence[Reading], known: Mapping[str, Mapping[str, Any]]
) -> tuple[Readings, Readings]:
    """The readings by arm, and the same with the device as one more arm."""
    truth, said, _ = _columns(readings, known)
    block = gather_readings(
        [one.reader for one in readings], [one.study for one in readings], truth, said,
        arm=[ARMS[one.aided] for one in readings],
    )
    device = [float(bool(known[one]["decision"])) for one in block.studies]
    return block, with_standalone(block, block.studies, device, arm=_DEVICE)


def _averages(
    arm: str, readings: Sequence[Reading], known: Mapping[str, Mapping[str, Any]]
) -> list[Estimate]:
    """Averages over the readers of an arm, the device less them, and how far readers agree.

    Balanced accuracy, which is the AUC of a yes or no, by Obuchowski and Rockette where every
    reader read every study, else by U-statistics as sensitivity and specificity are.
    """
    block, both = _block(readings, known)
    name = f"readers, {arm}"
    found = []
    for endpoint in _SHARES:
        found += [
            _estimate(partial(reader_average, block, endpoint, arm=arm)).for_subgroup(name),
            _estimate(partial(reader_difference, both, _DEVICE, arm, endpoint)).for_subgroup(
                f"{name}: device minus readers"
            ),
        ]
    sick = int(block.diseased.sum())
    if block.crossed and len(block.readers) > 1 and min(sick, len(block.studies) - sick) > 1:
        mean = obuchowski_rockette(block).arm(arm).estimate
        apart = obuchowski_rockette(both).difference(_DEVICE, arm).estimate
    else:
        mean = _estimate(partial(reader_average, block, arm=arm))
        apart = _estimate(partial(reader_difference, both, _DEVICE, arm))
    found += [
        replace(mean, measure="balanced_accuracy", subgroup=name),
        replace(apart, measure="balanced_accuracy_difference",
                subgroup=f"{name}: device minus readers"),
    ]  # fmt: skip
    return [*found, *(one.for_subgroup(name) for one in _agreement(readings))]


def _estimate(average: Callable[..., ReaderAverage]) -> Estimate:
    """The estimate with the unbiased variance; where few readers make that negative, as iMRMC does,
    with the V-statistic, which is too large on average. The method says which. Where readings are
    missing that can be negative too, as each of its moments is then of other readings: then there
    is no interval, and the reason says so."""
    found = average().estimate
    if not found.estimable and found.reason.endswith("is negative"):
        return average(variance="mle").estimate
    return found


def _agreement(readings: Sequence[Reading]) -> list[Estimate]:
    """How far readers of the same studies agree; only studies that two or more read count."""
    times: dict[str, int] = {}
    for one in readings:
        times[one.study] = times.get(one.study, 0) + 1
    shared = [one for one in readings if times[one.study] > 1]
    if not shared:
        return [Estimate.not_estimable("fleiss_kappa", "no study was read by two readers", n=0)]
    counts = category_counts(
        [one.reader for one in shared], [one.study for one in shared],
        [int(one.present) for one in shared], categories=[0, 1],
    )
    return [fleiss_kappa(counts), gwet_ac1(counts)]


def _aided_against_unaided(
    readings: Sequence[Reading], known: Mapping[str, Mapping[str, Any]]
) -> list[Estimate]:
    block, _ = _block(readings, known)
    return [
        _estimate(partial(reader_difference, block, "aided", "unaided", endpoint)).for_subgroup(
            "readers: aided minus unaided"
        )
        for endpoint in _SHARES
    ] + _led_astray(readings, known)


def _led_astray(
    readings: Sequence[Reading], known: Mapping[str, Mapping[str, Any]]
) -> list[Estimate]:
    """How often readers who were right without the output are wrong with it, by whether it was
    wrong itself: readings of one reader and study made in both ways."""
    arms: dict[bool, dict[tuple[str, str], Reading]] = {False: {}, True: {}}
    for one in readings:
        arms[one.aided][one.reader, one.study] = one
    pairs = sorted(arms[False].keys() & arms[True].keys())
    before, after = [arms[False][one] for one in pairs], [arms[True][one] for one in pairs]
    truth, unaided, device = _columns(before, known)
    _, aided, _ = _columns(after, known)
    found = automation_bias(
        truth, device, unaided, aided, reader=[reader for reader, _ in pairs],
        study=[study for _, study in pairs],
    )["all"]
    name = "readers: with the output, right without it"
    return [one.for_subgroup(name) for one in (found.to_wrong, found.from_right)]


def _conclusion(arm: str, averages: Sequence[Estimate]) -> str:
    """What a reader of the report may say of the device beside the readers of an arm."""
    said = []
    for one in averages:
        if not one.subgroup.endswith("device minus readers") or one.measure.startswith("balanced"):
            continue
        share = one.measure.removesuffix("_difference")
        if one.low is None or one.high is None:
            said.append(f"{share}: not estimable, {one.reason}")
        elif one.low > 0:
            said.append(f"{share}: the device's is higher than that of {arm} readers")
        elif one.high < 0:
            said.append(f"{share}: the device's is lower than that of {arm} readers")
        else:
            said.append(f"{share}: no difference from {arm} readers is shown, nor equality")
    return "; ".join(said)
