"""A device is defined only where its plan parses and its promises are something measured."""

from pathlib import Path

import pytest

from journeys.define import load_device
from records.definition import find_definition
from records.errors import InvalidInput

TEXT = find_definition("chest-radiograph-pneumonia").read_text()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("horizon_days: 90", "horizon_days: 1", "monitoring_plan.horizon_days: a whole number"),
        ("detector: silent_days", "detector: silent", "monitoring_plan.charts.14.detector: "),
        ("smallest_shift: 0.5", "smallest_shift: -1",
         "monitoring_plan.charts.0.parameters.smallest_shift: "),
        ("smallest_shift: 0.5", "biggest: 1", "monitoring_plan.charts.0.parameters.biggest: "),
        ("{measure: sensitivity, value", "{measure: sense, value",
         "claims.0.measure: 'sense' is not measured; known: auc, sensitivity"),
        ("measure: auc, basis: low, at_least: 0.80", "measure: luck, basis: low, at_least: 0.80",
         "acceptance_criteria.0.measure: 'luck' is not measured"),
        ("at_least: 0.60", "at_least: 60", "acceptance_criteria.2.at_least: a share lies"),
        ("at_least: 0.60", "at_least: 0.60, subgroup: women", "acceptance_criteria.2.subgroup: "),
    ],
)  # fmt: skip
def test_a_fault_of_plan_or_promise_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in TEXT
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(TEXT.replace(before, after, 1))
    line = TEXT[: TEXT.index(before)].count("\n") + 1
    with pytest.raises(InvalidInput) as refused:
        load_device(wrong)
    assert f"wrong.yaml, line {line}: {message}" in str(refused.value)
