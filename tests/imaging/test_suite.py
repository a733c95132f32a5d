"""The suites are files as Great Expectations stores them, with every limit written out."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from imaging.suite import SUITES, Expectation, Suite, load_suite
from records.errors import InvalidInput

NAMES = sorted(path.stem for path in SUITES.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_suite_is_what_the_library_stores(name: str) -> None:
    from records.quiet import switch_off_usage_statistics

    switch_off_usage_statistics()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx

        stored = json.loads((SUITES / f"{name}.json").read_text())
        suite = gx.ExpectationSuite(
            name=stored["name"], expectations=stored["expectations"], meta=dict(stored["meta"])
        )
        again = json.loads(json.dumps(suite.to_json_dict()))
    for rule in again["expectations"]:
        rule.pop("id", None)
    again["meta"].pop("great_expectations_version", None)
    again.pop("id", None)
    assert again == stored


def test_the_dataset_of_classes_is_checked_as_every_dataset_but_for_the_truth() -> None:
    plain, classes = (
        {(one.kind, one.column): one for one in load_suite(name).expectations}
        for name in ("dataset", "dataset_of_classes")
    )
    apart = {key for key in plain.keys() | classes.keys() if plain.get(key) != classes.get(key)}
    assert {column for _, column in apart} == {"finding"}
    assert len(plain) == len(classes)


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_is_its_file_and_carries_the_digest(name: str) -> None:
    content = (SUITES / f"{name}.json").read_bytes()
    suite = load_suite(name)
    assert suite.digest == hashlib.sha256(content).hexdigest()
    assert len(suite.expectations) == len(json.loads(content)["expectations"]) > 10


def rule(kind: str = "expect_column_values_to_be_between", **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {}}


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([rule(column="kvp")], "rule 1 .expect_column_values_to_be_between of kvp. leaves"),
        ([rule("expect_column_values_to_be_in_set", column="sex")], "write value_set"),
        ([rule("expect_kvp_to_be_plausible", column="kvp")], "of no kind known here"),
        ([rule(min_value=3)], "needs a column"),
        ([rule("expect_table_row_count_to_be_between", column="a", min_value=1)], "of the table"),
        ([{**rule(column="kvp", min_value=1), "severity": "fatal"}], "needs a severity"),
        ([rule(column="kvp", min_value=1), rule(column="kvp", max_value=2)], "twice for a column"),
        ([{"kind": "x"}], "it is no suite: 'type'"),
    ],
)
def test_a_rule_that_hides_its_limit_or_is_unknown_is_refused(
    tmp_path: Path, rules: list[dict[str, Any]], message: str
) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({"name": "odd", "expectations": rules}))
    with pytest.raises(InvalidInput, match=message):
        load_suite("odd", tmp_path)


def test_a_missing_broken_or_renamed_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"odd\.json: it cannot be read"):
        load_suite("odd", tmp_path)
    (tmp_path / "odd.json").write_text("{")
    with pytest.raises(InvalidInput, match=r"odd\.json: it is no suite"):
        load_suite("odd", tmp_path)
    (tmp_path / "odd.json").write_text(json.dumps({"name": "batch", "expectations": []}))
    with pytest.raises(InvalidInput, match="names the suite 'batch'"):
        load_suite("odd", tmp_path)


def test_a_rule_stated_twice_is_refused() -> None:
    twice = Expectation("expect_column_values_to_be_unique", "patient")
    with pytest.raises(ValueError, match="twice"):
        Suite("odd", (twice, twice))
