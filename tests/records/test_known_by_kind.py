"""What is known of each study by every way: versions, withdrawals, and who had what before them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from records.cases import Prediction, ReferenceStandard, Study
from records.known_by_kind import (
    NAMED,
    NO_OUTPUT,
    NO_REPORT,
    NOT_NAMED,
    Drawn,
    KnownStudy,
    known_studies,
)
from records.product import ModelVersion
from records.reports import RadiologyReport
from records.store import Store
from tests.monitoring.test_worklist import add_device, definition

DAY = date(2026, 1, 5)


@pytest.fixture
def device(store: Store, now: datetime) -> Store:
    add_device(store, now, content=definition().model_dump(mode="json"))
    return store


def add(store: Store, now: datetime, *rows: Any) -> None:
    with store.transaction("setup", now=now) as tx:
        for one in rows:
            tx.add(one)
            tx.flush()


def study(number: int, now: datetime, *, returned: bool = True, purpose: str = "clinical"
) -> tuple[Study, Prediction]:  # fmt: skip
    return Study(
        study_uid=f"2.25.{number}", patient=f"P{number}", site_id=1, purpose=purpose,
        arrived_on=DAY + timedelta(days=number), received_at=now, rows=8, columns=8,
    ), Prediction(
        study_id=number, model_version_id=1, score=0.7, decision=True, out_of_distribution=0.0,
        returned_to_care=returned, predicted_at=now, deployment_id=1,
    )


def truth(number: int, present: bool, kind: str, now: datetime, **more: Any) -> ReferenceStandard:
    return ReferenceStandard(**{
        "study_id": number, "finding": "pneumonia", "present": present, "source": kind,
        "kind": kind, "known_on": DAY, "received_at": now,
    } | more)  # fmt: skip


def report(number: int, said: Any, now: datetime, **more: Any) -> RadiologyReport:
    return RadiologyReport(**{
        "study_id": number, "report_key": "k", "origin": "ORU", "status": "final",
        "text_digest": "0", "source_digest": f"{number} {more}", "rules": "r", "rules_digest": "0",
        "findings": {"pneumonia": said}, "reported_on": DAY, "received_at": now,
    } | more)  # fmt: skip


def known(store: Store, **asked: Any) -> list[KnownStudy]:
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
        return known_studies(reader, version, finding="pneumonia", **asked)


def test_the_strongest_final_newest_version_counts_and_report_text_stands_apart(
    device: Store, now: datetime
) -> None:
    add(device, now, *study(1, now), *study(2, now, returned=False), *study(3, now),
        *study(4, now, purpose="development"))  # fmt: skip
    add(
        device, now, truth(1, False, "follow-up", now),
        truth(1, True, "histology", now, known_on=DAY + timedelta(days=9)),
        truth(1, False, "report text", now), truth(2, True, "follow-up", now),
        truth(2, True, "follow-up", now, version=2, state="withdrawn"),
        truth(3, True, "follow-up", now), truth(3, False, "follow-up", now, version=2),
        truth(3, True, "consensus", now, source="adjudication"),
    )  # fmt: skip
    one, two, three = known(device)
    assert (one.verified, one.report, one.returned) == (True, False, "flagged")
    assert (two.verified, two.report, two.returned) == (None, None, NO_OUTPUT)
    assert (three.verified, three.adjudicated) == (False, None)
    assert known(device, known_until=DAY)[0].verified is False
    assert [one.study_id for one in known(device, since=DAY + timedelta(days=2),
                                          until=DAY + timedelta(days=2))] == [2]  # fmt: skip


def test_what_a_report_says_is_that_of_its_newest_version(device: Store, now: datetime) -> None:
    for number in range(1, 6):
        add(device, now, *study(number, now))
    add(
        device, now, report(1, {"said": "present"}, now), report(2, "uncertain", now),
        report(3, {"said": "present"}, now),
        report(3, {"said": "absent"}, now, version=2, status="corrected"),
        report(4, {"said": "present"}, now),
        report(4, {"said": "present"}, now, version=2, status="cancelled"),
    )  # fmt: skip
    found = [one.reported for one in known(device)]
    assert found == [NAMED, NAMED, NOT_NAMED, NO_REPORT, NO_REPORT]


def test_the_drawn_bring_their_stratum_and_chance(device: Store, now: datetime) -> None:
    add(device, now, *study(1, now), *study(2, now), *study(3, now))
    drawn = {1: Drawn("flagged", 0.5, True), 2: Drawn("flagged", 0.5, None)}
    found = [(one.adjudicated, one.stratum, one.probability) for one in known(device, drawn=drawn)]
    assert found == [(True, "flagged", 0.5), (None, "flagged", 0.5), (None, "", None)]
