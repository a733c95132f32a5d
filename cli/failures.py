"""What a person sees when something is refused or breaks: one sentence, and the right exit code.

An unexpected failure is written to ``logs/failures.jsonl`` in the workspace as the kind of the
failure and where in the program it arose: never a value, because a value may name a patient.
"""

import json
import traceback
from pathlib import Path

import typer
from typer.exceptions import TyperException

UNEXPECTED = 1


def report_failure(failure: Exception, *, home: Path | None) -> int:
    """Say what was refused; the exit code. The command line's own refusals pass through."""
    if isinstance(failure, (TyperException, typer.Exit, typer.Abort, BrokenPipeError)):
        raise failure
    from records.errors import RadvigilError

    if isinstance(failure, RadvigilError):
        typer.echo(f"radvigil: {failure}", err=True)
        return failure.exit_code
    return _report_unexpected(failure, home)


def _report_unexpected(failure: Exception, home: Path | None) -> int:
    place = write_failure(failure, home)
    where = f"What is known, without any patient's data, is in {place}." if place else (
        "It arose at: " + "; ".join(_frames(failure)[-3:])
    )
    typer.echo(f"radvigil: something unexpected happened ({_kind(failure)}). {where}", err=True)
    return UNEXPECTED


def write_failure(failure: Exception, home: Path | None) -> Path | None:
    """Append the failure to the workspace's log; None where there is no workspace."""
    from datetime import UTC, datetime

    from records.settings import find_workspace

    workspace = find_workspace(home)
    if not workspace.exists:
        return None
    log = workspace.home / "logs" / "failures.jsonl"
    log.parent.mkdir(exist_ok=True)
    line = {"at": datetime.now(UTC).isoformat(), "kind": _kind(failure), "where": _frames(failure)}
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return log


def _kind(failure: Exception) -> str:
    return f"{type(failure).__module__}.{type(failure).__qualname__}".removeprefix("builtins.")


def _frames(failure: Exception) -> list[str]:
    frames = traceback.extract_tb(failure.__traceback__)
    return [
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in frames
    ]
