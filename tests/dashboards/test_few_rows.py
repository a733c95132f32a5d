"""Pages read what stands counted: how many studies were read does not change what a page reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import event, insert
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from journeys.count_days import count_all_days, count_days
from records.cases import Instance, Prediction, ReferenceStandard, Study
from records.product import Deployment
from records.store import Store
from tests.dashboards.conftest import Visit, go_to
from tests.dashboards.small_workspace import FIRST, TODAY

DEVICE = "chest-radiograph-pneumonia"
DAYS = 20
# A page, and the tab of it that is opened.
READ = (
    ("overview", ""), ("drift-and-alerts", "Status and alerts"),
    ("drift-and-alerts", "Radiologists' reports"), ("performance", "Over time"),
    ("performance", "Other thresholds"), ("data-quality", "Quarantine"),
    ("data-quality", "Acceptance checks"), ("data-quality", "Truth"),
    ("incidents", ""), ("reference-standards", ""), ("readers", ""), ("rollouts", ""),
    ("here", ""),
    ("audit-trail", ""),
)  # fmt: skip
TABS = {"drift-and-alerts": "drift-tabs", "performance": "performance-tabs",
        "data-quality": "quality-tabs"}  # fmt: skip
ALLOWED = 20
"""Hundreds of steps of SQLite's machine by which two looks at one page may differ."""


def read_more(store: Store, daily: int, name: str) -> None:
    """So many studies a day with image, reading and truth, at the site of the first deployment."""
    with store.transaction("service:test", "studies", now=TODAY) as tx:
        (deployment, *_) = tx.exec(select(Deployment)).all()
        last = len(tx.exec(select(Study.id)).all())
        rows: dict[Any, list[dict[str, Any]]] = {}
        for at in range(daily * DAYS):
            day = FIRST + timedelta(days=at % DAYS)
            for table, row in _study(last + at + 1, day, deployment, name).items():
                rows.setdefault(table, []).append(row)
        for table, content in rows.items():
            tx.connection().execute(insert(table), content)


def _study(number: int, day: date, ran: Deployment, name: str) -> dict[Any, dict[str, Any]]:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    of = {"study_id": number}
    quality = dict.fromkeys(
        ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
    )
    return {
        Study: {"id": number, "study_uid": f"2.25.{name}.{number}", "patient": f"{name}{number}",
                "site_id": ran.site_id, "purpose": "clinical", "arrived_on": day,
                "received_at": at, "modality": "DX", "body_part": "CHEST", "view": "PA",
                "sex": "F", "manufacturer": "M", "model_name": "N", "software_version": "1",
                "rows": 160, "columns": 160, "invalid_tags": [], "assigned": []},
        Instance: {**of, "instance_uid": f"2.25.9.{number}", "digest": f"{number}",
                   "source_digest": f"{number}", "deidentification": {}, "flags": [], **quality},
        Prediction: {**of, "model_version_id": ran.model_version_id, "deployment_id": ran.id,
                     "score": 0.4, "decision": number % 2 == 0, "returned_to_care": True,
                     "predicted_at": at, "outputs": {}},
        ReferenceStandard: {**of, "finding": "pneumonia", "present": number % 3 == 0,
                            "source": "consensus", "reader": "a", "kind": "consensus",
                            "known_on": day + timedelta(days=2), "received_at": at},
    }  # fmt: skip


@contextmanager
def steps_counted(store: Store) -> Iterator[list[int]]:
    """Hundreds of steps that SQLite's machine does meanwhile, for whoever reads these records."""
    from dashboards import shell

    done = [0]

    def another() -> int:
        done[0] += 1
        return 0

    engine = shell.store_of(str(store.workspace.home)).engine

    def count(connection: Any, *_rest: object) -> None:
        connection.set_progress_handler(another, 100)

    event.listen(engine, "checkout", count)
    yield done
    event.remove(engine, "checkout", count)


def steps_of_pages(app: AppTest, store: Store) -> dict[tuple[str, str], int]:
    """What each page reads, when it is looked at again."""
    found = {}
    with steps_counted(store) as done:
        for page, tab in READ:
            if tab:
                app.session_state[TABS[page]] = tab
            go_to(app, page)
            done[0] = 0
            app.run()
            assert not app.exception, page
            found[page, tab] = done[0]
    return found


def test_no_page_reads_more_where_ten_times_as_many_studies_were_read(
    visit: Visit, records: Store
) -> None:
    read_more(records, 10, "few")
    count_days(records, DEVICE, actor="service:test", now=TODAY)
    app = visit("demo.quality")
    few = steps_of_pages(app, records)
    read_more(records, 90, "many")
    count_days(records, DEVICE, actor="service:test", now=TODAY)
    many = steps_of_pages(app, records)
    assert sum(few.values()) > len(READ), "nothing was counted"
    more = {page: (few[page], n) for page, n in many.items() if n > few[page] + ALLOWED}
    assert not more


def test_what_stands_counted_is_what_the_records_say_also_where_more_came_late(
    records: Store,
) -> None:
    from records.image_flags import flag_counts
    from records.queries import find_device
    from records.reading_counts import day_readings
    from regulatory.gathering.truth_states import truth_by_week, truth_facts

    daily = 3

    def told() -> tuple[Any, ...]:
        with records.reader() as reader:
            return (
                truth_facts(reader, find_device(reader, DEVICE), by=TODAY.date()),
                truth_by_week(reader, find_device(reader, DEVICE), by=TODAY.date(),
                              period=(FIRST, TODAY.date())),
                sorted(day_readings(reader, DEVICE), key=lambda one: (one.site_id, one.day)),
                flag_counts(reader),
            )

    read_more(records, daily, "first")
    from_rows = told()
    assert count_days(records, DEVICE, actor="service:test", now=TODAY).counted > DAYS
    assert told() == from_rows
    read_more(records, daily, "late")
    half = told()  # counted, and the days that changed from their rows
    count_days(records, DEVICE, actor="service:test", now=TODAY)
    assert told() == half
    assert half[0].sites[0].studies == 2 * daily * DAYS
    anew = count_all_days(records, DEVICE, actor="service:test", now=TODAY)
    assert anew.stood_otherwise == 0


def test_a_count_that_was_altered_is_found_and_mended(records: Store) -> None:
    from sqlalchemy import text

    read_more(records, 2, "one")
    count_days(records, DEVICE, actor="service:test", now=TODAY)
    with records.engine.begin() as connection:
        connection.execute(text("UPDATE day_count SET counts = '{}' WHERE day = '2026-02-07'"))
    found = count_all_days(records, DEVICE, actor="service:test", now=TODAY)
    assert found.stood_otherwise == 4
    again = count_all_days(records, DEVICE, actor="service:test", now=TODAY)
    assert again.stood_otherwise == 0
