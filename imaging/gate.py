"""The acceptance check: what a day's intake or a data set must satisfy before anybody relies on it.

A suite is data: every limit is written out, and :func:`suite_json` gives the Great Expectations
suite for the repository or an auditor. Critical expectations stop what follows, warnings are shown.
"""

import json
import math
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

SEXES: Final = ("F", "M", "O", "")
SPLITS: Final = ("train", "tuning", "internal_test", "external_test")
SPLITS_OF_PATIENT: Final = "splits_of_patient"
"""Column worked out before the check: in how many splits the row's patient is."""
MEASURES_RECORDED: Final = "measures_recorded"
"""Column worked out before the check: how many of the quality measures are finite numbers."""
_LARGEST_MEASURE: Final[Mapping[str, float]] = {
    "brightness": 1.0, "contrast": 0.5, "sharpness": 100.0, "noise": 1.0, "entropy": 6.0,
    "saturation": 1.0,
}  # fmt: skip


class Severity(StrEnum):
    """What follows from an unmet expectation: critical stops, a warning is shown."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule: its name in Great Expectations, the column (empty for the table), the limits."""

    kind: str
    column: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Suite:
    """All rules of one check, under a name; a rule is found by its kind and column."""

    name: str
    expectations: tuple[Expectation, ...]

    def __post_init__(self) -> None:
        keys = {(one.kind, one.column) for one in self.expectations}
        if len(keys) != len(self.expectations):
            raise ValueError(f"suite {self.name} holds one kind of rule twice for a column")


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """How one rule came out: on how many rows, how many broke it, and which of them (first few)."""

    expectation: str
    column: str
    passed: bool
    severity: Severity
    n: int
    unexpected_count: int
    unexpected_index: tuple[int, ...]
    observed: float | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether the check was passed: no critical rule broken. Results in the order of the suite."""

    suite: str
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
            }
            for one in self.results
        ]


def batch_suite(
    *,
    modalities: tuple[str, ...] = (),
    min_rows: int = 3,
    min_columns: int = 3,
    min_studies: int = 1,
    mostly: float = 0.95,
) -> Suite:
    """What a batch of arriving studies must satisfy, a row an image.

    Needs the columns instance_uid, study_uid, patient, modality, sex, age_years, rows, columns and
    the six quality measures. mostly: share of the recorded ages that must lie between 0 and 120.
    """
    identified = tuple(_present(name) for name in ("instance_uid", "study_uid", "patient"))
    sized = (_between("rows", min_rows, None), _between("columns", min_columns, None))
    measured = tuple(_between(name, 0.0, largest) for name, largest in _LARGEST_MEASURE.items())
    complete = _between(MEASURES_RECORDED, len(_LARGEST_MEASURE), len(_LARGEST_MEASURE))
    known = (_one_of("modality", modalities),) if modalities else (_present("modality"),)
    return Suite(
        "batch",
        (_count(min_studies), *identified, _unique("instance_uid"), *known, *_people(mostly),
         *sized, complete, *measured),
    )  # fmt: skip


def dataset_suite(*, min_studies: int = 1, mostly: float = 0.95) -> Suite:
    """What a data set must satisfy before it is frozen, a row an image.

    Needs the columns instance_uid, study_uid, patient, site, split, finding, age_years and sex.
    No patient may be in two splits; the finding is 0 or 1.
    """
    present = tuple(
        _present(name) for name in ("instance_uid", "study_uid", "patient", "site", "digest")
    )
    return Suite(
        "dataset",
        (_count(min_studies), *present, _unique("instance_uid"), _one_of("split", SPLITS),
         _present("split"), _one_of("finding", (0, 1)), _present("finding"),
         _between(SPLITS_OF_PATIENT, 1, 1), *_people(mostly)),
    )  # fmt: skip


def validate_batch(frame: "pd.DataFrame", suite: Suite, *, index_limit: int = 20) -> GateResult:
    """The acceptance check of a table, every rule answered; a missing column breaks its rules.

    frame: a row an image. index_limit: how many offending row positions are kept per rule.
    """
    frame = _with_derived(frame, suite).reset_index(drop=True)
    with _great_expectations() as gx:
        found = _evaluated(gx, frame, suite, "BASIC")
        broken = tuple(r for r in suite.expectations if not found[r.kind, r.column].success)
        if broken:  # the row positions cost as much again, so only where there are any
            found |= _evaluated(gx, frame, Suite(suite.name, broken), "COMPLETE")
    results = tuple(
        _result(rule, found[rule.kind, rule.column], len(frame), index_limit)
        for rule in suite.expectations
    )
    passed = all(one.passed or one.severity is not Severity.CRITICAL for one in results)
    return GateResult(suite.name, passed, len(frame), results)


def suite_json(suite: Suite) -> str:
    """The suite as Great Expectations stores it, sorted and indented: the same text every time."""
    with _great_expectations() as gx:
        content = _built(gx, suite).to_json_dict()
    for rule in content["expectations"]:
        rule.pop("id", None)
    content.pop("id", None)
    content.get("meta", {}).pop("great_expectations_version", None)
    return json.dumps(content, sort_keys=True, indent=1, default=_plain) + "\n"


def _with_derived(frame: "pd.DataFrame", suite: Suite) -> "pd.DataFrame":
    """The frame with the columns that a rule needs and a table does not hold by itself."""
    import numpy as np

    asked = {rule.column for rule in suite.expectations}
    if SPLITS_OF_PATIENT in asked and {"patient", "split"} <= set(frame.columns):
        splits = frame.groupby("patient", dropna=False)["split"].transform("nunique")
        frame = frame.assign(**{SPLITS_OF_PATIENT: splits})
    if MEASURES_RECORDED in asked and set(_LARGEST_MEASURE) <= set(frame.columns):
        measures = frame[list(_LARGEST_MEASURE)].to_numpy(dtype=float, na_value=np.nan)
        frame = frame.assign(**{MEASURES_RECORDED: np.isfinite(measures).sum(axis=1)})
    return frame


def _evaluated(
    gx: Any, frame: "pd.DataFrame", suite: Suite, level: str
) -> dict[tuple[str, str], Any]:
    """Great Expectations' answers by rule; it returns them in an order of its own."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("frame").add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("frame")
    answer = batch.get_batch({"dataframe": frame}).validate(
        _built(gx, suite), result_format={"result_format": level}
    )
    return {
        (one.expectation_config.type, one.expectation_config.kwargs.get("column", "")): one
        for one in answer.results
    }


def _present(column: str) -> Expectation:
    return Expectation("expect_column_values_to_not_be_null", column)


def _unique(column: str) -> Expectation:
    return Expectation("expect_column_values_to_be_unique", column)


def _count(least: int) -> Expectation:
    return Expectation("expect_table_row_count_to_be_between", limits={"min_value": least})


def _one_of(column: str, values: tuple[Any, ...]) -> Expectation:
    return Expectation("expect_column_values_to_be_in_set", column, {"value_set": list(values)})


def _between(
    column: str, low: float, high: float | None, severity: Severity = Severity.CRITICAL
) -> Expectation:
    limits = {"min_value": low} if high is None else {"min_value": low, "max_value": high}
    return Expectation("expect_column_values_to_be_between", column, limits, severity)


def _people(mostly: float) -> tuple[Expectation, ...]:
    ages = {"min_value": 0, "max_value": 120, "mostly": mostly}
    return (
        _one_of("sex", SEXES),
        Expectation("expect_column_values_to_be_between", "age_years", ages, Severity.WARNING),
    )


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


def _result(rule: Expectation, found: Any, n: int, index_limit: int) -> ExpectationResult:
    content = found.result or {}
    trouble = found.exception_info or {}
    raised = any(isinstance(one, dict) and one.get("raised_exception") for one in trouble.values())
    observed = content.get("observed_value")
    positions = content.get("unexpected_index_list") or []
    return ExpectationResult(
        expectation=rule.kind,
        column=rule.column,
        passed=bool(found.success),
        severity=rule.severity,
        n=int(content.get("element_count", n)),
        unexpected_count=int(content.get("unexpected_count", 0 if found.success else n)),
        unexpected_index=tuple(int(at) for at in positions[:index_limit]),
        observed=float(observed) if isinstance(observed, int | float) else None,
        error="could not be evaluated" if raised else "",
    )


def _plain(value: Any) -> Any:
    plain = value.item()
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


@contextmanager
def _great_expectations() -> "Iterator[Any]":
    """The library, silenced first; its own deprecation warnings are not ours to mend."""
    from records.quiet import switch_off_usage_statistics

    switch_off_usage_statistics()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx

        yield gx
