"""The list of what a validation has to hold finds a part that is neither there nor named."""

from copy import deepcopy
from typing import Any

import pytest

from imaging.degradations import DEGRADATIONS
from models.tasks import TASKS
from monitoring.shortcut_tests import EDGES_MASKED, METADATA, REGION, STRATA
from tests.validation_parts import ASKED, missing

TESTS = (METADATA, STRATA, REGION, EDGES_MASKED)


def whole() -> dict[str, Any]:
    """What a validation with every part prints, as far as the list looks at it."""
    groups = ["against MDV-0001", *(f"{kind}=1" for kind in DEGRADATIONS)]
    return {
        "estimates": [{"measure": "auc", "subgroup": one} for one in groups],
        "figures": {
            "parts": [{"part": name, "studies": 9, "reason": ""}
                      for name in ("internal test", "external test")],
            "curves": {"score": [0.1]}, "thresholds": [{}], "intersections": [{}], "readers": [{}],
            "shortcut_tests": [{"test": one, "conclusion": "none shown"} for one in TESTS],
            "failures": {"false_negative": [
                {"digest": "a", "study": "STU-0001", "letters": [], "withheld": ""}
            ]},
            "not_asked": {},
        },
    }  # fmt: skip


@pytest.mark.parametrize("part", ASKED)
def test_a_part_that_is_gone_is_missing_until_it_is_named_with_a_reason(part: str) -> None:
    found = whole()
    assert missing(found) == []
    figures = found["figures"]
    figures["parts"] = [one for one in figures["parts"] if one["part"] != part] + (
        [{"part": part, "studies": 0, "reason": ""}] if part.endswith(" test") else []
    )
    figures["shortcut_tests"] = [one for one in figures["shortcut_tests"] if one["test"] != part]
    begin = "against " if part.startswith("comparison") else part.partition(": ")[2] + "="
    found["estimates"] = [
        one for one in found["estimates"] if not one["subgroup"].startswith(begin)
    ]
    emptied = {"calibration": "curves", "thresholds": "thresholds", "clinicians' readings":
               "readers", "intersections of subgroups": "intersections"}  # fmt: skip
    if part in emptied:
        figures[emptied[part]] = {} if part == "calibration" else []
    if part == "pictures of the worst failures":
        figures["failures"]["false_negative"][0]["digest"] = ""
    assert missing(found) == [part]
    named = deepcopy(found)
    named["figures"]["not_asked"] = {part: "it makes no sense for the task"}
    assert missing(named) == []


def test_what_a_task_cannot_give_is_named_with_a_reason_and_under_a_known_name() -> None:
    known = {*ASKED, "net benefit", "other prevalences", "two-by-two table"}
    for task in TASKS.values():
        assert set(task.not_asked) <= known, task.name
        assert all(task.not_asked.values()), task.name
