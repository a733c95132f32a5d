"""A later version from the command line: what is open, answers from a file, review, dry run."""

import json
from pathlib import Path

import pytest
import yaml

from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, SITES
from tests.regulatory.later_version import ANSWERS, LABEL, candidate, in_use

WHY = ("--reason", "as the risk review says")


@pytest.fixture
def later(store: Store, run: Run) -> Run:
    """Call a verb where a version is in use and a candidate waits; ``by`` is signed in first."""
    in_use(store)
    candidate(store)
    home = store.workspace.home

    def call(*words: str | Path, by: str = "") -> object:
        if by:
            assert run("user", "login", by, "--home", home, password=PASSWORD).exit_code == 0
        return run("--home", home, *words, password=PASSWORD)

    return call  # type: ignore[return-value]


@pytest.mark.requirement("REG-090", "REG-091")
def test_a_change_is_answered_reviewed_and_tried(later: Run, tmp_path: Path) -> None:
    dry = later("change", "check", "--model", "MDV-0002", "--json", by="demo.engineer")
    told = json.loads(dry.stdout)
    assert (dry.exit_code, told["passes"]) == (1, False)
    assert {one["part"]: one["state"] for one in told["lines"]}["change request"] == "fails"
    claims = later("device", "claims", "--version", "MDV-0002", "--json")
    assert (claims.exit_code, {one["verdict"] for one in json.loads(claims.stdout)}) == (
        1, {"no evidence"})  # fmt: skip
    assert "MDV-0001: the claims of the revision in force" in later("device", "claims").stdout
    assert later("change", "propose", "MDV-0002", *WHY).exit_code == 0
    file = tmp_path / "answers.yaml"
    file.write_text(yaml.safe_dump(ANSWERS))
    refused = later("change", "assess", LABEL, "--facts", file, *WHY)
    assert refused.exit_code == 1
    assert "Not approved for use: rules, question-trees, calendars" in refused.output
    approved = later("rule", "approve", *WHY, by="demo.regulatory")
    assert "RSA-0004: templates" in approved.stdout and "RSA-0005: forms" in approved.stdout
    assert later("rule", "approve", *WHY).exit_code == 1
    rows = json.loads(later("rule", "approvals", "--json").stdout)
    assert {one["approved_by"] for one in rows} == {"demo.regulatory"}
    shown = later("change", "assess", LABEL)
    assert "Is the only aim to strengthen cybersecurity" in shown.stdout
    assert "weights differ" in shown.stdout
    made = later("change", "assess", LABEL, "--facts", file, *WHY, by="demo.engineer")
    assert "RGD-0001: pccp is IN_BOUNDS, by R-PCCP-01." in made.stdout
    own = later("change", "review", LABEL, *WHY)
    assert own.exit_code == 1 and "may not" in own.output
    done = later("change", "review", LABEL, *WHY, by="demo.quality")
    assert done.stdout.count("is reviewed.") == 6
    back = later("change", "check", "--model", "MDV-0002", "--site", SITES[0])
    assert back.exit_code == 1 and "signatures" in back.stdout
    listed = json.loads(later("change", "assess", LABEL, "--json").stdout)
    assert [row["reviewed_by"] for row in listed] == ["demo.quality"] * 6
    assert [one["reached"] for row in listed if row["regime"] == "fda-software"
            for one in row["questions"]] == [True] + [False] * 7  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "words"), [(False, 0, "IIa"), (True, 1, "IIb")])
def test_a_device_is_classified_beside_its_definition(
    later: Run, tmp_path: Path, answer: bool, code: int, words: str
) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps({"rule_ids": ["R-CLASS-EU-11"], "input": {
        "medical_device_software": True,
        "information_for_diagnostic_or_therapeutic_decisions": True,
        "decision_may_cause_death_or_irreversible_deterioration": False,
        "decision_may_cause_serious_deterioration_or_surgery": answer,
        "monitors_vital_parameters_with_immediate_danger": False,
    }}))
    said = later("device", "classify", "--facts", file, "--json")
    (row, _) = json.loads(said.stdout)["compared"]
    assert (said.exit_code, row["by_the_rules"], row["declared"]) == (code, words, "IIa")
