"""``radvigil field-action`` and kept forms from the command line, as two people work on them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from records.settings import REPOSITORY
from records.store import Store
from tests.cli.conftest import Run, run
from tests.cli.test_incident import people
from tests.dashboards.small_workspace import SITES

__all__ = ["people", "run"]

WHY = ("--reason", "as decided")
PAGE = (REPOSITORY / "docs" / "field-actions.md").read_text(encoding="utf-8")
PLAN = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def written(folder: Path, **changed: Any) -> Path:
    """The file of the documentation, with these fields otherwise."""
    assert PLAN is not None
    text = PLAN[1]
    for name, value in changed.items():
        text = re.sub(rf"(?m)^{name}:.*$", f"{name}: {value}", text)
    path = folder / "action.yaml"
    path.write_text(text)
    return path


@pytest.mark.requirement("REG-086")
def test_an_action_is_opened_told_answered_and_its_form_leaves(
    people: Run, tmp_path: Path, store: Store
) -> None:
    def did(*words: object) -> str:
        done = people(*words)
        assert done.exit_code == 0, done.output
        return str(done.stdout)

    wrong = written(tmp_path, remind_after="soon", act_by="never")
    refused = people("quality", "field-action", "open", wrong, *WHY)
    assert (refused.exit_code, "action.yaml, line 9: act_by: a day" in refused.stderr) == (2, True)
    assert "line 10: remind_after: a whole number of days is needed" in refused.stderr
    said = did("quality", "field-action", "open", written(tmp_path), *WHY)
    assert f"FSA-0001 is planned: 3 installations at {SITES[0]}, " in said
    own = people("quality", "field-action", "approve", "FSA-0001", *WHY)
    assert (own.exit_code, "made FSA-0001" in own.stderr) == (1, True)
    did("regulatory", "field-action", "approve", "FSA-0001", *WHY)
    to = ("--site", SITES[0], "--channel", "letter", "--addressee", "radiology", *WHY)
    for step in ("notified", "reminded"):
        said = did("regulatory", "field-action", "notify", "FSA-0001", *to)
        assert f"{SITES[0]} was {step}" in said
    said = did("regulatory", "field-action", "answer", "FSA-0001", "--site", SITES[0], "--words",
               "set back", "--done", 1, *WHY)  # fmt: skip
    assert "is 'done'" in said and "1 of 1 installations corrected" in said
    refused = people("regulatory", "field-action", "close", "FSA-0001", "--finding", "none", *WHY)
    assert f"{SITES[1]} is 'not notified'" in refused.stderr
    shown = json.loads(did("regulatory", "field-action", "show", "FSA-0001", "--json"))
    assert [one["status"] for one in shown["consignees"]] == ["done", "not notified",
                                                              "not notified"]  # fmt: skip
    listed = json.loads(did("regulatory", "field-action", "list", "--json"))
    assert listed[0]["told"].startswith("of 3 consignees 1 notified, 1 answered, 1 done")
    said = did("regulatory", "submission", "keep", "FSCA", "FSA-0001", *WHY)
    assert "FRM-0001 is version 1 of FSCA" in said and "missing  1 Competent authority" in said
    shown_form = did("regulatory", "submission", "show", "FRM-0001")
    assert "7 Number of devices or sites affected: 3  [FSA-0001, MDV-0001]" in shown_form
    did("quality", "submission", "sign", "FRM-0001", "--meaning", "review", *WHY)
    assert json.loads(did("quality", "submission", "list", "--json"))[0]["ready"] is False
    did("quality", "submission", "export", "FRM-0001", "--out", tmp_path / "forms")
    left = json.loads((tmp_path / "forms" / "FRM-0001-FSCA-1.json").read_bytes())
    assert left["form"] == "FSCA"
