"""``radvigil rule``: the same answers at the command line, with the right exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.regulatory.rules.asking import SERIOUS, US_EVENT, without


def written(folder: Path, rules: list[str], facts: dict[str, Any]) -> Path:
    path = folder / "facts.json"
    path.write_text(json.dumps({"id": "CASE-000", "rule_ids": rules, "input": facts}))
    return path


def test_an_answer_as_json_has_dates_version_and_sources(run: Run, tmp_path: Path) -> None:
    facts = SERIOUS | {"death": True, "awareness_local_date": "2026-12-16"}
    done = run("rule", "apply", "--facts", written(tmp_path, ["R-EU87-02"], facts), "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["clock"], said["due_target"]) == ("MDR87_10D", "2026-12-26")
    assert (said["due_legal"], said["due_legal_max"]) == ("2026-12-28", "2026-12-28")
    assert said["rule_version"]
    assert said["calendars"] == {"DE-NATIONAL": 1}
    assert said["citations"]["R-EU87-02"].startswith("MDR Art. 87(3)")
    assert not (tmp_path / "workspace").exists()


def test_an_answer_for_people_tells_clocks_and_what_was_read(run: Run, tmp_path: Path) -> None:
    facts = US_EVENT | {"remedial_action_needed": True, "typo": 1,
                        "awareness_person_class": "RA_OR_MANAGEMENT"}  # fmt: skip
    done = run("rule", "apply", "--facts", written(tmp_path, ["R-803-04"], facts))
    assert done.exit_code == 0, done.output
    for words in ("803.53_5WD", "2026-12-01", "21 CFR 803.10(c)(2), 803.53", "read: text"):
        assert words in done.stdout
    assert "no rule knows typo" in done.stderr


def test_missing_facts_are_a_sentence_and_exit_1(run: Run, tmp_path: Path) -> None:
    facts = without(SERIOUS, "awareness_local_date")
    done = run("rule", "apply", "--facts", written(tmp_path, ["R-EU87-02"], facts), "--json")
    assert done.exit_code == 1
    assert "Missing facts: awareness_local_date." in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", "an object"),
        ('{"input": {}}', "rule_ids"),
        ('{"rule_ids": "R-803-03", "input": {}}', "rule_ids"),
        ('{"rule_ids": [3], "input": {}}', "rule_ids"),
        ('{"rule_ids": ["R-803-03"]}', "input"),
        ('{"rule_ids": ["R-803-03"], "input": []}', "input"),
        ('{"rule_ids": ["R-803-03"], "input": {}, "input": {}}', "'input' twice"),
        ('{"rule_ids": ["R-803-03"], "input": {"n": NaN}}', "NaN"),
        ('{"rule_ids": ["R-803-99"], "input": {}}', "no rule 'R-803-99'"),
        ('{"rule_ids": [], "input": {}}', "no rule is named"),
        ('{"rule_ids": ["R-P11-50"], "input": {}}', "control"),
        ('{"rule_ids": ["R-803-03"], "input": {"classification": "BAD"}}', "classification"),
        ('{"rule_ids": ["R-803-03"], "input": {"awareness_local_date": "today"}}', "no date"),
    ],
)
def test_what_is_malformed_or_not_known_is_exit_2(
    run: Run, tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "facts.json"
    path.write_text(text)
    done = run("rule", "apply", "--facts", path, "--json")
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert done.stdout == ""


def test_a_file_that_cannot_be_read_is_exit_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"rule_ids": ["\xe4"]}')
    (tmp_path / "long").write_text(" " * 1_000_001)
    (tmp_path / "deep").write_text('{"a":' * 60_000)
    for name, words in (("none", "cannot be read"), ("", "cannot be read"), ("latin", "not UTF-8"),
                        ("long", "some thousand"), ("deep", "JSON")):  # fmt: skip
        done = run("rule", "apply", "--facts", tmp_path / name)
        assert done.exit_code == 2, name
        assert words in done.stderr or "nested too deeply" in done.stderr


def test_rules_are_listed_and_shown(run: Run) -> None:
    listed = json.loads(run("rule", "list", "--json").stdout)
    assert len(listed) >= 60
    assert {one["used"] for one in listed} == {"applied", "control"}
    shown = run("rule", "show", "R-EU87-02")
    for words in ("MDR Art. 87(3)", "primary text checked", "DE-NATIONAL", "MDR87_2D"):
        assert words in shown.stdout
    sheet = json.loads(run("rule", "show", "R-CHG-EU-LEG", "--json").stdout)
    assert sheet["questions"][0]["question"] == "M0"
    wrong = run("rule", "show", "R-EU87-2")
    assert wrong.exit_code == 2
    assert "Did you mean" in wrong.stderr
    assert run("rule", "list", "--family", "nothing").stdout == "No rule is of that family.\n"
