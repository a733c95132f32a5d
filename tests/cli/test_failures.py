"""A refusal is one sentence; an unexpected failure is logged without any value."""

import errno
import json
from pathlib import Path

import pytest
import typer

from cli.failures import report_failure, write_failure
from records.errors import IntegrityBroken, InvalidInput, NotAllowed, RadvigilError
from records.settings import Workspace
from records.store import Store
from tests.cli.conftest import Run
from tests.journeys import external_workspace as outside


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RadvigilError("No.", hint="Do this."), 1), (NotAllowed("No.", hint="Do this."), 1),
        (InvalidInput("No.", hint="Do this."), 2), (IntegrityBroken("No.", hint="Do this."), 3),
    ],
)
def test_a_refusal_has_its_exit_code_and_one_sentence(
    failure: RadvigilError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_failure(failure, home=None) == code
    assert capsys.readouterr().err == "radvigil: No. Do this.\n"


def test_a_refusal_that_names_an_image_names_its_study_too(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    outside.take_in(store, outside.draw(["northfield"], [0], daily=2, seed=1))
    home, lost = store.workspace.home, "The bytes that INS-0002 names are missing."
    report_failure(IntegrityBroken(lost), home=home)
    assert capsys.readouterr().err.endswith(f"{lost} INS-0002 is of STU-0002.\n")
    for said, place in ((f"STU-0002: {lost}", home), (lost, home / "none")):
        report_failure(IntegrityBroken(said), home=place)
        assert "is of" not in capsys.readouterr().err


def test_the_command_lines_own_refusals_pass_through() -> None:
    for own in (typer.BadParameter("x"), typer.Exit(2), typer.Abort()):
        with pytest.raises(type(own)):
            report_failure(own, home=None)


def fail_with(words: str) -> Exception:
    try:
        raise KeyError(words)
    except KeyError as failure:
        return failure


def fail_now() -> None:
    raise fail_with("now")


def test_an_unexpected_failure_is_logged_by_kind_and_place_without_values(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_failure(fail_with("Zwetschkenbaum^Ottilie"), home=home) == 1
    said = capsys.readouterr().err
    log = home / "logs" / "failures.jsonl"
    assert str(log) in said
    assert "KeyError" in said
    line = json.loads(log.read_text())
    assert line["kind"] == "KeyError"
    assert line["where"][-1].startswith("cli/test_failures.py:")
    assert "Zwetschkenbaum" not in said + log.read_text()


def test_without_a_workspace_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_failure(fail_with("x"), tmp_path / "none") is None
    assert report_failure(fail_with("secret"), home=tmp_path / "none") == 1
    said = capsys.readouterr().err
    assert "cli/test_failures.py:" in said
    assert "secret" not in said
    assert not (tmp_path / "none").exists()


def test_a_failure_is_logged_in_the_workspace_that_the_verb_named(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Workspace(tmp_path / "elsewhere").create()
    monkeypatch.setenv("RADVIGIL_HOME", str(elsewhere.home))
    monkeypatch.setattr("records.lookup.find_events", lambda *_, **__: fail_now())
    result = run("audit", "show", "--home", home)
    assert result.exit_code == 1
    assert str(home) in result.stderr
    assert (home / "logs" / "failures.jsonl").is_file()
    assert not (elsewhere.home / "logs").exists()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("RADVIGIL_WORKERS", "0", ("study", "ingest", ".", "--site", "north")),
        ("RADVIGIL_DATABASE_URL", "garbage:secret", ("audit", "verify")),
        ("RADVIGIL_DATABASE_URL", "postgresql://h:port/secret", ("study", "list")),
    ],
)
def test_a_bad_environment_variable_is_exit_code_2_and_named(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("--home", home, *words)
    assert result.exit_code == 2, result.output
    assert variable in result.stderr
    assert "secret" not in result.stderr
    assert not (home / "logs").exists()


LONG = "x" * 300

BAD_PATHS: dict[str, tuple[str, ...]] = {
    "a home that is a file": ("--home", "a-file", "audit", "verify"),
    "a home to make that is a file": ("--home", "a-file", "study", "ingest", ".", "--site", "n"),
    "a home through a file": ("--home", "a-file/x", "study", "ingest", ".", "--site", "n"),
    "a home with too long a name": ("--home", LONG, "audit", "verify"),
    "an export to a file": ("audit", "export", "--out", "a-file"),
    "an export through a file": ("audit", "export", "--out", "a-file/x"),
    "an export to too long a name": ("audit", "export", "--out", LONG),
    "a document to a file": ("document", "export", "DOC-0001", "--out", "a-file"),
    "a device file that is a folder":
        ("device", "new", "x", "--like", "chest-radiograph-pneumonia", "--out", "a-folder"),
    "files with too long a name": ("study", "ingest", LONG, "--site", "n"),
    "data with too long a name": ("demo", "--data", LONG, "--home", "new"),
    "more than there can be": ("audit", "show", "--last", "9" * 21),
    "more studies than there can be": ("study", "list", "--last", "9" * 21),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_PATHS)
def test_a_path_or_number_that_cannot_be_is_exit_code_2(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "a-folder").mkdir()
    monkeypatch.setenv("RADVIGIL_HOME", str(home))
    result = run(*BAD_PATHS[case])
    assert result.exit_code == 2, result.output
    assert "unexpected" not in result.stderr
    assert not (home / "logs").exists()


def test_a_disk_that_refuses_is_no_fault_of_the_program_and_names_no_file(
    capsys: pytest.CaptureFixture[str]
) -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", "Zwetschkenbaum.dcm")
    assert report_failure(refused, home=None) == 1
    said = capsys.readouterr().err
    assert "Permission denied" in said
    assert "Zwetschkenbaum" not in said
