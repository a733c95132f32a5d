"""What a retraining takes: never a locked case or its patient, whatever the order; each reason."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.case_selection import (
    LOCKED,
    TAUGHT,
    Case,
    FrozenSplits,
    Selection,
    reasons_on_record,
    select_cases,
    splits_from_record,
    splits_on_record,
)
from records.retraining_rules import CaseSelection

FIRST = date(2026, 6, 1)
ORIGIN = {"source": "sites", "legal_basis": "none needed", "consent": "none needed"}


def rule(**changes: Any) -> CaseSelection:
    content: dict[str, Any] = {
        "reference_standards": ["consensus"], "per_patient": 2, "kept_share": 1.0,
        "new_parts": {"train": 0.5, "tuning": 0.2, "internal_test": 0.3}, "origin": ORIGIN,
    }
    return CaseSelection.model_validate(content | changes)


def case(number: int, **changes: Any) -> Case:
    made = Case(
        study_uid=f"2.25.{number:03d}", study_id=number, patient=f"P{number}", site="north",
        in_operation=True, arrived_on=FIRST, standards=(("consensus", number % 2 == 0),),
    )
    return replace(made, **changes)


def frozen(label: str, splits: dict[int, str], *, released: bool = True) -> FrozenSplits:
    studies = {f"2.25.{one:03d}": (f"P{one}", split) for one, split in splits.items()}
    return FrozenSplits(label, studies, released)


IN_USE = frozen("DSV-0001", {1: "train", 2: "tuning", 3: "internal_test", 4: "external_test"})


def select(cases: list[Case], *others: FrozenSplits, **changes: Any) -> Selection:
    return select_cases(cases, IN_USE, others, rule=rule(**changes), since=FIRST, seed=7)


@st.composite
def histories(draw: Any) -> tuple[list[Case], FrozenSplits, list[FrozenSplits]]:
    """Studies of few patients, most of them repeated, and datasets that may contradict."""
    count = draw(st.integers(2, 24))
    patients = [f"P{draw(st.integers(0, 9))}" for _ in range(count)]
    cases = [
        case(
            number, patient=patient, in_operation=draw(st.booleans()),
            site=draw(st.sampled_from(["north", "south"])),
            arrived_on=FIRST + timedelta(days=draw(st.integers(-2, 4))),
            standards=tuple(draw(st.lists(
                st.tuples(st.sampled_from(["consensus", "report"]), st.booleans()), max_size=2
            ))),
            unusable=draw(st.sampled_from(["", "", "", "image deleted"])),
        )
        for number, patient in enumerate(patients)
    ]  # fmt: skip
    datasets = []
    for number in range(draw(st.integers(1, 3))):
        chosen = draw(st.lists(st.sampled_from(cases), max_size=count, unique=True))
        datasets.append(FrozenSplits(
            f"DSV-{number + 1:04d}",
            {one.study_uid: (one.patient, draw(st.sampled_from(TAUGHT + LOCKED)))
             for one in chosen},
            released=number == 0 or draw(st.booleans()),
        ))  # fmt: skip
    return cases, datasets[0], datasets[1:]


@settings(max_examples=25, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.sampled_from([0.0, 0.5, 1.0]))
def test_no_locked_case_or_patient_is_learnt_from_and_the_order_changes_nothing(
    history: tuple[list[Case], FrozenSplits, list[FrozenSplits]], random: Any, share: float
) -> None:
    cases, in_use, others = history
    how: dict[str, Any] = {"rule": rule(kept_share=share), "since": FIRST, "seed": 3}
    found = select_cases(cases, in_use, others, **how)
    shuffled = random.sample(cases, len(cases))
    assert select_cases(shuffled, in_use, others[::-1], **how).splits == found.splits
    by_uid = {one.study_uid: one for one in cases}
    assert set(found.reasons) == set(by_uid), "every study has its reason"
    locked = {
        name
        for dataset in (in_use, *others)
        for uid, (patient, split) in dataset.studies.items() if split in LOCKED
        for name in (patient, by_uid[uid].patient)
    }
    learnt = {
        by_uid[uid].patient
        for dataset in (in_use, *(one for one in others if one.released))
        for uid, (_, split) in dataset.studies.items() if split in TAUGHT
    }
    split_of: dict[str, set[str]] = {}
    for uid, split in found.splits.items():
        patient = by_uid[uid].patient
        split_of.setdefault(patient, set()).add("test" if split in LOCKED else "taught")
        if split in TAUGHT:
            assert patient not in locked
        else:
            assert patient not in learnt, "an earlier version has learnt from this patient"
        assert not by_uid[uid].unusable
    assert all(len(kinds) == 1 for kinds in split_of.values())
    for uid in found.new:
        one = by_uid[uid]
        assert one.in_operation
        assert one.arrived_on >= FIRST
        assert "consensus" in {source for source, _ in one.standards}
        assert len({present for _, present in one.standards}) == 1
    for patient in {by_uid[uid].patient for uid in found.new}:
        assert sum(by_uid[uid].patient == patient for uid in found.new) <= 2


def test_every_study_that_is_left_out_says_why() -> None:
    cases = [
        case(1), case(2), case(3), case(4), case(10), case(11, in_operation=False),
        case(12, unusable="image deleted"), case(13, site="elsewhere"),
        case(14, arrived_on=FIRST - timedelta(days=1)), case(15, standards=()),
        case(16, standards=(("report", True),)),
        case(17, standards=(("consensus", True), ("report", False))), case(18, patient="P3"),
        *(case(20 + day, patient="P20", arrived_on=FIRST + timedelta(days=day))
          for day in range(3)),
    ]  # fmt: skip
    found = select(cases, sites=["north"])
    said = {uid.removeprefix("2.25."): reason for uid, reason in found.reasons.items()}
    assert said["001"] == "kept: train of DSV-0001"
    assert said["003"] == "kept: locked test of DSV-0001"
    assert said["011"] == "not from operation, and not in the data of the version in use"
    assert said["012"] == "image deleted"
    assert said["013"] == "of a site that the rule does not name"
    assert said["014"] == "arrived before 2026-06-01"
    assert said["015"] == "no reference standard"
    assert said["016"] == "no reference standard of the stated strength"
    assert said["017"] == "reference standards disagree"
    assert said["018"] == "patient in a locked test of DSV-0001"
    assert said["020"] == "beyond 2 of one patient", "the earliest of three"
    assert {"2.25.010", "2.25.021", "2.25.022"} == found.new
    listed = reasons_on_record(found, cases)
    assert sum(one["studies"] for one in listed.values()) == len(cases)
    assert [one["which"] for reason, one in listed.items() if "one patient" in reason] == [
        ["STU-0020"]
    ]
    assert listed["kept: locked test of DSV-0001"]["which"] == ["STU-0003 to STU-0004"]
    recorded = json.loads(json.dumps(splits_on_record(found, cases)))
    assert splits_from_record(recorded, cases) == found.splits


def test_a_patient_keeps_the_part_and_new_ones_are_dealt_by_their_shares() -> None:
    known = [case(30, patient="P1"), case(31, patient="P2")]
    found = select([*known, *(case(number) for number in range(100, 200))])
    assert found.splits["2.25.030"] == "train"
    assert found.splits["2.25.031"] == "tuning"
    dealt = [found.splits[f"2.25.{number}"] for number in range(100, 200)]
    counts = [dealt.count(part) for part in ("train", "tuning", "internal_test")]
    assert counts == [50, 20, 30]
    assert found.locked_from == ()


@pytest.mark.parametrize(("released", "reason"), [
    (True, "patient in a locked test of DSV-0001 and in the training of DSV-0002"),
    (False, "kept: locked test of DSV-0001"),
])  # fmt: skip
def test_a_test_that_a_released_version_has_learnt_from_is_none(
    released: bool, reason: str
) -> None:
    other = frozen("DSV-0002", {3: "train"}, released=released)
    assert select([case(3)], other).reasons["2.25.003"] == reason


def test_what_a_failed_attempt_has_locked_stays_locked() -> None:
    failed = frozen("DSV-0002", {40: "internal_test", 41: "train"}, released=False)
    found = select([case(40), case(41), case(42, patient="P40")], failed)
    assert found.splits["2.25.040"] == "internal_test"
    assert found.reasons["2.25.042"] == "patient in a locked test of DSV-0002"
    assert found.new == {"2.25.041"}, "what it learnt from is as new as it was"
    assert found.locked_from == ("DSV-0002",)
