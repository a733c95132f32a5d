"""The acceptance check: what a day's intake or a data set must satisfy before anybody relies on it.

The rules are a suite in a file (:mod:`imaging.suite`). Critical expectations stop what follows,
warnings are shown.
"""

import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from imaging.suite import Expectation, Severity, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

SPLITS_OF_PATIENT: Final = "splits_of_patient"
"""Column worked out before the check: in how many splits the row's patient is."""
MEASURES_RECORDED: Final = "measures_recorded"
"""Column worked out before the check: how many of the quality measures are finite numbers."""
_MEASURES: Final = ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")
RECORD: Final = "record"
"""Column that names the record of a row, where a table has it: offending rows are listed by it."""


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """How one rule came out: on how many rows, how many broke it, and which of them (first few).

    ``limits`` are those of the rule; ``unexpected_records`` names the offending rows where the
    table names its records.
    """

    expectation: str
    column: str
    passed: bool
    severity: Severity
    n: int
    unexpected_count: int
    unexpected_index: tuple[int, ...]
    observed: float | None
    error: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    unexpected_records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether the check was passed: no critical rule broken. Results in the order of the suite."""

    suite: str
    digest: str
    passed: bool
    n: int
    results: tuple[ExpectationResult, ...]

    @property
    def failures(self) -> tuple[ExpectationResult, ...]:
        """The critical rules that were broken."""
        return tuple(r for r in self.results if not r.passed and r.severity is Severity.CRITICAL)

    @property
    def warnings(self) -> tuple[ExpectationResult, ...]:
        """The rules that were broken and only warn."""
        return tuple(r for r in self.results if not r.passed and r.severity is Severity.WARNING)

    def to_list(self) -> list[dict[str, Any]]:
        """The results as plain values, for a record."""
        return [
            {
                **asdict(one),
                "severity": str(one.severity),
                "unexpected_index": list(one.unexpected_index),
                "unexpected_records": list(one.unexpected_records),
            }
            for one in self.results
        ]


def validate_batch(frame: "pd.DataFrame", suite: Suite, *, index_limit: int = 20) -> GateResult:
    """The acceptance check of a table, every rule answered; a missing column breaks its rules.

    frame: a row an image, with the columns that the rules name; those worked out before the check
    are added. index_limit: how many offending rows are kept per rule.
    """
    frame = _with_derived(frame, suite).reset_index(drop=True)
    with _great_expectations() as gx:
        found = _evaluated(gx, frame, suite, "BASIC")
        broken = tuple(r for r in suite.expectations if not found[r.kind, r.column].success)
        if broken:  # the row positions cost as much again, so only where there are any
            found |= _evaluated(gx, frame, replace(suite, expectations=broken), "COMPLETE")
    results = tuple(
        _result(rule, found[rule.kind, rule.column], frame, index_limit)
        for rule in suite.expectations
    )
    passed = all(one.passed or one.severity is not Severity.CRITICAL for one in results)
    return GateResult(suite.name, suite.digest, passed, len(frame), results)


def _with_derived(frame: "pd.DataFrame", suite: Suite) -> "pd.DataFrame":
    """The frame with the columns that a rule needs and a table does not hold by itself."""
    import numpy as np

    asked = {rule.column for rule in suite.expectations}
    if SPLITS_OF_PATIENT in asked and {"patient", "split"} <= set(frame.columns):
        splits = frame.groupby("patient", dropna=False)["split"].transform("nunique")
        frame = frame.assign(**{SPLITS_OF_PATIENT: splits})
    if MEASURES_RECORDED in asked and set(_MEASURES) <= set(frame.columns):
        measures = frame[list(_MEASURES)].to_numpy(dtype=float, na_value=np.nan)
        frame = frame.assign(**{MEASURES_RECORDED: np.isfinite(measures).sum(axis=1)})
    return frame


def _evaluated(
    gx: Any, frame: "pd.DataFrame", suite: Suite, level: str
) -> dict[tuple[str, str], Any]:
    """Great Expectations' answers by rule; it returns them in an order of its own."""
    answer = _frames(gx).get_batch({"dataframe": frame}).validate(
        _built(gx, suite), result_format={"result_format": level}
    )
    return {
        (one.expectation_config.type, one.expectation_config.kwargs.get("column", "")): one
        for one in answer.results
    }


@lru_cache(maxsize=1)
def _frames(gx: Any) -> Any:
    """Where tables are handed over; it holds none of them, so one serves all days of a process.

    Making it anew for each check cost a quarter of the check's time.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("frame").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("frame")


def _built(gx: Any, suite: Suite) -> Any:
    rules = [
        {
            "type": rule.kind,
            "kwargs": {**({"column": rule.column} if rule.column else {}), **rule.limits},
            "severity": str(rule.severity),
            "meta": {},
        }
        for rule in suite.expectations
    ]
    return gx.ExpectationSuite(name=suite.name, expectations=rules)


def _result(
    rule: Expectation, found: Any, frame: "pd.DataFrame", index_limit: int
) -> ExpectationResult:
    n = len(frame)
    content = found.result or {}
    trouble = found.exception_info or {}
    raised = any(isinstance(one, dict) and one.get("raised_exception") for one in trouble.values())
    observed = content.get("observed_value")
    positions = [int(at) for at in (content.get("unexpected_index_list") or [])[:index_limit]]
    named = frame[RECORD].tolist() if positions and RECORD in frame.columns else []
    return ExpectationResult(
        expectation=rule.kind,
        column=rule.column,
        passed=bool(found.success),
        severity=rule.severity,
        n=int(content.get("element_count", n)),
        unexpected_count=int(content.get("unexpected_count", 0 if found.success else n)),
        unexpected_index=tuple(positions),
        observed=float(observed) if isinstance(observed, int | float) else None,
        error="could not be evaluated" if raised else "",
        limits=dict(rule.limits),
        unexpected_records=tuple(str(named[at]) for at in positions) if named else (),
    )


@contextmanager
def _great_expectations() -> "Iterator[Any]":
    """The library, silenced first; its own deprecation warnings are not ours to mend."""
    from records.quiet import switch_off_usage_statistics

    switch_off_usage_statistics()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx

        yield gx
