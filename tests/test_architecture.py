"""The house is built as it is drawn: contracts, file and function sizes, names, the glossary."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.settings import REPOSITORY
from tests.conftest import MARKED

ROOMS = ("measures", "records", "imaging", "models", "monitoring", "regulatory", "journeys",
         "pipelines", "dashboards", "cli", "gateway", "radvigil")  # fmt: skip
BANNED = re.compile(r"(^|_)(utils?|helpers?|common|managers?|process|handle|misc)(_|$)")


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((REPOSITORY / room).rglob("*.py"))


@pytest.mark.parametrize(
    "path", list(sources()), ids=lambda path: str(path.relative_to(REPOSITORY))
)
def test_a_file_tells_one_short_story(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert len(path.read_text().splitlines()) <= 400
    assert ast.get_docstring(tree), "a module opens with what it is for"
    assert not BANNED.search(path.stem)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert _body_lines(node) <= 60, f"{node.name} does too much"


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_every_public_name_says_what_it_promises() -> None:
    silent = []
    for path in sources():
        for node in ast.parse(path.read_text()).body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{path.relative_to(REPOSITORY)}: {node.name}")
    assert silent == []


@pytest.mark.parametrize("folder", MARKED)
def test_every_test_of_a_marked_folder_bears_a_mark(folder: str) -> None:
    """What bears none would never run: the plain suite does not load the folder."""
    wanted = {f"pytest.mark.{mark}" for mark in MARKED[folder]}
    bare = []
    for path in (REPOSITORY / "tests" / folder).rglob("test_*.py"):
        tree = ast.parse(path.read_text())
        whole = [
            node.value for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        ]  # fmt: skip
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = " ".join(ast.unparse(one) for one in [*whole, *node.decorator_list])
                if not any(one in marks for one in wanted):
                    bare.append(f"{path.name}: {node.name}")
    assert bare == []


def test_every_record_is_in_the_glossary() -> None:
    from records.tables import RECORDS

    glossary = (REPOSITORY / "ARCHITECTURE.md").read_text()
    assert [one.__name__ for one in RECORDS if f"**{one.__name__}**" not in glossary] == []


def test_usage_statistics_are_off_in_one_place() -> None:
    from records.quiet import QUIET, switch_off_usage_statistics

    switch_off_usage_statistics()
    import os

    assert all(os.environ[name] == value for name, value in QUIET.items())
    assert {"DO_NOT_TRACK", "GX_ANALYTICS_ENABLED", "DVC_NO_ANALYTICS"} <= set(QUIET)


@pytest.mark.parametrize(
    "room", ["cli.app", "pipelines.definitions", "records.store", "journeys", "gateway.app"]
)
def test_importing_a_room_loads_nothing_heavy(room: str) -> None:
    code = (
        f"import {room}, sys;"
        "heavy = {'torch', 'scipy.stats', 'evidently', 'great_expectations', 'matplotlib'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_the_lock_holds_no_gpu_packages_and_no_local_versions() -> None:
    lock = (REPOSITORY / "requirements.txt").read_text()
    assert not re.search(r"^(nvidia-|triton)", lock, re.MULTILINE)
    assert "+cpu" not in lock
    assert re.search(r"^torch==", lock, re.MULTILINE)
