"""The plan of changes quotes the definition, and each candidate that was held against it."""

import pytest

from records.base import digest_of
from records.product import Device
from records.store import Store
from regulatory.compile import Request, content_now
from regulatory.documents.blocks import HumanText
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.places import PLAN
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.gathering.outline import gaps, numbers, require_sound, table, texts
from tests.regulatory.gathering.small_store import START, definition
from tests.regulatory.later_version import answer, proposed, review

DEVICE = "chest-radiograph-pneumonia"
OUTLINE = ["1", "2", "3.1", "3.2", "3.3", "3.4", "4", "5", "6", "E"]


def plan_of(store: Store) -> Content:
    """The document as of now."""
    with store.reader() as reader:
        return content_now(reader, Request("change_control_plan", DEVICE), now=TODAY)[1]


@pytest.mark.requirement("REG-092")
def test_the_plan_its_protocol_and_what_was_done_under_it_are_told(store: Store) -> None:
    proposed(store)
    before = plan_of(store)
    assert "No candidate was held against the plan (0 checks on record)" in str(before)
    answer(store)
    review(store)
    content = plan_of(store)
    assert numbers(content) == OUTLINE
    require_sound(content, plan_of(store))
    assert "K990001/S001" in str(content.sections[0])
    allowed = texts(table(content, "Modifications that the plan allows").rows)
    assert allowed[0][0] == "MOD-1" and allowed[0][3] == "fit.max_epochs: at most 20"
    assert allowed[0][5].startswith("named sites: ")
    criteria = {row[0]: row for row in texts(table(content, "Acceptance criteria of").rows)}
    assert criteria["AC-2"][2:4] == ["diseased", "588"]
    assert criteria["AC-2"][5] == "true value 0.8, as claimed"
    assert criteria["AC-1"][3] == "not estimable" and "no value is claimed" in criteria["AC-1"][5]
    (checked,) = table(content, "Candidates held against the plan").rows
    assert checked[0].text == "PCK-0001" and checked[0].records == ("PCK-0001",)
    lines = {row[0]: row for row in texts(table(content, "PCK-0001, chest-1.1 (MDV-0002): "
                                                "every line").rows)}  # fmt: skip
    assert lines["pccp authorized"][1:3] == ["yes", "does not"]
    assert lines["deviations"][1] == "none"
    signed = texts(table(content, "PCK-0001, chest-1.1 (MDV-0002): signatures").rows)
    assert [row[0] for row in signed] == ["Demo Engineer", "Demo Quality Manager"]
    matrix = texts(table(content, "Each modification, the protocol").rows)
    assert matrix[0][-1] == "PCK-0001" and matrix[0][-2] == "not supplied: section 4"
    assert {gap.place for _, gap in placed_gaps(content) if gap.place} == set(PLAN)
    assert not any(isinstance(block, HumanText) for one in content.sections for block in one.blocks)


def test_a_device_without_a_plan_compiles_with_gaps(store: Store) -> None:
    said = definition().model_dump(mode="json") | {"pccp": {"modifications": []}}
    with store.transaction("demo.engineer", "define", now=START) as tx:
        tx.add(Device(
            name=DEVICE, revision=1, trade_name="bare", definition=said,
            definition_digest=digest_of(said), defined_at=START,
        ))  # fmt: skip
    content = plan_of(store)
    assert numbers(content) == OUTLINE
    require_sound(content)
    missing = {number: [gap.missing for gap in gaps(content, number)] for number in OUTLINE}
    assert "Authorisation of the plan" in missing["1"] and "Modifications" in missing["2"]
    assert {"Limit of cumulative change", "Steps of the evaluation protocol"} <= set(missing["3.3"])
    assert missing["3.4"][0].startswith("Update of a version: Where a version may run")
    assert missing["5"] == ["Modification by protocol and impact"]
    assert "No version was released (0 on record)" in str(content.sections[0])
