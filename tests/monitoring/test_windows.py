"""Reference and current studies are chosen the same way every time."""

from __future__ import annotations

from datetime import date

import pytest

from monitoring.plan import ReferenceRule
from monitoring.windows import StudyColumns, choose_day, choose_reference, choose_truth

RULE = ReferenceRule(("internal_test", "tuning"), minimum_n=20, maximum_n=30)


def studies(held_out: int, operation: int, *, per_patient: int = 1) -> StudyColumns:
    n = held_out + operation
    return StudyColumns(
        study_uid=[f"2.25.{1000 + i}" for i in range(n)],
        patient=[f"P{i // per_patient}" for i in range(n)],
        site=["North"] * n,
        split=["internal_test"] * held_out + [""] * operation,
    )


def test_the_reference_is_held_out_studies_of_the_site_at_most_so_many() -> None:
    found = choose_reference(studies(60, 40), RULE, site="North", seed=1)
    assert found.n == 30
    assert found.rows.max() < 60
    assert found.source == "held out"


@pytest.mark.requirement("REG-062")
def test_the_same_facts_give_the_same_reference_in_any_order() -> None:
    first = choose_reference(studies(60, 0), RULE, site="North", seed=1)
    columns = studies(60, 0)
    names = StudyColumns.__slots__
    turned = StudyColumns(*(list(reversed(getattr(columns, name))) for name in names))
    assert choose_reference(turned, RULE, site="North", seed=1).digest == first.digest
    assert choose_reference(columns, RULE, site="North", seed=2).digest != first.digest


def test_one_study_a_patient_is_kept() -> None:
    found = choose_reference(studies(60, 0, per_patient=2), RULE, site="North", seed=1)
    assert found.n == 30
    assert (found.rows % 2 == 0).all()


def test_a_new_site_is_its_own_reference_once_enough_studies_are_there() -> None:
    early = choose_reference(studies(3, 10), RULE, site="North", seed=1)
    assert early.n == 0
    assert "3 held-out studies and 10 from operation; 20" in early.reason
    later = choose_reference(studies(3, 25), RULE, site="North", seed=1)
    assert later.source == "first operation"
    assert later.rows.tolist() == list(range(3, 23))


def test_training_studies_and_other_sites_are_never_the_reference() -> None:
    columns = studies(40, 0)
    trained = StudyColumns(columns.study_uid, columns.patient, columns.site, ["train"] * 40)
    assert choose_reference(trained, RULE, site="North", seed=1).n == 0
    assert choose_reference(columns, RULE, site="South", seed=1).n == 0


def test_a_day_of_a_site_holds_its_studies_only() -> None:
    first, second = date(2026, 1, 5), date(2026, 1, 6)
    rows = choose_day(["N", "S", "N"], [first, first, second], site="N", day=first)
    assert rows.tolist() == [0]


@pytest.mark.requirement("REG-066")
def test_truth_counts_when_it_arrives_and_not_when_it_is_too_late() -> None:
    day = date(2026, 3, 1)
    done = [date(2026, 2, 20), date(2026, 2, 20), date(2025, 2, 20)]
    rows, late = choose_truth(done, [day, None, day], day=day, maximum_delay_days=30)
    assert rows.tolist() == [0]
    assert late == 1
