"""A day of surveillance reads the new day: no query of it goes through all that history holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from monitoring.plan import parse_plan
from monitoring.run import Running, prepare_day, record_day
from records.outlines import known_outlines
from records.product import ModelVersion
from records.queries import studies_awaiting_prediction
from records.report_answers import answers_of_day
from records.store import Store
from records.surveillance import MonitoringPlan
from records.vault import Vault
from tests.monitoring.test_raising import DAY, SITE, result
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.conftest import developed, judged, operated

__all__ = ["developed", "judged", "operated"]

GROWS = {"study", "instance", "prediction", "reference_standard", "reader_assessment",
         "radiology_report", "chart_point", "audit_event", "external_result"}  # fmt: skip
"""Tables with rows for each study or each day: what is read of them must not be all of them."""
NEARLY_ALL = tuple(
    f"({one}=?)" for one in ("supersedes_id", "model_version_id", "purpose", "source", "site_id")
)
"""What nearly every row of such a table, or of a site, has in common."""
Asked = list[tuple[str, Any]]


@contextmanager
def asked_of(store: Store) -> Iterator[Asked]:
    """Every statement with its parameters that the database is asked while this is open."""
    found: Asked = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: Any,
                 *_rest: object) -> None:  # fmt: skip
        found.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", remember)
    try:
        yield found
    finally:
        event.remove(store.engine, "before_cursor_execute", remember)


def read_whole(store: Store, asked: Asked) -> list[str]:
    """Of these statements those that SQLite plans to answer from a whole growing table."""
    found = []
    with store.engine.connect() as connection:
        for statement, parameters in asked:
            if not statement.lstrip().startswith(("SELECT", "WITH")):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for *_, detail in plan:
                words = detail.split()
                whole = words[0] == "SCAN" or "AUTOMATIC" in words  # an index made for one query
                whole = whole or detail.endswith(NEARLY_ALL)
                newest = statement.endswith("LIMIT ? OFFSET ?") and "USING INDEX" in detail
                if "study_held_out" in words:  # the held-out studies alone, whose number stands
                    continue
                if whole and not newest and _table(statement, words[1]) in GROWS:
                    found.append(f"{detail}: {statement}")
    return found


def _table(statement: str, name: str) -> str:
    """The table behind an alias."""
    for word in (" AS ", " "):
        for table in GROWS:
            if f"{table}{word}{name}" in statement:
                return table
    return name


@pytest.fixture
def day(operated: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Asked]:
    """A day decided and recorded, with a signal, so that an alert is explained."""
    signal = result("image appearance", "noise", DAY)
    monkeypatch.setattr(
        "monitoring.run.step_site", lambda *given: [signal] if given[3].site == SITE else []
    )
    with operated.reader() as reader:
        plan, version = reader.get_one(MonitoringPlan, 1), reader.get_one(ModelVersion, 1)
        running = {
            site: Running(version, small.at(operation.FIRST - 1).date()) for site in small.SITES
        }
    with asked_of(operated) as asked:
        with operated.reader() as reader:
            facts = prepare_day(
                reader, Vault(operated.workspace.vault), plan, parse_plan(plan.content), running,
                day=small.at(DAY).date(),
            )
            assert facts is not None
            studies_awaiting_prediction(reader, version, sites=[1, 2], day=small.at(DAY).date())
            answers_of_day(reader, version, "pneumonia", small.at(DAY).date())
            known_outlines(reader, "lung", until=small.at(DAY).date(), on=small.at(DAY).date())
        now = small.at(DAY, 20)
        with operated.transaction("service:surveillance", "watch", now=now) as tx:
            record_day(tx, tx.get_one(MonitoringPlan, 1), version, facts, now=now)
    assert [one.chart for one in facts.alerts] == ["image appearance"]
    return operated, asked


def test_no_query_of_a_day_reads_a_whole_table_that_history_grows(
    day: tuple[Store, Asked]
) -> None:
    whole = read_whole(*day)
    assert not whole, "\n".join(whole)
