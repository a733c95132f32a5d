"""What a definition may declare of facts and horizon, and what it may not."""

from functools import cache
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from records.clinical_facts import DeclaredFact
from records.definition import DeviceDefinition, load_definition
from records.settings import REPOSITORY

SHIPPED = REPOSITORY / "devices" / "chest-prognosis.yaml"
NUMBER = {"name": "crp", "code": "1988-5", "system": "LOINC", "unit": "mg/L", "least": 0,
          "most": 600, "oldest_days": 3}  # fmt: skip
CODED = {"name": "smoking", "code": "72166-2", "system": "LOINC", "oldest_days": 9,
         "values": {"1": "yes", "0": "no"}}  # fmt: skip


def test_the_shipped_prognosis_declares_five_facts_in_seven_columns() -> None:
    definition = load_definition(SHIPPED)
    assert definition.task.horizon_days == 90
    assert [one.name for one in definition.task.facts or ()] == [
        "age", "crp", "respiratory_rate", "oxygen_saturation", "smoking",
    ]  # fmt: skip
    assert len(definition.task.fact_columns) == 7


@pytest.mark.parametrize(("fact", "changed", "why"), [
    (NUMBER, {"unit": None}, "needs unit"), (NUMBER, {"least": 700}, "least is below most"),
    (NUMBER, {"values": {"1": "a", "2": "b"}}, "no unit and limits"),
    (CODED, {"values": {"1": "yes"}}, "two codes"), (CODED, {"values": {"a=1": "", "b": ""}}, "="),
    (NUMBER, {"system": "own"}, "SNOMED CT"), (NUMBER, {"oldest_days": 0}, "greater than 0"),
    (NUMBER, {"name": "C-reactive"}, "match pattern"),
])  # fmt: skip
def test_a_fact_is_a_number_in_a_unit_or_one_of_several_codes(
    fact: dict, changed: dict, why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        DeclaredFact.model_validate(fact | changed)


@cache
def shipped() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(SHIPPED.read_text())
    return content


@pytest.mark.parametrize(("task", "why"), [
    ({"horizon_days": None}, "needs horizon_days"), ({"facts": None}, "and facts, one or more"),
    ({"facts": [NUMBER, NUMBER | {"code": "2"}]}, "two facts have the name 'crp'"),
    ({"facts": [NUMBER, NUMBER | {"name": "other"}]}, "two facts have the code '1988-5'"),
    ({"kind": "classification"}, "belong to kind prognosis, not classification"),
])  # fmt: skip
def test_a_task_of_another_kind_or_without_its_parts_is_refused(task: dict, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        DeviceDefinition.model_validate(shipped() | {"task": shipped()["task"] | task})


@pytest.mark.parametrize(("part", "why"), [
    ({"operating_point": {"rule": "youden"}}, "needs the rule fixed_sensitivity"),
    ({"worklist": {"longest_wait_minutes": 60}}, "how soon a study is to be read"),
])  # fmt: skip
def test_a_prognosis_has_its_own_rule_and_no_worklist(part: dict, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        DeviceDefinition.model_validate(shipped() | part)


def test_other_definitions_keep_their_content() -> None:
    other = load_definition(REPOSITORY / "devices" / "chest-triage.yaml")
    assert not {"horizon_days", "facts"} & set(other.model_dump(mode="json")["task"])
