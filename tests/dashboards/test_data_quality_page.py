"""Data quality: refused files with what became of them, checks, and completeness."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from records.batches import add_batch
from records.cases import Prediction, Quarantine, Study
from records.keys import workspace_key
from records.lookup import find_events
from records.people import Role, register_person
from records.quarantine_overview import EXAMINED_AGAIN
from records.store import Store
from tests.dashboards.conftest import Visit, click_twice, text_of
from tests.dashboards.small_workspace import FIRST, PASSWORD, SITES, TODAY

LETTER = b"Dear colleague, the images follow."


@pytest.fixture
def refused(records: Store) -> Store:
    """QUA-0002: a letter that came instead of an image to the second site."""
    for name in ("pseudonym", "identity"):  # studies are of a workspace with its keys
        workspace_key(records, name)
    digest = hashlib.sha256(LETTER).hexdigest()
    (records.workspace.quarantine / digest).write_bytes(LETTER)
    with records.transaction("service:intake", "x", now=TODAY) as tx:
        tx.add(Quarantine(
            source_digest=digest, site_id=2, reason="not_dicom", size_bytes=len(LETTER),
            arrived_on=FIRST + timedelta(days=9), received_at=TODAY,
        ))  # fmt: skip
        add_batch(tx, Study, [
            {"study_uid": f"2.25.{n}", "patient": f"P{n}", "site_id": 1, "purpose": "clinical",
             "arrived_on": FIRST, "received_at": TODAY, "rows": 9, "columns": 9, "sex": "F"}
            for n in range(4)
        ])  # fmt: skip
        add_batch(tx, Prediction, [
            {"study_id": n, "model_version_id": 1, "deployment_id": 1, "score": 0.5,
             "decision": True, "out_of_distribution": 0.1, "returned_to_care": True,
             "predicted_at": TODAY}
            for n in range(1, 5)
        ])  # fmt: skip
    return records


def test_refused_files_are_filtered_by_reason_and_site(visit: Visit, refused: Store) -> None:
    app = visit("demo.quality", "data-quality")
    words = text_of(app)
    assert "QUA-0001" in words and "QUA-0002" in words and "not dicom" in words
    app.selectbox(key="quarantine-reason").set_value("not_dicom").run()
    words = text_of(app)
    assert "QUA-0002" in words and ">QUA-0001<" not in words
    assert not app.exception


def test_a_file_is_examined_again_once_and_the_outcome_is_on_record(
    visit: Visit, refused: Store
) -> None:
    app = visit("demo.quality", "data-quality")
    app.selectbox(key="quarantine-reason").set_value("not_dicom").run()
    app.text_input(key="resubmit-reason-0").set_value("the program reads more now")
    app = click_twice(app, "resubmit-submit-0")
    assert "refused again: not_dicom" in text_of(app)
    with refused.reader() as reader:
        (event,) = find_events(reader, action=EXAMINED_AGAIN)
    assert (event.actor, event.reason) == ("demo.quality", "the program reads more now")


def test_without_a_reason_or_a_right_nothing_is_examined(visit: Visit, refused: Store) -> None:
    app = visit("demo.quality", "data-quality")
    app.button(key="resubmit-submit-0").click().run()
    assert "say the reason" in text_of(app)
    with refused.transaction("setup", "setup", now=TODAY) as tx:
        register_person(tx, "demo.radiologist", full_name="Demo Radiologist",
                        roles=[Role.CLINICIAN], password=PASSWORD, now=TODAY)  # fmt: skip
    words = text_of(visit("demo.radiologist", "data-quality"))
    assert "Files are examined again by: administrator, engineer, quality" in words


TABS = {
    "Acceptance checks": ("Nothing was checked yet", "No image broke a check"),
    "Arrivals": ("Arrivals by day and site", "Truth received"),
    "Truth": ("0.000 (95 % CI 0.000 to 0.490, n = 4)", "fewer than 50 %", "By week of arrival",
              "2026-02-02 to 2026-02-08"),
    "Facts": (SITES[0], "Tube voltage (kV)", "1.000 (95 % CI 0.510 to 1.000, n = 4)"),
}  # fmt: skip


def test_every_tab_quotes_the_records(visit: Visit, refused: Store) -> None:
    app = visit("demo.quality", "data-quality")
    for tab, expected in TABS.items():
        app.session_state["quality-tabs"] = tab
        words = text_of(app.run())
        assert not app.exception, tab
        for one in expected:
            assert one in words, (tab, one)


def test_texts_from_records_are_escaped(visit: Visit, records: Store) -> None:
    with records.transaction("service:intake", "x", now=datetime.now(UTC)) as tx:
        tx.add(
            Quarantine(
                source_digest="f" * 64, site_id=1, reason="<script>alert(1)</script>",
                size_bytes=1, arrived_on=datetime.now(UTC).date(), received_at=datetime.now(UTC),
            )
        )
    words = text_of(visit("demo.quality", "data-quality"))
    assert "<script>alert" not in words
    assert "&lt;script&gt;" in words
