"""A device that reads volumes declares which series, whole, and no other device does."""

import pytest
from pydantic import ValidationError

from records.definition import DeviceDefinition, find_definition, load_definition

DEFINITION = load_definition(find_definition("chest-ct-nodule"))


def test_a_volume_belongs_to_its_task_and_needs_whole_series() -> None:
    content = DEFINITION.model_dump(mode="json")
    rule = content["series_selection"]["rules"][0]
    for changes, why in (
        ({"series_selection": None}, "needs it, and to no other"),
        ({"series_selection": content["series_selection"] | {
            "rules": [rule | {"volume": "gaps_allowed"}]}}, "allows gaps"),
        ({"series_selection": content["series_selection"] | {
            "rules": [{key: one for key, one in rule.items() if key != "volume"}]}},
         "needs 'volume' in every rule"),
    ):
        with pytest.raises(ValidationError, match=why):
            DeviceDefinition.model_validate(content | changes)

