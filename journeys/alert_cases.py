"""The studies behind an alert as a file for a notebook: what the alert rests on, study by study.

Pseudonymous labels only; nothing of a patient but what the alert's chart looked at. The file's
digest is on record, as of every copy that leaves (REG-018).
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from monitoring.alert_cases import site_cases
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.explanation import SiteCases, trace_signal
from monitoring.merging import signals_of
from monitoring.run import study_rows
from records.accounts import acting_on
from records.audit import note
from records.audit_grants import require_visible
from records.errors import InvalidInput, Refused
from records.export_check import EXPORT, named_in
from records.people import find_actor
from records.permissions import Action, may, require
from records.product import Deployment, ModelVersion, Site
from records.store import Store
from records.surveillance import Alert

__all__ = ["COLUMNS", "CasesWritten", "case_lines", "cases_behind", "write_cases"]

COLUMNS = (
    "alert", "chart", "study", "site", "day", "period", "score", "decision", "truth", "column",
    "value", "mark",
)
KINDS = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class CasesWritten:
    """What was written: lines before and since the onset, over all charts, and the SHA-256."""

    alert: str
    charts: tuple[str, ...]
    before: int
    since: int
    digest: str


def cases_behind(reader: Session, alert: Alert) -> SiteCases:
    """The studies that the alert was explained from, as they stand now: the site's, up to the day
    on which it was raised, with the truth that was known by then.

    Raises:
        Refused: Nothing was deployed at the site on that day.
    """
    deployment = reader.exec(
        select(Deployment)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(Site.name == alert.site, col(Deployment.started_at) < _end_of(alert.raised_on))
        .order_by(col(Deployment.started_at).desc(), col(Deployment.id).desc())
    ).first()
    if deployment is None:
        raise Refused(
            f"{alert.label}: no version ran at {alert.site} on {alert.raised_on}.",
            hint="Its studies cannot be told apart; see 'radvigil audit history'.",
        )
    version = reader.get_one(ModelVersion, deployment.model_version_id)
    return site_cases(
        reader, version, alert.site, began=deployment.started_at.date(), day=alert.raised_on,
        studies=partial(study_rows, reader, version),
    )


def _end_of(day: date) -> datetime:
    from datetime import UTC

    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)


def case_lines(alert: Alert, cases: SiteCases) -> list[dict[str, Any]]:
    """A line for each study and chart of the alert, those before the chart's onset first.

    mark: the number on which the change is told (rank score in SD among the studies before, or 1
    where the study has what became commoner); empty where the study has none.
    """
    lines: list[dict[str, Any]] = []
    for signal in signals_of(alert.chart, alert.evidence):
        if "detector" not in signal:  # raised before an alert said what it is about
            continue
        began = (signal.get("since") or {}).get("day") or signal.get("onset")
        onset = date.fromisoformat(began) if began else alert.onset_estimate
        trace = trace_signal(
            str(signal["detector"]), signal, cases, day=alert.raised_on, since=onset
        )
        sides = [("before", trace.before, trace.marks and trace.marks.before),
                 ("since", trace.since, trace.marks and trace.marks.since)]  # fmt: skip
        for period, table, marks in sides:
            if table is not None and marks is not None:
                lines += _lines(alert, signal, period, table, marks)
    return lines


def _lines(
    alert: Alert, signal: Any, period: str, table: CaseTable, marks: Any
) -> list[dict[str, Any]]:
    column = str(signal.get("column", ""))
    found = []
    for row in np.argsort(table.day, kind="stable").tolist():
        found.append({
            "alert": alert.label, "chart": str(signal["chart"]), "study": str(table.label[row]),
            "site": alert.site, "day": date.fromordinal(int(table.day[row])).isoformat(),
            "period": period, "score": _number(table.columns["score"][row]),
            "decision": _number(table.columns["decision"][row]),
            "truth": _number(table.truth[row]), "column": column,
            "value": _number(table.columns[column][row]) if column in table.columns else None,
            "mark": _number(marks[row]),
        })  # fmt: skip
    return found


def _number(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)


def write_cases(
    store: Store, alert: Alert, out: Path, *, actor: str, now: datetime
) -> CasesWritten:
    """Write the studies behind an alert to a CSV or Parquet file, which is an export on record.

    Raises:
        InvalidInput: The file's name ends neither in .csv nor in .parquet.
        Refused: The alert rests on no study: it is about how many came, or older than its evidence.
        NotAllowed: Who exports has no role that may, or was not granted the alert.
    """
    if out.suffix.lower() not in KINDS:
        raise InvalidInput(
            f"{out.name}: its name does not say what to write.", hint="End it .csv or .parquet."
        )
    with store.reader() as reader:
        known = reader.get_one(Alert, alert.id)
        label, subject = known.label, known.subject
        allowed = may(find_actor(reader, actor), Action.EXPORT_CASES)
        lines = case_lines(known, cases_behind(reader, known)) if allowed else []
    charts = known.charts
    if allowed and not lines:
        raise Refused(
            f"{label} rests on no study: {', '.join(charts)} counts how many come.",
            hint="See 'radvigil alert show' for the days.",
        )
    content = _parquet(lines) if out.suffix.lower() == ".parquet" else _csv(lines)
    digest, why = sha256(content).hexdigest(), f"export the studies behind {label}"
    with acting_on(store, known, "export of cases", actor=actor, reason=why, now=now) as tx:
        person = find_actor(tx, actor)
        require(person, Action.EXPORT_CASES)
        require_visible(tx, person, subject, on=now.date())
        note(tx, EXPORT, subject, new=named_in(store.workspace.exports, out.parent,
                                               {out.name: digest}))  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_bytes(content)
    part.replace(out)
    since = sum(one["period"] == "since" for one in lines)
    return CasesWritten(label, charts, len(lines) - since, since, digest)


def _csv(lines: list[dict[str, Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: _harmless(value) for name, value in line.items()} for line in lines
    )
    return file.getvalue().encode()


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is shown as text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value


def _parquet(lines: list[dict[str, Any]]) -> bytes:
    import pandas as pd

    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    if frame["value"].map(lambda one: isinstance(one, str)).any():
        frame["value"] = frame["value"].map(lambda one: None if one is None else str(one))
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()
