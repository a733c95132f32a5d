"""Help, options that work before and after the noun, and what importing the command line brings."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.app import NOUNS, LazyGroup, load_noun
from cli.options import ACT, LOOK
from tests.cli.conftest import Run

HEAVY = (
    "torch", "dagster", "pandas", "evidently", "great_expectations", "streamlit", "sqlalchemy",
    "sqlmodel", "pydantic", "numpy", "scipy", "pydicom", "dvc", "records", "journeys",
)  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh Python holds after running this."""
    script = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_lists_every_noun_and_reads_none(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, noun in NOUNS.items():
        assert name in result.output
        assert noun.help in result.output


def test_help_pays_for_typer_only() -> None:
    loaded = loaded_by(
        "from cli.app import app\n"
        "try: app(['--help'], prog_name='radvigil')\n"
        "except SystemExit: pass"
    )
    assert loaded.isdisjoint(HEAVY)


def test_nouns_import_nothing_heavy_until_a_verb_runs() -> None:
    modules = "; ".join(f"import {noun.module}" for noun in NOUNS.values())
    assert loaded_by(modules).isdisjoint(HEAVY)


VERBS = {"demo", "find", "pipeline", "serve", "backup", "restore", "open-sealed", "reseal"}
"""What has no noun."""


@pytest.mark.parametrize("name", sorted(set(NOUNS) - VERBS))
def test_every_verb_stands_under_look_or_act_and_looking_takes_json(name: str) -> None:
    for verb, command in load_noun(name).commands.items():
        panel = command.rich_help_panel
        assert panel in (LOOK, ACT) or panel.startswith("Stages of dvc.yaml"), verb
        assert command.help, verb
        options = {option for param in command.params for option in param.opts}
        if panel == LOOK and (name, verb) != ("model", "workspace"):
            assert "--json" in options, verb
        outside = verb in ("new", "simulate-ct") or (name, verb) == ("dataset", "check")
        if panel in (LOOK, ACT) and not outside:  # those open no workspace
            assert "--home" in options, verb


def test_an_empty_path_is_refused_and_nothing_is_written_where_one_stands(
    run: Run, run_as: Run, home: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    for result in (
        run_as("audit", "export", "--out", ""), run_as("audit", "history", "ACT-0001", "--out", ""),
        run_as("document", "export", "DOC-0001", "--out", ""), run_as("backup", "--to", ""),
        run("restore", "", "--home", tmp_path / "new"), run("--home", "", "audit", "verify"),
        run("audit", "verify", "--home", ""), run("open-sealed", "some.sealed", "--out", ""),
    ):
        assert result.exit_code == 2, result.output
        assert "The path is empty. Name one; '.' is the current folder." in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_every_path_of_every_verb_is_asked_so() -> None:
    asked = set()
    for name in NOUNS:
        noun = load_noun(name)
        for verb in getattr(noun, "commands", {"": noun}).values():
            for one in verb.params:
                if one.type_descriptor.annotation is Path:
                    with pytest.raises(typer.BadParameter, match="path is empty"):
                        one.process_value(typer.Context(verb), "")
                    asked.add(one.name)
    assert {"home", "out", "to", "key_file", "path"} <= asked


def test_version_is_told(run: Run) -> None:
    assert run("--version").output.startswith("radvigil 0.")


def test_a_misspelt_noun_is_a_usage_error_with_a_suggestion(run: Run) -> None:
    result = run("studdy", "list")
    assert result.exit_code == 2
    assert "study" in result.output


def test_a_looking_verb_without_a_workspace_names_the_path_that_it_tried(
    run: Run, tmp_path: Path
) -> None:
    for words in (
        ("--home", tmp_path / "none", "study", "list"),
        ("study", "list", "--home", tmp_path / "none"),
    ):
        result = run(*words)
        assert result.exit_code == 1
        assert str(tmp_path / "none") in result.stderr
        assert "Traceback" not in result.output
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("value", ["cuda", "cuda:1", "CPU", "mps"])
def test_device_is_the_medical_device(run: Run, home: Path, value: str) -> None:
    result = run("--home", home, "model", "train", "--device", value)
    assert result.exit_code == 2
    assert "--accelerator" in result.stderr
    assert "medical device" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("site", "list"), ("study", "list"), ("study", "quarantine"), ("device", "list"),
        ("dataset", "list"), ("model", "list"), ("alert", "list"), ("change", "list"),
        ("user", "list"), ("audit", "show"), ("document", "list"), ("monitor", "show"),
    ],
)
def test_looking_at_an_empty_workspace_says_so_and_json_is_an_empty_list(
    run: Run, home: Path, words: tuple[str, ...]
) -> None:
    said, data = run("--home", home, *words), run("--home", home, *words, "--json")
    assert (said.exit_code, data.exit_code) == (0, 0), said.output + data.output
    assert said.stdout.startswith("No")
    assert data.stdout.strip() == "[]"


@pytest.mark.parametrize("end", [KeyboardInterrupt, typer.Abort])
def test_an_interrupted_verb_says_so_in_one_line_and_exits_as_shells_expect(
    end: type[BaseException],
) -> None:
    interrupted = typer.Typer(cls=LazyGroup)

    @interrupted.command()
    def wait() -> None:
        raise end

    @interrupted.callback()
    def root() -> None: ...

    result = CliRunner().invoke(interrupted, ["wait"])
    assert result.exit_code == 130
    assert result.stderr == "radvigil: interrupted; what was finished is kept.\n"
