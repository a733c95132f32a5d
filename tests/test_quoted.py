"""No measure that no plan, page, document or published case quotes: each says who quotes it.

A public name of ``measures`` is quoted when product code or the adapter of an oracle topic comes to
it, itself or through another measure; or when a page of docs/statistics lists it under 'Quoted by',
with who quotes it or, after 'to come:', who will.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from records.settings import REPOSITORY

Name = tuple[str, str]
PRODUCT = ("models", "monitoring", "imaging", "regulatory", "records", "journeys", "pipelines",
           "dashboards", "cli", "gateway", "radvigil")  # fmt: skip
PAGES = REPOSITORY / "docs" / "statistics"
LISTED = re.compile(r"^\| *(?P<names>[^|]*`[^|]*) *\| *(?P<by>[^|]*?) *\|$", re.MULTILINE)
TO_COME = "to come: "


@cache
def modules() -> dict[str, ast.Module]:
    folder = REPOSITORY / "measures"
    return {f"measures.{one.stem}": ast.parse(one.read_text()) for one in folder.glob("*.py")}


@cache
def defined(module: str) -> dict[str, ast.stmt]:
    """Functions, classes and constants by name."""
    found: dict[str, ast.stmt] = {}
    for node in modules()[module].body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id: node for one in targets if isinstance(one, ast.Name)}
    return found


def imported(tree: ast.AST) -> dict[str, tuple[str, str]]:
    """What a file calls a measure, or a module of measures (then without a name)."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "measures":
            for one in node.names:
                whole = node.module == "measures"
                found[one.asname or one.name] = (
                    (f"measures.{one.name}", "") if whole else (str(node.module), one.name)
                )
    return found


def names_in(node: ast.AST, known: Mapping[str, tuple[str, str]], own: str = "") -> Iterator[Name]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            if known.get(one.id, ("", ""))[1]:
                yield known[one.id]
            elif own and one.id in defined(own):
                yield own, one.id
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            module, whole = known.get(one.value.id, ("", "x"))
            if not whole:
                yield module, one.attr


def reached(start: Iterable[Name]) -> set[Name]:
    """These names and all that they rest on."""
    found: set[Name] = set()
    left = list(start)
    while left:
        module, name = one = left.pop()
        if one in found or module not in modules() or name not in defined(module):
            continue
        found.add(one)
        left += rests_on(module, name)
    return found


@cache
def rests_on(module: str, name: str) -> tuple[Name, ...]:
    return tuple(names_in(defined(module)[name], known_in(module), module))


@cache
def known_in(module: str) -> Mapping[str, tuple[str, str]]:
    return imported(modules()[module])


@cache
def named_by(room: str) -> frozenset[Name]:
    """What the files of a room name of measures."""
    found: set[Name] = set()
    for path in (REPOSITORY / room).rglob("*.py"):
        text = path.read_text()
        if "measures" in text:
            tree = ast.parse(text)
            found |= set(names_in(tree, imported(tree)))
    return frozenset(found)


def used_by(*rooms: str) -> set[Name]:
    return reached(one for room in rooms for one in named_by(room))


@cache
def public() -> frozenset[Name]:
    return frozenset(
        (module, name) for module in modules() for name in defined(module) if name[0] != "_"
    )


def listed() -> Iterator[tuple[Path, str, str]]:
    """Page, name and quoter of each row under 'Quoted by'."""
    for page in sorted(PAGES.glob("*.md")):
        part = page.read_text().partition("\n## Quoted by\n")[2].partition("\n## ")[0]
        for row in LISTED.finditer(part):
            for name in re.findall(r"`(\w+)`", row["names"]):
                yield page, name, row["by"]


def test_every_measure_is_quoted_or_says_who_will_quote_it() -> None:
    told = {name for _, name, _ in listed()}
    start = {one for one in public() if one[1] in told}
    quoted = used_by(*PRODUCT, "tests/oracles") | reached(start)
    orphans = sorted(f"{module}.{name}" for module, name in public() - quoted)
    assert orphans == [], "quote it, list it on its page under 'Quoted by', or delete it"


def test_the_pages_list_no_measure_that_is_gone_and_name_who_quotes() -> None:
    known = {name for _, name in public()}
    rows = list(listed())
    assert rows
    assert [f"{page.name}: {name}" for page, name, _ in rows if name not in known] == []
    assert [f"{page.name}: {name}" for page, name, by in rows
            if len(by.removeprefix(TO_COME)) < 10] == []  # fmt: skip


def test_what_the_product_quotes_is_no_longer_said_to_come() -> None:
    here = {name for _, name in used_by(*PRODUCT)}
    late = [f"{page.name}: {name}" for page, name, by in listed()
            if by.startswith(TO_COME) and name in here]  # fmt: skip
    assert late == []


def test_a_measure_that_nothing_uses_is_found() -> None:
    tree = ast.parse("from measures import roc\nfrom measures.kappa import cohen_kappa\nroc.auc")
    assert set(names_in(tree, imported(tree))) == {("measures.roc", "auc")}
    assert ("measures.roc", "area_limits") in reached([("measures.roc", "auc")])
    assert ("measures.kappa", "cohen_kappa") not in reached([("measures.roc", "auc")])
