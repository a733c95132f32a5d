"""The acceptance check of a day's arrivals: expectations on the batch, recorded with the result."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from records.cases import GateResult, Instance
from records.queries import case_rows
from records.store import Store


def check_arrivals(
    store: Store,
    day: date,
    *,
    purposes: tuple[str, ...] = ("clinical",),
    actor: str,
    now: datetime,
) -> GateResult | None:
    """Check the studies that arrived on a day against the batch suite, once.

    A failed check does not hide the studies: it is recorded, and the failed expectations are
    listed for the quality team, each with the images that break it. None where nothing arrived or
    the day was checked before.
    """
    from imaging.gate import validate_batch
    from imaging.suite import load_suite

    scope = f"{' and '.join(purposes)} arrivals {day.isoformat()}"
    with store.reader() as reader:
        if _checked(reader, scope):
            return None
        rows = case_rows(reader, purposes=purposes, since=day, until=day)
    if not rows:
        return None
    outcome = validate_batch(_frame(rows), load_suite("batch"))
    with store.transaction(actor, "acceptance check of arrivals", now=now) as tx:
        result = GateResult(
            suite=outcome.suite, suite_digest=outcome.digest, scope=scope, n=len(rows),
            passed=outcome.passed, expectations=outcome.to_list(), checked_at=now,
        )
        tx.add(result)
        tx.flush()
    return result


def _checked(reader: Session, scope: str) -> bool:
    return reader.exec(select(GateResult).where(GateResult.scope == scope)).first() is not None


def _frame(rows: list[dict[str, Any]]) -> Any:
    import pandas as pd

    return pd.DataFrame(
        [{**row, "record": Instance.label_of(row["instance_id"])} for row in rows]
    )
