"""Which studies a retraining learns from and is tested on, each with the reason, from the rule.

Decided by the rule, the records and a seed alone: the order of the studies changes nothing. No
study and no patient of a locked test, of whichever dataset version, is ever in training or tuning;
no patient that a released version learnt from is in a test.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from records.cases import Study
from records.retraining_rules import CaseSelection

TAUGHT = ("train", "tuning")
LOCKED = ("internal_test", "external_test")


@dataclass(frozen=True, slots=True)
class Case:
    """A study as the selection sees it.

    standards: source and finding of each reference standard on record. unusable: why its image
    cannot be had, such as deleted; empty where it can.
    """

    study_uid: str
    study_id: int
    patient: str
    site: str
    in_operation: bool
    arrived_on: date
    standards: tuple[tuple[str, bool], ...]
    unusable: str = ""


@dataclass(frozen=True, slots=True)
class FrozenSplits:
    """An earlier dataset version: patient and split of each of its studies, by study UID.

    released: a version that learnt from it was released, now or once.
    """

    label: str
    studies: Mapping[str, tuple[str, str]]
    released: bool = True


@dataclass(frozen=True)
class Selection:
    """The split of every study taken, the reason of every study looked at, which of them are new.

    All by study UID. ``locked_from``: labels of the dataset versions whose locked tests are kept.
    """

    splits: Mapping[str, str]
    reasons: Mapping[str, str]
    new: frozenset[str]
    locked_from: tuple[str, ...]


def select_cases(
    cases: Iterable[Case], in_use: FrozenSplits, others: Sequence[FrozenSplits], *,
    rule: CaseSelection, since: date, seed: int,
) -> Selection:  # fmt: skip
    """Take or leave every study, with the reason.

    in_use: the dataset of the version in use, whose parts are kept; others: every other dataset
    version of the device, whose locked tests stay locked. since: the first day of arrival of a new
    case. seed: deals new patients to the parts, and chooses which earlier ones are kept.
    """
    known = sorted(cases, key=lambda case: case.study_uid)
    earlier = sorted(others, key=lambda dataset: dataset.label)
    history = _History([in_use, *earlier], {case.study_uid: case.patient for case in known})
    kept = _kept_patients(in_use, history, rule.kept_share, seed)
    splits: dict[str, str] = {}
    reasons: dict[str, str] = {}
    candidates: dict[str, list[Case]] = {}
    for case in known:
        frozen = history.place(case.study_uid)
        if frozen is not None:
            split, reason = _of_earlier(case, *frozen, history, kept)
            reasons[case.study_uid] = reason
            if split:
                splits[case.study_uid] = split
        elif refused := _refused(case, history, rule, since):
            reasons[case.study_uid] = refused
        else:
            candidates.setdefault(case.patient, []).append(case)
    taken = _within_cap(candidates, rule.per_patient, reasons)
    parts = _parts_of_patients(taken, history, rule, seed)
    for patient, chosen in taken.items():
        for case in chosen:
            splits[case.study_uid] = parts[patient]
            reasons[case.study_uid] = f"new case: {parts[patient].replace('_', ' ')}"
    locked_from = {
        history.place(uid)[1]  # type: ignore[index]
        for uid, split in splits.items() if split in LOCKED and history.place(uid)
    }
    return Selection(
        splits, reasons, frozenset(one.study_uid for some in taken.values() for one in some),
        tuple(sorted(locked_from)),
    )


class _History:
    """What the earlier dataset versions did with whom; the one in use comes first."""

    def __init__(self, datasets: Sequence[FrozenSplits], patients: Mapping[str, str]) -> None:
        self._in_use = datasets[0]
        self._locked_studies: dict[str, tuple[str, str]] = {}
        self.locked: dict[str, str] = {}
        self.taught: dict[str, str] = {}
        self.part: dict[str, str] = {}
        for dataset in datasets:
            for uid, (patient, split) in sorted(dataset.studies.items()):
                names = {patient, patients.get(uid, patient)}  # a patient may be merged since
                for name in sorted(names):
                    if split in LOCKED:
                        self.locked.setdefault(name, dataset.label)
                    elif dataset.released or dataset is self._in_use:
                        self.taught.setdefault(name, dataset.label)
                        self.part.setdefault(name, split)
                if split in LOCKED:
                    self._locked_studies.setdefault(uid, (split, dataset.label))

    def place(self, uid: str) -> tuple[str, str] | None:
        """Split and dataset of a study that was frozen: in use, or locked elsewhere."""
        if uid in self._in_use.studies:
            return self._in_use.studies[uid][1], self._in_use.label
        return self._locked_studies.get(uid)


def _of_earlier(
    case: Case, split: str, label: str, history: _History, kept: frozenset[str]
) -> tuple[str, str]:
    """(split or '' where it is left out, the reason) of a study that was frozen before."""
    if case.unusable:
        return "", case.unusable
    locked, taught = history.locked.get(case.patient), history.taught.get(case.patient)
    if locked and taught:
        return "", f"patient in a locked test of {locked} and in the training of {taught}"
    if split in LOCKED:
        return split, f"kept: locked test of {label}"
    if case.patient not in kept:
        return "", f"not in the share of {label} that is kept"
    return split, f"kept: {split} of {label}"


def _refused(case: Case, history: _History, rule: CaseSelection, since: date) -> str:
    """Why a study that was in no dataset in use is not taken; empty where it may be."""
    if not case.in_operation:
        return "not from operation, and not in the data of the version in use"
    if case.unusable:
        return case.unusable
    if rule.sites and case.site not in rule.sites:
        return "of a site that the rule does not name"
    if case.arrived_on < since:
        return f"arrived before {since}"
    if not case.standards:
        return "no reference standard"
    if not any(source in rule.reference_standards for source, _ in case.standards):
        return "no reference standard of the stated strength"
    if len({present for _, present in case.standards}) > 1:
        return "reference standards disagree"
    if case.patient in history.locked:
        return f"patient in a locked test of {history.locked[case.patient]}"
    return ""


def _within_cap(
    candidates: Mapping[str, list[Case]], most: int, reasons: dict[str, str]
) -> dict[str, list[Case]]:
    """The latest studies of each patient; the others get their reason."""
    taken = {}
    for patient, found in candidates.items():
        found.sort(key=lambda case: (case.arrived_on, case.study_uid), reverse=True)
        taken[patient] = found[:most]
        for case in found[most:]:
            reasons[case.study_uid] = f"beyond {most} of one patient"
    return taken


def _parts_of_patients(
    taken: Mapping[str, list[Case]], history: _History, rule: CaseSelection, seed: int
) -> dict[str, str]:
    """The part of each patient with new cases: as before, else dealt within the site."""
    parts = {one: history.part[one] for one in taken if one in history.part}
    at_site: dict[str, list[str]] = {}
    for patient, found in taken.items():
        if patient not in parts:
            at_site.setdefault(min((one.arrived_on, one.study_uid, one.site) for one in found)[2],
                               []).append(patient)  # fmt: skip
    shares = rule.new_parts.model_dump()
    for patients in at_site.values():
        ranked = _ranked(patients, seed, "deal")
        bounds = np.cumsum([share * len(ranked) for share in shares.values()]).round()
        for rank, patient in enumerate(ranked):
            place = min(int(np.searchsorted(bounds, rank, side="right")), len(shares) - 1)
            parts[patient] = list(shares)[place]
    return parts


def _kept_patients(
    in_use: FrozenSplits, history: _History, share: float, seed: int
) -> frozenset[str]:
    """The patients of the training and tuning parts in use that are kept, part by part."""
    kept: set[str] = set()
    for part in TAUGHT:
        patients = {one for one, where in history.part.items()
                    if where == part and history.taught[one] == in_use.label}  # fmt: skip
        ranked = _ranked(patients, seed, "keep")
        kept.update(ranked[: round(share * len(ranked))])
    return frozenset(kept)


def _ranked(patients: Iterable[str], seed: int, purpose: str) -> list[str]:
    """In an order that the seed gives and nothing else."""
    return sorted(
        patients, key=lambda one: hashlib.sha256(f"{purpose}/{seed}/{one}".encode()).digest()
    )


def reasons_on_record(selection: Selection, cases: Iterable[Case]) -> dict[str, dict[str, Any]]:
    """By reason, how many studies, and which: for a record that holds every case's reason."""
    numbers: dict[str, list[int]] = {}
    for case in cases:
        numbers.setdefault(selection.reasons[case.study_uid], []).append(case.study_id)
    return {
        reason: {"studies": len(found), "which": [
            Study.label_of(first) if first == last
            else f"{Study.label_of(first)} to {Study.label_of(last)}"
            for first, last in _stretches(found)
        ]}
        for reason, found in sorted(numbers.items())
    }  # fmt: skip


def splits_on_record(
    selection: Selection, cases: Iterable[Case]
) -> dict[str, list[tuple[int, int]]]:
    """By split, the numbers of the studies in it, as stretches from first to last."""
    numbers: dict[str, list[int]] = {}
    for case in cases:
        if case.study_uid in selection.splits:
            numbers.setdefault(selection.splits[case.study_uid], []).append(case.study_id)
    return {split: _stretches(found) for split, found in sorted(numbers.items())}


def splits_from_record(
    recorded: Mapping[str, Sequence[Sequence[int]]], cases: Iterable[Case]
) -> dict[str, str]:
    """The split of each study that :func:`splits_on_record` wrote down, by study UID."""
    by_number = {
        number: split for split, stretches in recorded.items()
        for first, last in stretches for number in range(first, last + 1)
    }
    return {
        case.study_uid: by_number[case.study_id] for case in cases if case.study_id in by_number
    }


def _stretches(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbours drawn together: 1, 2, 3, 7 are (1, 3) and (7, 7)."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
