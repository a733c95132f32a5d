"""``radvigil demo`` at the door: what is refused, and what is shown while it runs."""

from pathlib import Path

import pytest
from rich.progress import Progress

from cli.demo import Bars, PlainLines
from tests.cli.conftest import Run


def test_a_live_workspace_is_refused_and_untouched(run: Run, home: Path, arrivals: Path) -> None:
    assert run("--home", home, "study", "ingest", arrivals, "--site", "north").exit_code == 0
    before = run("--home", home, "audit", "verify", "--json").stdout
    result = run("demo", "--home", home)
    assert result.exit_code == 1
    assert "live" in result.stderr
    assert run("--home", home, "audit", "verify", "--json").stdout == before


def test_a_folder_of_somebody_else_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    result = run("demo", "--home", tmp_path / "mine")
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--external", "other"), "--data"),
        (("--seed", "-1"), "whole number from 0"),
        (("--label-column", "y"), "--data"),
        (("--data", "nowhere"), "neither a folder nor"),
        (("--device", "hip-replacement"), "There is no device"),
        (("--device", "breast-ultrasound-lesion"), "no simulated studies"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_a_workspace_is_made(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    result = run("demo", *words, "--home", tmp_path / "new")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "new").exists()


def test_the_options_of_the_issue_are_there(run: Run) -> None:
    said = run("demo", "--help").output
    for option in (
        "--device", "--data", "--external", "--home", "--seed", "--no-drift", "--again", "--json",
        "--file-column", "--label-column", "--patient-column", "--site-column", "--age-column",
        "--sex-column", "--view-column", "--date-column", "--positive-label",
        "--negative-label",
    ):
        assert option in said


def test_without_a_terminal_a_step_is_lines_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = PlainLines()
    lines.begin("train", "Train the model")
    for done in range(31):
        lines.advance(done, 30)
    lines.advance(0, 0)
    lines.end("train", {}, 1.25)
    lines.end("release", {}, 4.0)
    captured = capsys.readouterr()
    assert captured.out == ""
    said = captured.err.splitlines()
    assert said[0] == "Train the model ..."
    assert said[1] == "  train: 3 of 30"
    assert len(said) == 13
    assert said[-2:] == ["  train: done, 1.2 s", "  release: finished before, 4.0 s"]


def test_on_a_terminal_a_step_is_a_bar() -> None:
    with Progress(disable=True) as progress:
        bars = Bars(progress)
        bars.advance(1, 2)
        bars.end("define", {}, 0.0)
        bars.begin("train", "Train the model")
        bars.advance(1, 2)
        bars.end("train", {}, 1.0)
    assert [task.description for task in progress.tasks] == [
        "define (finished before)", "Train the model",
    ]
    assert all(task.finished for task in progress.tasks)
