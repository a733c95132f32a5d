"""Evidently's voice: has the table of studies changed, column by column? Weekly, all sites.

It describes, it does not raise alerts: its limits are distances without a false-alarm rate. What
alerts rest on are the charts beside this file. Every choice is pinned (method and limit per kind
of column, never Evidently's automatic choice, which changes with the number of rows), rows are a
seeded sample, so the same tables give the same verdicts.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitoring.plan import EvidentlySettings
from records.quiet import switch_off_usage_statistics

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ColumnVerdict", "TableComparison", "compare_tables"]

LEAST_ROWS = 30
NOT_RECORDED = ("", "not recorded")
"""Texts that stand for no value: a site that stops to fill a field in has not drifted."""


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """One column: its distance from the reference, the limit, and whether that is drift.

    value and drifted are None where the column is not estimable, with the reason.
    """

    column: str
    method: str
    threshold: float
    n_reference: int
    n_current: int
    value: float | None = None
    drifted: bool | None = None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class TableComparison:
    """Evidently's verdicts with the report that a person can open, and what it was made of.

    html and json are None when no column could be compared. Rows are those compared, after
    sampling.
    """

    verdicts: tuple[ColumnVerdict, ...]
    reference_rows: int
    current_rows: int
    html: bytes | None
    json: str | None
    evidently_version: str

    @property
    def drifted(self) -> tuple[str, ...]:
        """Columns that Evidently calls drifted."""
        return tuple(verdict.column for verdict in self.verdicts if verdict.drifted)


def compare_tables(
    reference: pd.DataFrame, current: pd.DataFrame, settings: EvidentlySettings
) -> TableComparison:
    """Evidently's verdict on each column of the plan, current rows against reference rows.

    Both tables: one row a study, all sites together. Columns come from the plan; a column that is
    missing, not recorded, has fewer than 30 values, or never varies in either table is not
    estimable, with the reason. What is not recorded is no value, in either table. Takes some
    seconds, most of it to load Evidently.
    """
    switch_off_usage_statistics()
    before = _sampled(_recorded(reference), settings)
    now = _sampled(_recorded(current), settings)
    asked = [*settings.columns, *settings.categorical_columns]
    unusable = {column: reason for column in asked if (reason := _unusable(before, now, column))}
    usable = [column for column in asked if column not in unusable]
    found: dict[str, tuple[float, bool]] = {}
    html: bytes | None = None
    text: str | None = None
    if usable:
        with warnings.catch_warnings():
            # Evidently's own libraries announce their deprecations to whoever imports them
            warnings.simplefilter("ignore", DeprecationWarning)
            found, html, text = _run(before, now, usable, settings)
    verdicts = tuple(
        _verdict(column, before, now, settings, found.get(column), unusable.get(column, ""))
        for column in asked
    )
    return TableComparison(verdicts, len(before), len(now), html, text, version("evidently"))


def _recorded(table: pd.DataFrame) -> pd.DataFrame:
    """The table with nothing where a value was not recorded."""
    return table.mask(table.isin(NOT_RECORDED), None)


def _sampled(table: pd.DataFrame, settings: EvidentlySettings) -> pd.DataFrame:
    if len(table) <= settings.maximum_rows:
        return table.reset_index(drop=True)
    return table.sample(settings.maximum_rows, random_state=settings.seed).reset_index(drop=True)


def _unusable(before: pd.DataFrame, now: pd.DataFrame, column: str) -> str:
    """Why a column cannot be compared; empty if it can."""
    for name, table in (("reference", before), ("current", now)):
        if column not in table.columns:
            return f"not in the {name} table"
        values = int(table[column].notna().sum())
        if values == 0:
            return f"not recorded in the {name} table"
        if values < LEAST_ROWS:
            return f"{values} values in the {name} table, {LEAST_ROWS} needed"
    if before[column].nunique() == 1 and now[column].nunique() == 1:
        return "never varies"
    return ""


def _choice(settings: EvidentlySettings, column: str) -> tuple[str, float]:
    if column in settings.categorical_columns:
        return settings.categorical_method, settings.categorical_threshold
    return settings.numerical_method, settings.numerical_threshold


def _run(
    before: pd.DataFrame, now: pd.DataFrame, columns: list[str], settings: EvidentlySettings
) -> tuple[dict[str, tuple[float, bool]], bytes, str]:
    """Value and drift flag per column, the HTML report and its JSON."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    numbers = [column for column in columns if column not in settings.categorical_columns]
    kinds = [column for column in columns if column in settings.categorical_columns]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=kinds)
    metrics = []
    for column in columns:
        method, threshold = _choice(settings, column)
        metrics.append(ValueDrift(column=column, method=method, threshold=threshold))
    snapshot = Report(metrics, include_tests=True).run(
        Dataset.from_pandas(now[columns], data_definition=definition),
        Dataset.from_pandas(before[columns], data_definition=definition),
    )
    text = str(snapshot.json())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        snapshot.save_html(str(page))
        html = page.read_bytes()
    return _read(json.loads(text)), html, text


def _read(content: dict[str, Any]) -> dict[str, tuple[float, bool]]:
    """Per column the value, and drift where Evidently's own test failed."""
    failed = {
        test["metric_config"]["params"]["column"]: test["status"] == "FAIL"
        for test in content["tests"]
    }
    return {
        metric["config"]["column"]: (float(metric["value"]), failed[metric["config"]["column"]])
        for metric in content["metrics"]
    }


def _verdict(
    column: str,
    before: pd.DataFrame,
    now: pd.DataFrame,
    settings: EvidentlySettings,
    found: tuple[float, bool] | None,
    reason: str,
) -> ColumnVerdict:
    method, threshold = _choice(settings, column)
    counts = [
        int(table[column].notna().sum()) if column in table.columns else 0
        for table in (before, now)
    ]
    value, drifted = found if found else (None, None)
    return ColumnVerdict(column, method, threshold, counts[0], counts[1], value, drifted, reason)
