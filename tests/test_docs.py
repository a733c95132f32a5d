"""What the documentation says is so: commands, targets, pictures, files, version, paths."""

import re
import runpy
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from cli.app import NOUNS, app, load_noun
from records.settings import REPOSITORY

PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".sh", ".typ", ".css", ".ini", ".json", ""}
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|home|tmp|Users)/\w")
PLACEHOLDER = re.compile(r"[A-Z_]{3,}\.(?:py|yaml)$")
PICTURE_BYTES = 250_000


def page(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> Iterator[str]:
    yield from re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> Iterator[list[str]]:
    """The words of every command: lines of sh blocks, and radvigil or make between backticks."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines += re.findall(r"`((?:radvigil|make) [^`]+)`", prose)
    for line in lines:
        words = shlex.split(line, comments=True)
        if words:
            yield [words[0].removeprefix(".venv/bin/"), *words[1:]]


def options_of(command: Any) -> set[str]:
    return {name for one in command.params for name in one.opts} | {"--help"}


def said_radvigil() -> list[list[str]]:
    return [words for name in PAGES for words in commands(page(name)) if words[0] == "radvigil"]


def said_make() -> list[str]:
    return [words[1] for name in PAGES for words in commands(page(name)) if words[0] == "make"]


def test_what_is_pasted_from_a_page_runs_without_anything_on_the_path() -> None:
    """docs/commands.md says once what the bare name stands for; blocks are pasted unread."""
    named = "|".join(map(re.escape, (*NOUNS, "--home", "--help")))
    bare = re.compile(rf"(?:^\s*(?:\$ )?|; )radvigil (?:{named})\b")
    for path in sorted((REPOSITORY / "docs").glob("*.md")):
        if path.name == "commands.md":
            continue
        inside = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            inside ^= line.startswith("```")
            said = bare.search(line) if inside or line.startswith("    ") else None
            assert said is None, f"docs/{path.name}, line {number}: write .venv/bin/radvigil"


def test_the_pages_speak_of_commands_and_targets() -> None:
    assert len(said_radvigil()) >= 8
    assert {"demo", "test", "serve", "dagster"} <= set(said_make())


@pytest.mark.requirement("R-P11-10k")
@pytest.mark.parametrize("words", said_radvigil(), ids=" ".join)
def test_every_radvigil_command_of_the_pages_exists(words: list[str]) -> None:
    rest = words[1:]
    if rest[0].startswith("-"):
        assert rest[0] in {"--help", "--version"}
        return
    assert rest[0] in NOUNS
    command = load_noun(rest[0])
    verbs = getattr(command, "commands", {})
    if verbs:
        assert rest[1] in verbs
        command = verbs[rest[1]]
    typed = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert typed <= options_of(command)


@pytest.mark.parametrize("target", sorted(set(said_make())))
def test_every_make_target_of_the_pages_exists(target: str) -> None:
    assert re.search(rf"^{re.escape(target)}:", page("Makefile"), re.MULTILINE)


def test_every_option_in_the_table_of_columns_exists() -> None:
    named = set(re.findall(r"`(--[a-z-]+)`", page("README.md")))
    known = {"--torch-backend"}
    for noun in NOUNS:
        command = load_noun(noun)
        for one in (command, *getattr(command, "commands", {}).values()):
            known |= options_of(one)
    assert named <= known


def test_every_picture_exists_is_used_and_is_small() -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)", page("README.md")))
    kept = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "docs" / "pictures").iterdir()
    }
    assert shown == kept
    assert shown
    for name in shown:
        content = (REPOSITORY / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) <= PICTURE_BYTES, f"{name} is too large for a page"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page(name)):
        assert target.startswith("https://") or (REPOSITORY / target).exists(), target


def test_the_python_of_the_readme_is_what_there_is() -> None:
    import radvigil

    code = "\n".join(blocks(page("README.md"), "python"))
    compile(code, "README.md", "exec")
    assert callable(radvigil.open)
    assert hasattr(radvigil.Records, "frame")


@pytest.mark.requirement("R-P11-10k")
def test_the_page_of_commands_is_what_the_command_line_says() -> None:
    write = runpy.run_path(str(REPOSITORY / "scripts" / "write_commands.py"))
    assert page("docs/commands.md") == write["commands_page"](), (
        "docs/commands.md is stale: run .venv/bin/python scripts/write_commands.py"
    )


@pytest.mark.requirement("REG-002")
def test_the_page_of_people_and_roles_is_what_the_tables_say() -> None:
    write = runpy.run_path(str(REPOSITORY / "scripts" / "write_people_and_roles.py"))
    assert page("docs/people-and-roles.md") == write["people_page"](), (
        "docs/people-and-roles.md is stale: run .venv/bin/python scripts/write_people_and_roles.py"
    )


def test_the_page_of_commands_says_what_the_terminal_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from typer.testing import CliRunner

    monkeypatch.setenv("COLUMNS", "400")
    printed = " ".join(CliRunner().invoke(app, ["study", "ingest", "--help"]).output.split())
    _, _, section = page("docs/commands.md").partition("### radvigil study ingest")
    section = section.partition("\n### ")[0]
    for said in re.findall(r"^\| `(--[a-z]+)", section, re.MULTILINE):
        assert said in printed
    assert "Take files in: de-identify, measure quality, store" in section
    assert "Take files in: de-identify, measure quality, store" in printed


def test_the_recipes_name_files_that_exist() -> None:
    rows = [line for line in page("CONTRIBUTING.md").splitlines() if line.startswith("| a")]
    assert len(rows) >= 7
    for row in rows:
        for said in re.findall(r"`([\w./-]+)`", row):
            if "/" not in said and "." not in said:
                continue
            places = [REPOSITORY / said, REPOSITORY / "regulatory" / "documents" / said]
            if PLACEHOLDER.search(said):
                places = [place.parent for place in places]
            assert any(place.exists() for place in places), said


@pytest.mark.requirement("R-P11-10k")
def test_the_changelog_has_the_version() -> None:
    version = tomllib.loads(page("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", page("CHANGELOG.md"), re.MULTILINE)


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert MACHINE_PATH.search("see " + "/".join(("", "tmp", "demo")))
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the repository is not known")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    found = []
    for name in listed:
        path = REPOSITORY / name
        if path.suffix not in TEXT or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [
            f"{name}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if MACHINE_PATH.search(line)
        ]
    assert found == []
