"""The rules of selection stand in the definition, and a wrong one is refused by field."""

from typing import Any

import pytest
from pydantic import ValidationError

from records.definition import DeviceDefinition, find_definition, load_definition
from records.series_selection import SeriesSelection

SHIPPED = load_definition(find_definition("chest-radiograph-pneumonia"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"rules": []}, "at least 1"),
        ({"rules": [{"name": "all"}]}, "'all' asks for nothing"),
        ({"rules": [{"name": "a", "modality": ["CT"]}]}, "modality"),
        ({"rules": [{"name": "a", "description": "chest|"}]}, "words with | between them"),
        ({"rules": [{"name": "a", "views": ["PA"]}] * 2}, "'a' is listed twice"),
        ({"rules": [{"name": "a", "images": {}}]}, "at_least, at_most or both"),
        ({"rules": [{"name": "a", "images": {"at_least": 3, "at_most": 2}}]}, "lies above"),
        ({"rules": [{"name": "a", "views": ["PA"]}], "image": "middle_slice"},
         "needs 'volume' in every rule; 'a' has none"),
        ({"rules": [{"name": "a", "views": ["PA"]}], "prefer": ["newest", "newest"]},
         "'newest' is listed twice"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(content: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=r"(?s)" + words.replace("(", r"\(")):
        SeriesSelection.model_validate(content)


def test_a_definition_without_rules_is_written_as_before_there_were_any() -> None:
    assert "series_selection" not in SHIPPED.model_dump(mode="json")


def test_rules_are_part_of_what_is_accepted() -> None:
    rules = {"rules": [{"name": "frontal", "views": ["PA", "AP"]}], "prefer": ["newest"]}
    content = SHIPPED.model_dump(mode="json") | {"series_selection": rules}
    again = DeviceDefinition.model_validate(content).model_dump(mode="json")
    assert again["series_selection"]["rules"][0]["views"] == ["PA", "AP"]
    assert DeviceDefinition.model_validate(again).model_dump(mode="json") == again
