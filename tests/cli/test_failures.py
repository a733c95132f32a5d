"""A refusal is one sentence; an unexpected failure is logged without any value."""

import json
from pathlib import Path

import pytest
import typer

from cli.failures import report_failure, write_failure
from records.errors import IntegrityBroken, InvalidInput, NotAllowed, RadvigilError


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


def test_the_command_lines_own_refusals_pass_through() -> None:
    for own in (typer.BadParameter("x"), typer.Exit(2), typer.Abort()):
        with pytest.raises(type(own)):
            report_failure(own, home=None)


def fail_with(words: str) -> Exception:
    try:
        raise KeyError(words)
    except KeyError as failure:
        return failure


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
