"""``radvigil study``: every file is accounted for, with no device yet, and twice is harmless."""

import json
from pathlib import Path

import pytest

from records.cases import GateResult
from records.clock import mark_workspace
from records.product import WorkspaceKind
from records.settings import Workspace
from records.store import open_store
from tests.cli.conftest import Run, write_radiograph
from tests.conftest import NOW
from tests.imaging.rejecting import note_about


def ingest(run: Run, home: Path, path: Path, *more: str) -> dict[str, object]:
    result = run("study", "ingest", path, "--site", "north", "--home", home, "--json", *more)
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    return found


def test_good_and_bad_files_are_accounted_for_in_a_workspace_made_on_the_way(
    run: Run, tmp_path: Path, arrivals: Path
) -> None:
    home = tmp_path / "new"
    found = ingest(run, home, arrivals)
    assert list(found) == ["files", "stored", "duplicate", "quarantined"]
    quarantined = found["quarantined"]
    assert isinstance(quarantined, dict)
    assert (found["files"], found["stored"], found["duplicate"]) == (4, 2, 0)
    assert sum(quarantined.values()) == 2
    assert len(list((home / "quarantine").iterdir())) == 2
    again = ingest(run, home, arrivals)
    assert (again["stored"], again["duplicate"], again["quarantined"]) == (0, 2, quarantined)
    studies = json.loads(run("--home", home, "study", "list", "--json").stdout)
    assert [one["site"] for one in studies] == ["north", "north"]
    refused = json.loads(run("--home", home, "study", "quarantine", "--json").stdout)
    assert sorted(one["reason"] for one in refused) == sorted(quarantined)


def test_what_was_sent_again_is_told_in_its_own_words_and_is_no_duplicate(
    run: Run, home: Path, tmp_path: Path
) -> None:
    def take(*files: Path) -> list[str]:
        folder = tmp_path / files[0].stem
        folder.mkdir()
        for one in files:
            one.rename(folder / one.name)
        result = run("study", "ingest", folder, "--site", "north", "--home", home)
        assert result.exit_code == 0, result.output
        assert "Zwetschkenbaum" not in result.output
        return [line.strip() for line in result.stdout.splitlines()]

    def file(name: str, number: int, **changes: str) -> Path:
        return write_radiograph(tmp_path / f"{name}.dcm", number, **changes)

    first = take(*(file(f"first{number}", number) for number in (1, 2, 3)))
    assert first == ["3 files: 3 stored, 0 duplicates."]
    note = tmp_path / "note.dcm"
    uid = "1.2.826.0.1.3680043.2.1125.3.3"
    note.write_bytes(note_about("113037", [uid]))
    told = take(
        file("moved", 1, PatientID="QX-9"), file("named", 2, PatientName="Nussbaum^Rosa"),
        file("same", 3, InstitutionName="Elsewhere"), file("copy", 3), note,
    )  # fmt: skip
    assert told == [
        "5 files: 0 stored, 1 duplicate.",
        "1 sent again: with other details of patient or study, which were corrected",
        "1 sent again: of another patient, to whom the study was moved",
        "1 sent again: with nothing to correct",
        "1 stored image taken back by a rejection note: not read any more",
        "1 in quarantine: rejection_note:113037 (rejected for patient safety reasons)",
        "'radvigil study explain' tells what was corrected of a study.",
    ]


@pytest.mark.requirement("REG-110")
def test_what_was_done_to_a_study_is_told_attribute_by_attribute(
    run: Run, home: Path, arrivals: Path
) -> None:
    ingest(run, home, arrivals)
    words = ("--home", home, "study", "deidentification", "STU-0001")
    found = json.loads(run(*words, "--json").stdout)
    assert (found["images"], found["profile"]) == (1, ["Radvigil basic 2"])
    assert found["pixels"] == ["not_looked_through"]
    assert "C: dates" in found["safe_harbor_unmet"]
    (one,) = found["runs"].values()
    assert "00100010" in one["tags"]["D"]
    assert sum(found["actions"].values()) == sum(one["counts"].values())
    assert "Zwetschkenbaum" not in run(*words).output


def test_no_identifier_is_printed_or_stored_in_the_open(
    run: Run, home: Path, arrivals: Path
) -> None:
    said = run("study", "ingest", arrivals, "--site", "north", "--home", home)
    listed = run("--home", home, "study", "list", "--json")
    for text in (said.output, listed.output):
        assert "Zwetschkenbaum" not in text
        assert "QX-1" not in text
    for path in home.rglob("*"):
        if path.is_file() and path.parent.name != "quarantine":
            assert b"Zwetschkenbaum" not in path.read_bytes(), path


@pytest.mark.requirement("R-P11-10h")
def test_a_single_file_is_taken_in_and_the_new_site_is_unconfirmed(
    run: Run, home: Path, arrivals: Path
) -> None:
    assert ingest(run, home, arrivals / "a.dcm")["stored"] == 1
    sites = json.loads(run("--home", home, "site", "list", "--json").stdout)
    assert [(one["site"], one["site_status"]) for one in sites] == [("north", "unconfirmed")]


def test_intake_is_a_service_with_the_system_user_on_record(
    run: Run, home: Path, arrivals: Path
) -> None:
    ingest(run, home, arrivals / "a.dcm")
    events = json.loads(run("--home", home, "audit", "show", "--json").stdout)
    assert {event["actor"] for event in events} == {"radvigil", "service:intake"}
    start = next(event for event in events if event["action"] == "start")
    assert json.loads(start["new"])["operating_system_user"]


def test_what_cannot_be_read_is_said_and_the_call_fails(
    run: Run, home: Path, arrivals: Path
) -> None:
    (arrivals / "moved.dcm").symlink_to(arrivals / "nowhere.dcm")
    (arrivals / ".DS_Store").write_bytes(b"x")
    result = run("study", "ingest", arrivals, "--site", "north", "--home", home)
    assert result.exit_code == 1
    assert "1 of them could not be read" in result.stderr
    assert "1 in quarantine: unreadable" in result.stdout
    assert "1 skipped" in result.stdout


@pytest.mark.parametrize("words", [("--site", "north"), ()])
def test_a_path_that_is_not_there_is_refused_and_makes_no_workspace(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    result = run("study", "ingest", tmp_path / "none", *words, "--home", tmp_path / "new")
    assert result.exit_code in (1, 2)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["", "../north", "north east", "x" * 65, "-north", "nörd"])
def test_a_site_is_a_plain_word(run: Run, tmp_path: Path, arrivals: Path, name: str) -> None:
    result = run("study", "ingest", arrivals, f"--site={name}", "--home", tmp_path / "new")
    assert result.exit_code == 2
    assert "is no name of a site" in result.stderr
    assert not (tmp_path / "new").exists()


def test_no_study_enters_a_demonstration(run: Run, tmp_path: Path, arrivals: Path) -> None:
    store = open_store(Workspace(tmp_path / "demo").create(), url="")
    with store.transaction("radvigil", now=NOW) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=NOW, seed=1)
    store.close()
    result = run("study", "ingest", arrivals, "--site", "north", "--home", tmp_path / "demo")
    assert result.exit_code == 1
    assert "is a demonstration" in result.stderr
    assert list((tmp_path / "demo" / "quarantine").iterdir()) == []


def test_with_a_device_what_it_cannot_read_is_quarantined(
    run_as: Run, run: Run, home: Path, tmp_path: Path
) -> None:
    words = ("device", "define", "chest-radiograph-pneumonia", "--reason", "first")
    assert run_as(*words).exit_code == 0
    folder = tmp_path / "mixed"
    folder.mkdir()
    write_radiograph(folder / "a.dcm", 1)
    write_radiograph(folder / "b.dcm", 2, ViewPosition="LL")
    found = ingest(run, home, folder)
    assert found["stored"] == 1
    assert sum(dict(found["quarantined"]).values()) == 1  # type: ignore[call-overload]


def test_the_truth_of_development_studies_is_recorded_from_a_list(
    run_as: Run, tmp_path: Path
) -> None:
    early = run_as("study", "truth", tmp_path / "none.csv")
    assert (early.exit_code, "No device is defined" in early.stderr) == (1, True)
    assert run_as("device", "define", "chest-radiograph-pneumonia", "--reason", "a").exit_code == 0
    missing = run_as("study", "truth", tmp_path / "none.csv")
    assert (missing.exit_code, "There is no truth list" in missing.stderr) == (2, True)
    file = write_radiograph(tmp_path / "a.dcm", 1)
    taken = run_as("study", "ingest", file, "--site", "north", "--purpose", "development")
    assert taken.exit_code == 0, taken.output
    truths = tmp_path / "truth.csv"
    truths.write_text(
        "study_uid,site,study_date,finding,source,readers,delay_days,reader,reader_finding\n"
        "1.2.826.0.1.3680043.2.1125.1.1,north,2026-02-14,1,consensus,a;b,,,\n"
    )
    assert "The truth of 1 study is recorded" in run_as("study", "truth", truths).stdout
    assert "The truth of 0 studies is recorded" in run_as("study", "truth", truths).stdout


def test_flags_and_acceptance_checks_are_told_and_taken_along(
    run: Run, home: Path, tmp_path: Path
) -> None:
    assert "No image broke a check." in run("study", "flags", "--home", home).output
    assert "Nothing was checked." in run("study", "checks", "--home", home).output
    store = open_store(Workspace(home), url="")
    rule = {
        "expectation": "expect_column_values_to_not_be_null", "column": "sex", "passed": False,
        "severity": "critical", "n": 2, "unexpected_count": 1, "unexpected_index": [1],
        "unexpected_records": ["INS-0002"], "observed": None, "error": "", "limits": {},
    }  # fmt: skip
    with store.transaction("service:intake", "check", now=NOW) as tx:
        tx.add(GateResult(suite="batch", scope="clinical arrivals", n=2, passed=False,
                          expectations=[rule], checked_at=NOW))
    store.close()
    assert "clinical arrivals" in run("study", "checks", "--home", home).output
    page = tmp_path / "check.html"
    told = run("study", "check", "GTE-0001", "--html", page, "--home", home)
    assert told.exit_code == 0, told.output
    assert "INS-0002" in told.output
    assert "INS-0002" in page.read_text()
    refused = run("study", "check", "GTE-0001", "--html", tmp_path / "no" / "x.html",
                  "--home", home)
    assert refused.exit_code == 2
    assert "cannot be written" in refused.output
