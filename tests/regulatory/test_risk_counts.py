"""Complaints and incidents as sources of the risk review; what no item names is a new hazard."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from records.complaints import Complaint, ComplaintLink
from records.event_terms import coded_as
from records.incidents import Incident
from records.people import find_actor
from records.risk import RiskFile, RiskItem, RiskReview
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.new_hazards import owed_new_hazards
from regulatory.risk_counts import counting_complaints
from regulatory.risk_file import as_records, find_risk_file, read_risk_file
from regulatory.risk_review import review_risks
from tests.dashboards.small_workspace import TODAY, populate

NAME = "chest-radiograph-pneumonia"
DAY = TODAY.date()


def complaint(tx: Session, *categories: str, **other: Any) -> Complaint:
    made = Complaint(**{
        "device_id": 1, "words": "x", "channel": "letter", "received_by": "ada",
        "received_at": TODAY, "recorded_by": "ada", "recorded_at": TODAY, "status": "open",
        "codes": coded_as(categories),
    } | other)  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def in_force(tx: Session, *, without: str = "") -> None:
    """The shipped risk file in force; without: an item is left out of it."""
    content, digest, items = as_records(read_risk_file(find_risk_file(NAME)))
    file = RiskFile(device_id=1, device_name=NAME, version=1, content=content,
                    content_digest=digest, recorded_by="ada", recorded_at=TODAY)  # fmt: skip
    tx.add(file)
    tx.flush()
    for one in items:
        one.risk_file_id = file.id or 0
    tx.add_all([one for one in items if one.code != without])
    file.status = "in force"
    tx.flush()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    yield opened
    opened.close()


@pytest.fixture
def tx(store: Store) -> Iterator[Session]:
    """A transaction of which nothing stays."""
    with pytest.raises(ZeroDivisionError), store.transaction("x", "try", now=TODAY) as tx:
        yield tx
        raise ZeroDivisionError


def reviewed(tx: Session) -> RiskReview:
    return review_risks(tx, NAME, DAY, DAY, conclusion="stands", now=TODAY + timedelta(days=1),
                        by=find_actor(tx, "demo.engineer"))  # fmt: skip


def beside(made: RiskReview, code: str) -> dict[str, int]:
    (row,) = [one for one in made.rows if one["code"] == code]
    return {one["source"]: one["events"] for one in row["beside"]}


@pytest.mark.requirement("REG-100", "REG-101")
def test_complaints_and_incidents_are_counted_and_what_no_item_names_is_new(tx: Session) -> None:
    in_force(tx)
    none = reviewed(tx)
    assert "complaints" not in beside(none, "R-01"), "never taken in: no zero"
    first = complaint(tx, "finding missed", "data lost")
    again = complaint(tx, "finding missed")
    tx.add(ComplaintLink(complaint_id=first.id, other_id=again.id, kind="duplicate", grounds="x",
                         linked_by="ada", linked_at=TODAY))  # fmt: skip
    complaint(tx, "finding missed").status = "no complaint"
    complaint(tx, "crash or freeze", received_at=TODAY - timedelta(days=9))
    complaint(tx)
    tx.add(Incident(device_id=1, complaint_id=first.id, site="n", words="x", opened_by="ada",
                    codes=coded_as(["finding missed"]), opened_at=TODAY))  # fmt: skip
    tx.flush()
    made = reviewed(tx)
    assert beside(made, "R-01") == {"complaints": 1, "incidents": 1}
    assert beside(made, "R-08") == {"complaints": 0, "incidents": 0}
    new = [(one["source"], one["kind"], one["events"]) for one in made.new_hazards]
    assert ("complaints", "data lost", 1) in new
    assert not any("finding missed" in one or "not coded" in one for one in new)
    owed = owed_new_hazards(tx, TODAY)
    assert [(one.label, "'data lost' (complaints)" in one.what) for one in owed] == [
        (first.label, True)]  # fmt: skip


@pytest.mark.requirement("REG-101")
def test_a_rate_of_complaints_waits_until_all_are_coded_and_counts_an_event_once(
    tx: Session,
) -> None:
    in_force(tx, without="R-01")
    tx.add(RiskItem(
        risk_file_id=1, code="R-99", category="drift", hazard="h", sequence="s", situation="t",
        harm="m", severity=3, probability_before=0.1, probability_after=0.01, basis="b",
        controls=[], residual="low", estimate_in_use=0.01,
        observed=[{"source": "complaints", "of": ["finding missed", "data lost"]}],
    ))  # fmt: skip
    both, other = complaint(tx, "finding missed", "data lost"), complaint(tx)
    row = reviewed(tx).rows[-1]
    assert (row["verdict"], row["reason"]) == (
        "not estimable", "1 complaints of the period are not coded")  # fmt: skip
    other.codes = coded_as(["finding invented"])
    tx.flush()
    row = reviewed(tx).rows[-1]
    assert (row["events"], row["unit"], both.id) == (1, "studies read", 1)


def test_an_event_counts_by_another_where_the_earliest_was_no_complaint(tx: Session) -> None:
    one, other, third = (complaint(tx, "finding missed") for _ in range(3))
    one.status = "no complaint"
    for each in (one, third):
        tx.add(ComplaintLink(complaint_id=each.id, other_id=other.id, kind="duplicate", grounds="x",
                             linked_by="ada", linked_at=TODAY))  # fmt: skip
    tx.flush()
    assert list(tx.exec(counting_complaints(tx, NAME))) == [other]
