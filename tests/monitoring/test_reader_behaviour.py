"""What readers make of the output is told with n and interval, by site, reader and month."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.answer_results import link_to_study
from monitoring.clinical_readings import readings_on_record
from monitoring.reader_behaviour import (
    IN_WORDS,
    NOT_ANSWERED,
    OUTCOMES,
    Met,
    behaviour_by,
    behaviour_of,
    results_met,
)
from records.cases import Prediction, ReferenceStandard, Study
from records.lookup import list_records
from records.product import ModelVersion
from records.quality import Signature
from records.queries import prediction_rows
from records.reader_answers import ACCEPTED, CHANGED, REJECTED, Answer, overruled_on, record_answers
from records.reader_link_acts import LinkAnswer, answer_link
from records.store import Store
from records.truth import truths_on_record
from tests.journeys.returning import NOW, SITE, in_care
from tests.regulatory.gathering.small_store import DEVICE

DAY = date(2026, 2, 14)


def met(response: str, *, truth: bool | None = None, reader: str = "R1", month: int = 2) -> Met:
    said = None if response == NOT_ANSWERED else response == ACCEPTED
    return Met(SITE, reader, date(2026, month, 1), response, said, True, truth)


def test_shares_have_the_counts_that_they_are_of() -> None:
    some = [met(ACCEPTED)] * 6 + [met(CHANGED)] * 2 + [met(REJECTED)] + [met(NOT_ANSWERED)] * 3
    found = behaviour_of([*some, met("")])
    assert [(found.of(one).numerator, found.of(one).n) for one in (
        "accepted", "changed", "rejected", "not_answered", "override_rate", "agreement_with_device"
    )] == [(6, 12), (2, 12), (1, 12), (3, 12), (3, 9), (6, 10)]  # fmt: skip
    assert "no result of that kind" in behaviour_of([]).of("accepted").reason
    parts = behaviour_by([met(ACCEPTED), met(CHANGED, reader="R2", month=3)], "reader")
    assert [(one.name, one.of("override_rate").value) for one in parts] == [("R1", 0), ("R2", 1)]
    assert [one.name for one in behaviour_by([met(ACCEPTED), met(CHANGED, month=3)], "month")] == [
        "2026-02", "2026-03"
    ]  # fmt: skip


def test_readers_who_follow_wrong_outputs_show() -> None:
    led = [met(ACCEPTED, truth=True)] * 40 + [met(ACCEPTED, truth=False)] * 20
    own = [met(ACCEPTED, truth=True)] * 40 + [met(CHANGED, truth=False)] * 20
    for some, wrong, apart in ((led, 1.0, 0.0), (own, 0.0, 1.0)):
        found = behaviour_of(some)
        assert found.of("accepted_where_wrong").value == wrong
        assert found.of("accepted_right_minus_wrong").value == apart
        assert found.of("accepted_right_minus_wrong").n == 60
    assert not behaviour_of([met(ACCEPTED, truth=True)]).of("accepted_where_wrong").estimable


@given(st.lists(st.tuples(st.sampled_from([*OUTCOMES, ""]), st.sampled_from([None, True, False]))))
def test_the_outcomes_are_all_there_are(drawn: list[tuple[str, bool | None]]) -> None:
    found = behaviour_of([met(response, truth=truth) for response, truth in drawn])
    shares = [found.of(one.replace(" ", "_")) for one in OUTCOMES]
    assert len({one.n for one in shares}) == 1
    assert {one.measure for one in found.estimates} == set(IN_WORDS)
    if shares[0].estimable:
        assert sum(one.value or 0.0 for one in shares) == pytest.approx(1.0)
    for one in found.estimates:
        if one.value is not None and one.low is not None and one.high is not None:
            assert one.low <= one.value <= one.high


def test_an_answer_by_link_is_watched_and_is_neither_truth_nor_reading_nor_signature(
    store: Store, tmp_path: Path
) -> None:
    in_care(store, tmp_path / "in", studies=3)
    with store.transaction("service:readers", "answers", now=NOW) as tx:
        tokens = [
            link_to_study(tx, study, reader, by="service:results", now=NOW, days=1)[1]
            for study, reader in zip(list_records(tx, Study), ("R07", "R07", "R08"), strict=True)
        ]
        answer_link(tx, tokens[0], LinkAnswer("changed", "absent"), now=NOW)
        record_answers(tx, [Answer(2, "R09", "pneumonia", True, saw_output=True, assessed_on=DAY,
                                   response=ACCEPTED, prediction=2, origin="SR")], now=NOW)
        tx.add(ReferenceStandard(study_id=1, finding="pneumonia", present=False, source="consensus",
                                 reader="a+b", known_on=DAY, received_at=NOW))  # fmt: skip
    later = NOW + timedelta(days=1)
    with store.reader() as reader:
        (version,) = list_records(reader, ModelVersion)
        found = results_met(reader, DEVICE, now=later)
        assert [one.response for one in results_met(reader, DEVICE, now=NOW)] == [
            "changed", "accepted"
        ]  # fmt: skip
        assert overruled_on(reader, version, DAY) == {SITE: [1, 0]}
        assert overruled_on(reader, version, DAY + timedelta(days=1)) == {}
        # what is truth, and who stands beside the device, know nothing of it
        assert [one.present for one in truths_on_record(reader).values()] == [False]
        rows = prediction_rows(reader, version)
        assert [one["truth"] for one in rows] == [False, None, None]
        uids = [one.study_uid for one in list_records(reader, Study)]
        beside = readings_on_record(reader, uids, "pneumonia")
        assert [(one.reader, one.aided) for one in beside] == [("R09", True)]
        assert list_records(reader, Signature) == []
        assert len(list_records(reader, Prediction)) == 3
    told = {(one.reader, one.response): one.truth for one in found}
    assert told == {("R07", "changed"): False, ("R07", NOT_ANSWERED): None,
                    ("R08", NOT_ANSWERED): None, ("R09", ACCEPTED): None}  # fmt: skip
