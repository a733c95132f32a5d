"""Of several truths the strongest stands, as known by a day, whatever the order of arrival."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from records.batches import add_batch
from records.cases import ReferenceStandard, Study
from records.errors import InvalidInput
from records.product import Site
from records.reference_kinds import (
    DEFAULT_RULE,
    FINAL,
    KINDS,
    REPORT_TEXT,
    STATES,
    ReferenceRules,
    TruthRule,
    read_kind,
    rule_declared,
)
from records.store import Store
from records.truth import first_known_on, truth_of_study, truths_changed_on

START = date(2026, 1, 5)
DAYS = [START + timedelta(days=number) for number in range(-1, 9)]
DECLARED = TruthRule(("consensus", "histology", "single reader"), declared=True)


@dataclass(frozen=True)
class Said:
    """One version of what one source says, by the day on which it became known."""

    source: str
    version: int
    kind: str
    state: str
    present: bool
    known_on: date


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    """What up to three sources say of a study, each in up to three versions, in days that rise."""
    said = []
    for source in ("alpha", "beta", "gamma")[: draw(st.integers(1, 3))]:
        kind = draw(st.sampled_from(KINDS))
        days = sorted(draw(st.lists(st.integers(0, 7), min_size=1, max_size=3)))
        said += [
            Said(source, number + 1, kind, draw(st.sampled_from(STATES)), draw(st.booleans()),
                 START + timedelta(days=day))
            for number, day in enumerate(days)
        ]  # fmt: skip
    return said


def told(history: Sequence[Said], day: date, rule: TruthRule) -> bool | None:
    """The rule in plain words of Python, the oracle of the query."""
    known = [one for one in history if one.known_on <= day]
    standing = []
    for source in {one.source for one in known}:
        newest = max((one for one in known if one.source == source), key=lambda one: one.version)
        if newest.state == FINAL and newest.kind in rule.order:
            since = min(one.known_on for one in known if one.source == source)
            standing.append((rule.order.index(newest.kind), since, source, newest.present))
    return min(standing)[3] if standing else None


def add_studies(tx: Session, now: datetime, count: int) -> list[int]:
    if tx.get(Site, 1) is None:
        tx.add(Site(name="north", registered_at=now))
        tx.flush()
    last = len(tx.exec(select(Study.id)).all())
    return add_batch(tx, Study, [
        {"study_uid": f"2.25.{last + number}", "patient": "P", "site_id": 1, "rows": 8,
         "purpose": "clinical", "arrived_on": START, "received_at": now, "columns": 8}
        for number in range(count)
    ])  # fmt: skip


def add_truths(tx: Session, study: int, history: Sequence[Said], now: datetime) -> None:
    add_batch(tx, ReferenceStandard, [
        vars(one) | {"study_id": study, "finding": "f", "received_at": now} for one in history
    ])  # fmt: skip


def truths(session: Session, day: date, rule: TruthRule) -> dict[int, bool]:
    query = select(Study.id, ReferenceStandard.present).join(
        ReferenceStandard, truth_of_study(rule, by=day)
    )
    return {int(study or 0): present for study, present in session.exec(query)}


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_the_order_of_arrival_the_truth_known_by_a_day_is_the_same(
    store: Store, now: datetime, data: st.DataObject
) -> None:
    given_of = data.draw(st.lists(histories(), min_size=1, max_size=12))
    with store.transaction("setup", now=now) as tx:
        ids = add_studies(tx, now, 2 * len(given_of))
        for number, history in enumerate(given_of):
            add_truths(tx, ids[2 * number], history, now)
            add_truths(tx, ids[2 * number + 1], data.draw(st.permutations(history)), now)
    with store.reader() as reader:
        for rule in (DEFAULT_RULE, DECLARED):
            for day in DAYS:
                found = truths(reader, day, rule)
                for number, history in enumerate(given_of):
                    expected = told(history, day, rule)
                    assert found.get(ids[2 * number]) is expected
                    assert found.get(ids[2 * number + 1]) is expected


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs=st.lists(st.tuples(histories(), histories()), min_size=1, max_size=8))
def test_what_becomes_known_later_changes_nothing_of_what_was_known_before(
    store: Store, now: datetime, pairs: list[tuple[list[Said], list[Said]]]
) -> None:
    with store.transaction("setup", now=now) as tx:
        ids = add_studies(tx, now, len(pairs))
        for study, (history, _) in zip(ids, pairs, strict=True):
            add_truths(tx, study, history, now)
    before = _as_known(store)
    with store.transaction("setup", now=now) as tx:
        for study, (history, later) in zip(ids, pairs, strict=True):
            last = {one.source: one.version for one in history}
            add_truths(tx, study, [
                replace(one, version=one.version + last.get(one.source, 0),
                        known_on=one.known_on + (DAYS[-1] - START))
                for one in later
            ], now)  # fmt: skip
    assert _as_known(store) == before


def _as_known(store: Store) -> list[Any]:
    """Before the last day: what is true of each study, and since when each is counted."""
    with store.reader() as reader:
        return [
            (truths(reader, day, DEFAULT_RULE),
             reader.exec(select(Study.id, first_known_on(by=day))).all())
            for day in DAYS[:-1]
        ]  # fmt: skip


def _first(session: Session, study: int, day: date) -> date | None:
    query = select(first_known_on(by=day)).select_from(Study).where(col(Study.id) == study)
    found: date | None = session.exec(query).one()
    return found


def said(source: str, kind: str, present: bool, day: int, **other: Any) -> Said:
    return Said(source, other.get("version", 1), kind, other.get("state", FINAL), present,
                START + timedelta(days=day))  # fmt: skip


@pytest.mark.parametrize(
    ("history", "days", "expected"),
    [
        ([said("panel", "consensus", False, 1), said("lab", "histology", True, 4)],
         (0, 1, 3, 4), (None, False, False, True)),
        ([said("notes", REPORT_TEXT, True, 1), said("R1", "single reader", False, 3)],
         (1, 3), (None, False)),
        ([said("lab", "histology", True, 1), said("lab", "histology", True, 3, version=2,
                                                  state="withdrawn")], (2, 3), (True, None)),
        ([said("lab", "histology", True, 1, state="preliminary"),
          said("lab", "histology", False, 5, version=2)], (4, 5), (None, False)),
        ([said("R1", "single reader", True, 1), said("both", "adjudication", False, 2)],
         (1, 2), (True, False)),
        ([said("old list", "", True, 1), said("R1", "single reader", False, 2)],
         (1, 2), (True, False)),
    ],
)  # fmt: skip
def test_the_strongest_stands_from_the_day_on_which_it_is_known(
    store: Store, now: datetime, history: list[Said], days: tuple[int, ...],
    expected: tuple[bool | None, ...],
) -> None:  # fmt: skip
    with store.transaction("setup", now=now) as tx:
        (study,) = add_studies(tx, now, 1)
        add_truths(tx, study, history, now)
    with store.reader() as reader:
        for day, what in zip(days, expected, strict=True):
            found = truths(reader, START + timedelta(days=day), DEFAULT_RULE)
            assert found.get(study) is what, day


def test_a_study_enters_once_and_a_stronger_answer_that_differs_is_a_correction(
    store: Store, now: datetime
) -> None:
    with store.transaction("setup", now=now) as tx:
        same, other, gone = add_studies(tx, now, 3)
        for study, answer in ((same, False), (other, True)):
            add_truths(tx, study, [said("panel", "consensus", False, 1),
                                   said("lab", "histology", answer, 4)], now)  # fmt: skip
        add_truths(tx, gone, [said("panel", "consensus", True, 1), said(
            "panel", "consensus", True, 4, version=2, state="withdrawn")], now)  # fmt: skip
    with store.reader() as reader:
        for study in (same, other):
            assert _first(reader, study, START + timedelta(days=5)) == START + timedelta(days=1)
        changed = truths_changed_on(reader, START + timedelta(days=4))
        assert [(one.study_id, one.before, one.after) for one in changed] == [
            (other, "f absent", "f present"), (gone, "f present", "no truth")
        ]  # fmt: skip
        assert truths_changed_on(reader, START + timedelta(days=1)) == []


def test_a_device_declares_its_order_and_may_not_let_reports_count() -> None:
    rules = ReferenceRules(order=["Consensus", "histology", "not stated"])
    rule = rule_declared({"task": {"reference_standard": rules.model_dump()}})
    assert rule.order == ("consensus", "histology", "")
    assert rule.weak == ("follow-up", "adjudication", "single reader", REPORT_TEXT)
    assert "as the device declares: consensus, histology, not stated" in rule.words
    with pytest.raises(ValueError, match="report text is never"):
        ReferenceRules(order=["histology", "report"])
    with pytest.raises(ValueError, match="may stand once"):
        ReferenceRules(order=["histology", "pathology"])
    with pytest.raises(InvalidInput, match=r"no kind of reference standard.*follow-up"):
        read_kind("rumour")
