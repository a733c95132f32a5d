"""The list for the learning meeting: who disagrees, in the month in which it became known."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from sqlmodel import select

from journeys.discordance import (
    DEVICE_ONLY,
    FALSE_ALARM,
    MISSED,
    REPORT_ONLY,
    DiscordanceList,
    discordance_list,
    month_of,
)  # fmt: skip
from records.adjudication import AdjudicationCase
from records.batches import add_batch
from records.cases import Prediction, ReferenceStandard
from records.errors import InvalidInput, NotFound
from records.reports import RadiologyReport
from records.store import Store
from tests.adjudicated_workspace import populate_read
from tests.dashboards.small_workspace import SITES, TODAY
from tests.monitoring.test_draw_adjudication import sampled

DEVICE = "chest-radiograph-pneumonia"
MARCH = date(2026, 3, 2)


def answers(store: Store) -> dict[int, bool]:
    with store.reader() as reader:
        return dict(reader.exec(select(Prediction.study_id, Prediction.decision)).all())


def tell(
    store: Store, truths: Mapping[int, bool], *, known_on: date = MARCH, version: int = 1
) -> None:
    with store.transaction("service:test", "truth", now=TODAY) as tx:
        add_batch(tx, ReferenceStandard, [
            {"study_id": number, "finding": "pneumonia", "present": present, "source": "ct",
             "reader": "a", "kind": "consensus", "known_on": known_on, "received_at": TODAY,
             "version": version}
            for number, present in truths.items()
        ])  # fmt: skip


def report(store: Store, study: int, said: str) -> None:
    with store.transaction("service:test", "report", now=TODAY) as tx:
        tx.add(RadiologyReport(
            study_id=study, report_key=f"R{study}", origin="hl7", status="final",
            text_digest="a" * 64, source_digest=f"{study:064x}", rules="r", rules_digest="b" * 64,
            findings={"pneumonia": {"said": said}}, reader="R01", reported_on=MARCH,
            received_at=TODAY,
        ))  # fmt: skip


def listed(store: Store, month: str = "2026-03", site: str = "") -> DiscordanceList:
    with store.reader() as reader:
        return discordance_list(reader, DEVICE, month, site=site)


def test_who_disagrees_with_the_reference_standard_is_listed_misses_first(store: Store) -> None:
    populate_read(store, studies=40)
    said = answers(store)
    tell(store, {number: number % 4 == 0 for number in said})
    found = listed(store)
    assert [one.study_id for one in found.cases if one.kind == MISSED] == sorted(
        (one for one, flagged in said.items() if one % 4 == 0 and not flagged),
        key=lambda one: (SITES[(one - 1) % 2], one),
    )  # fmt: skip
    assert found.counts[FALSE_ALARM] == sum(flagged for one, flagged in said.items() if one % 4)
    assert [one.kind for one in found.cases] == sorted(
        (one.kind for one in found.cases), key=[MISSED, FALSE_ALARM].index
    )
    assert {one.reference for one in found.cases} <= {"present (consensus)", "absent (consensus)"}
    assert {one.site for one in listed(store, site=SITES[0]).cases} == {SITES[0]}
    assert listed(store, "2026-02").cases == ()
    with pytest.raises(NotFound, match="nowhere"):
        listed(store, site="nowhere")
    assert "patient" not in str(found.cases[0].to_dict())


def test_what_says_the_same_again_is_no_news_and_what_was_corrected_is_listed_no_more(
    store: Store,
) -> None:
    populate_read(store, studies=40)
    said = answers(store)
    tell(store, {number: not flagged for number, flagged in said.items()})
    first = listed(store).cases
    again, corrected, *_ = [one.study_id for one in first]
    april = date(2026, 4, 2)
    tell(store, {again: not said[again]}, known_on=april, version=2)
    assert listed(store).cases == first
    assert listed(store, "2026-04").cases == ()
    tell(store, {corrected: said[corrected]}, known_on=april, version=2)
    assert {one.study_id for one in first} - {one.study_id for one in listed(store).cases} == {
        corrected
    }  # fmt: skip
    assert listed(store, "2026-04").cases == ()


def test_a_report_that_says_otherwise_is_listed_until_the_truth_is_known(store: Store) -> None:
    populate_read(store, studies=40)
    said = answers(store)
    flagged, spared = (next(one for one, is_it in said.items() if is_it is how)
                       for how in (True, False))  # fmt: skip
    report(store, flagged, "absent")
    report(store, spared, "present")
    assert {one.study_id: one.kind for one in listed(store).cases} == {
        flagged: DEVICE_ONLY, spared: REPORT_ONLY,
    }  # fmt: skip
    tell(store, {flagged: True, spared: True})
    (one,) = listed(store).cases
    assert (one.study_id, one.kind, one.report) == (spared, MISSED, "present")


def test_what_blinded_readers_are_to_read_is_left_out_and_counted(store: Store) -> None:
    populate_read(store, studies=120)
    said = answers(store)
    sampled(store)
    with store.reader() as reader:
        waiting = set(reader.exec(select(AdjudicationCase.study_id)))
    tell(store, {number: not flagged for number, flagged in said.items()})
    found = listed(store)
    assert waiting and found.withheld == len(waiting)
    assert waiting.isdisjoint(one.study_id for one in found.cases)
    assert len(found.cases) == len(said) - len(waiting)


def test_a_month_is_whole_and_anything_else_refused() -> None:
    assert month_of("2026-12") == (date(2026, 12, 1), date(2027, 1, 1) - timedelta(days=1))
    with pytest.raises(InvalidInput, match="no month"):
        month_of("March")
