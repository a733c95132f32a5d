"""``radvigil audit``: whole is 0, broken is 3 and names the place; exports can be checked."""

import json
import sqlite3
from pathlib import Path

import pytest

from records.settings import Workspace
from records.vault import file_digest
from tests.cli.conftest import Run


def test_a_whole_trail_is_exit_code_0(run_as: Run) -> None:
    result = run_as("audit", "verify")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Whole: ")
    found = json.loads(run_as("audit", "verify", "--json").stdout)
    assert found["whole"] is True
    assert found["events"] >= 2


@pytest.mark.requirement("REG-013")
def test_an_altered_event_is_exit_code_3_and_its_sequence_is_named(
    run_as: Run, home: Path
) -> None:
    with sqlite3.connect(Workspace(home).database) as raw:
        raw.execute("DROP TRIGGER audit_event_no_update")
        raw.execute("UPDATE audit_event SET reason = 'x' WHERE sequence = 2")
    raw.close()
    result = run_as("audit", "verify")
    assert result.exit_code == 3
    assert "audit event 2 was altered" in result.stderr
    data = run_as("audit", "verify", "--json")
    assert data.exit_code == 3
    assert json.loads(data.stdout)["first_bad_sequence"] == 2


def test_a_row_changed_behind_the_trail_is_named(run_as: Run, home: Path) -> None:
    with sqlite3.connect(Workspace(home).database) as raw:
        raw.execute("UPDATE actor SET full_name = 'Somebody Else'")
    raw.close()
    result = run_as("audit", "verify")
    assert result.exit_code == 3
    assert "Actor:1 was altered outside the system: full_name" in result.stderr


def test_one_altered_byte_of_the_file_is_found_or_harmless(run_as: Run, home: Path) -> None:
    database = Workspace(home).database
    with sqlite3.connect(database) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    whole = database.read_bytes()
    for place in (0, 16, 100, whole.rindex(b"Ada Quality"), whole.rindex(b'"full_name"')):
        database.write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        result = run_as("audit", "verify")
        assert result.exit_code == 3, (place, result.output)
        assert result.stderr.strip()
    database.write_bytes(whole)
    assert run_as("audit", "verify").exit_code == 0


def test_altered_bytes_in_the_vault_are_found_unless_left_out(
    run: Run, home: Path, arrivals: Path
) -> None:
    assert run("--home", home, "study", "ingest", arrivals, "--site", "north").exit_code == 0
    objects = home / "vault" / "objects"
    some = next(path for path in objects.glob("*/*") if path.is_file())
    some.chmod(0o644)
    some.write_bytes(some.read_bytes()[:-1] + b"?")
    result = run("--home", home, "audit", "verify")
    assert result.exit_code == 3
    assert "INS-000" in result.stderr
    assert run("--home", home, "audit", "verify", "--records-only").exit_code == 0


@pytest.mark.requirement("REG-016", "REG-018")
def test_show_filters_and_the_export_is_an_event(run_as: Run, home: Path, tmp_path: Path) -> None:
    shown = json.loads(run_as("audit", "show", "--actor", "ada", "--last", "1", "--json").stdout)
    assert [event["action"] for event in shown] == ["sign in"]
    assert "No event fits." in run_as("audit", "show", "--subject", "Alert").stdout
    out = tmp_path / "trail"
    said = json.loads(run_as("audit", "export", "--out", str(out), "--json").stdout)
    assert len((out / "audit.jsonl").read_text().splitlines()) == said["events"]
    exported = json.loads(run_as("audit", "show", "--action", "export", "--json").stdout)
    assert exported[0]["actor"] == "ada", "who takes it out is named, not a routine"
    told = json.loads(exported[0]["new"])
    assert (told["events"], told["head"]) == (said["events"], said["head"])
    assert told["files"] == {path.name: file_digest(path) for path in out.iterdir()}
    assert run_as("audit", "verify").exit_code == 0


def test_a_cut_off_tail_is_exit_code_3_where_the_trail_was_anchored(
    run_as: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Not anchored" in run_as("audit", "verify").stdout
    refused = run_as("audit", "anchor")
    assert refused.exit_code == 1
    assert "RADVIGIL_ANCHORS" in refused.stderr
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "elsewhere"))
    assert run_as("audit", "anchor").exit_code == 0
    assert "No event since" in run_as("audit", "anchor").stdout
    assert json.loads(run_as("audit", "verify", "--json").stdout)["anchors"] == 1
    with sqlite3.connect(Workspace(home).database) as raw:
        raw.execute("DROP TRIGGER audit_event_no_delete")
        anchored = "SELECT max(sequence) - 1 FROM audit_event WHERE action = 'anchor'"
        last = raw.execute(anchored).fetchone()[0]
        raw.execute("DELETE FROM audit_event WHERE sequence >= ?", [last])
    raw.close()
    result = run_as("audit", "verify", "--json")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert found["first_bad_sequence"] == last
    assert any("cut off" in finding for finding in found["findings"])


def test_a_place_that_is_no_folder_is_bad_input(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for words in (("audit", "export"), ("document", "export", "DOC-0001")):
        refused = run(*words, "--out", tmp_path / "file" / "below", "--home", home)
        assert (refused.exit_code, "no folder to write to" in refused.stderr) == (2, True)


@pytest.mark.requirement("REG-016")
def test_the_history_of_a_record_is_shown_and_written(run_as: Run, tmp_path: Path) -> None:
    shown = run_as("audit", "history", "ACT-0001")
    assert shown.exit_code == 0, shown.output
    assert "full_name: Ada Quality" in shown.stdout
    out = tmp_path / "copies"
    written = json.loads(run_as("audit", "history", "Actor:1", "--out", out, "--json").stdout)
    assert sorted(written["files"]) == sorted(path.name for path in out.iterdir())
    assert any(name.endswith(".pdf") for name in written["files"])
    again = json.loads(run_as("audit", "history", "ACT-1", "--json").stdout)
    assert again["events"][-1]["event"]["action"] == "export"
    assert run_as("audit", "history", "ACT-77").exit_code == 1
    assert run_as("audit", "history", "nobody").exit_code == 2


def test_a_filtered_export_is_told_from_a_whole_one(run_as: Run, tmp_path: Path) -> None:
    out = tmp_path / "part"
    done = run_as("audit", "export", "--out", out, "--actor", "ada", "--pdf")
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in out.iterdir())
    assert names[:-1] == [
        "audit-extract-manifest.json", "audit-extract-manifest.json.sig", "audit-extract.csv",
        "audit-extract.jsonl", "audit-extract.pdf", "audit-extract.pdf.sig",
    ]
    whole = tmp_path / "whole"
    assert run_as("audit", "export", "--out", whole).exit_code == 0
    assert sorted(path.name for path in whole.iterdir())[:-1] == [
        "audit.csv", "audit.jsonl", "manifest.json", "manifest.json.sig"
    ]
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["sha256"]["audit.jsonl"] == file_digest(whole / "audit.jsonl")


@pytest.mark.requirement("R-P11-10g")
def test_a_sample_is_drawn_again_by_its_seed_and_an_unknown_kind_lists_the_known(
    run_as: Run,
) -> None:
    for name in ("north", "south", "west"):
        assert run_as("user", "add", name, "--full-name", name.title(), "--role", "quality"
                      ).exit_code == 0  # fmt: skip
        assert run_as("user", "qualify", name, "--for", "review", "--until", "2099-01-01",
                      "--evidence", "course", "--reason", "trained").exit_code == 0
    words = ("audit", "sample", "--of", "qualification", "--count", "2", "--json")
    first = json.loads(run_as(*words).stdout)
    assert (first["population"], len(first["drawn"])) == (3, 2)
    again = json.loads(run_as(*words, "--seed", str(first["seed"])).stdout)
    assert again["drawn"] == first["drawn"]
    assert run_as("audit", "sample", "--of", "qualification", "--year", "1999").exit_code == 1
    unknown = run_as("audit", "sample", "--of", "complaints")
    assert (unknown.exit_code, "Known: device, site" in unknown.output) == (2, True)
    assert run_as(*words, "--year", "2026", "--since", "2026-01-01").exit_code == 2
