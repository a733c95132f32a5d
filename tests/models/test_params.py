from dataclasses import replace
from pathlib import Path

import pytest

from models.params import OperatingRule, Params, load_params, params_text
from records.errors import InvalidInput
from records.settings import REPOSITORY


def test_the_shipped_file_holds_the_defaults() -> None:
    assert load_params(REPOSITORY / "params.yaml") == Params()


def test_written_parameters_are_read_back_unchanged(tmp_path: Path) -> None:
    params = replace(Params(), seed=9, operating_point=OperatingRule("youden", None))
    (tmp_path / "params.yaml").write_text(params_text(params))
    assert load_params(tmp_path / "params.yaml") == params
    assert params_text(params) == params_text(params)


def test_an_unknown_parameter_is_refused_by_name(tmp_path: Path) -> None:
    text = params_text(Params()).replace("batch_size", "batch_sise")
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=r"fit: unknown parameters \['batch_sise'\], missing"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [("- 1", "not a mapping"), ("a: [", "cannot be read"), ("seed: 1", "missing"), (None, "no")],
)
def test_a_file_that_is_no_parameter_file_is_refused(
    tmp_path: Path, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=says):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("rule", "target"), [("best", 0.9), ("fixed_sensitivity", None), ("fixed_sensitivity", 1.0)]
)
def test_an_operating_rule_that_cannot_be_followed_is_refused(
    rule: str, target: float | None
) -> None:
    with pytest.raises(InvalidInput):
        OperatingRule(rule, target)
