"""Every kind of document there is: how it is made, what an empty workspace gives, what is told."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from importlib import import_module
from inspect import signature

import pytest

from records.errors import NotFound, Refused
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.compile import Request, content_now, gaps_of
from regulatory.documents.content import Content, read_as_of
from regulatory.documents.identified import identify
from regulatory.documents.places import PLACES
from regulatory.documents.registry import DOCUMENTS, require_known
from regulatory.documents.writers.html import write_html
from regulatory.makers import MAKERS
from regulatory.readiness import NOT_MADE, Clause, readiness
from tests.regulatory.gathering import small_store as small

NOW: datetime = small.at(9)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A workspace in which a device is defined, and nothing else happened."""
    store = open_store(Workspace(tmp_path_factory.mktemp("empty") / "w").create(), url="")
    with store.transaction("demo.engineer", "define", now=NOW) as tx:
        small.add_device(tx)
    yield store
    store.close()


@pytest.fixture(scope="module")
def drafts(empty: Store) -> dict[str, Content | str]:
    """What each kind gives there: its content, or the reason why there is none."""
    found: dict[str, Content | str] = {}
    with empty.reader() as reader:
        for kind in DOCUMENTS:
            try:
                found[kind] = content_now(reader, Request(kind, small.DEVICE), now=NOW)[1]
            except (NotFound, Refused) as why:
                found[kind] = f"{why.message} {why.hint}"
    return found


@pytest.fixture(scope="module")
def told(empty: Store) -> list[Clause]:
    with empty.reader() as reader:
        return readiness(reader, small.DEVICE, now=NOW)


@pytest.mark.requirement("REG-035")
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_device_alone_gives_a_draft_with_its_gaps_or_a_stated_reason(
    kind: str, drafts: dict[str, Content | str]
) -> None:
    draft = drafts[kind]
    if isinstance(draft, str):
        assert len(draft) > 30, "the reason says what is missing and what to do"
        return
    assert draft.sections
    assert all(section.blocks for section in draft.sections), "a section is never blank"
    items = identify(draft).items.values()
    assert gaps_of(draft) or any(one.kind == "cell" for one in items)


@pytest.mark.requirement("REG-141")
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_opens_with_what_it_rests_on(
    kind: str, drafts: dict[str, Content | str]
) -> None:
    """Before its first section: what it is, of what, as of when, what it lacks, who signs."""
    draft = drafts[kind]
    if isinstance(draft, str):
        return
    head = draft.header
    whole = write_html(draft).decode()
    opens = unescape(whole.split("<h1>")[1].split(f'"section-{draft.sections[0].number}"')[0])
    for words in (head.number, head.status, head.device, read_as_of(head.freeze), "Signatures",
                  "Missing information", *(cell.text for cell in head.device_versions),
                  *(line.role for line in head.signatures)):
        assert words in opens, words


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_the_whole_outline_stands_in_readiness(
    kind: str, drafts: dict[str, Content | str], told: list[Clause]
) -> None:
    lines, draft = [one for one in told if one.kind == kind], drafts[kind]
    if isinstance(draft, str):
        assert [(one.state, one.missing) for one in lines] == [(NOT_MADE, draft.strip())]
        return
    assert {one.section for one in lines} == {section.number for section in draft.sections}
    asked = {one["place"] for one in gaps_of(draft) if one.get("place")}
    assert {one.place for one in lines if one.place} == asked
    declared = {key for key, one in PLACES.get(kind, {}).items()}
    assert asked <= declared, "declare it in regulatory/documents/places.py"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_maker_names_functions_that_are_there(kind: str) -> None:
    maker = MAKERS[kind]
    for name, takes in ((maker.gather, 2), (maker.build, 1)):
        module, _, function = name.partition(":")
        found = getattr(import_module(module), function)
        assert len(signature(found(maker.of) if maker.of else found).parameters) == takes


def test_every_kind_has_a_maker() -> None:
    assert set(DOCUMENTS) == set(MAKERS)


def test_no_builder_is_imported_before_its_kind_is_asked_for() -> None:
    makers = {name.partition(":")[0] for one in MAKERS.values() for name in (one.gather, one.build)}
    code = "import sys, regulatory.compile; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert makers & set(ran.stdout.split()) == set()


def test_an_unknown_kind_is_answered_with_code_and_title_of_the_known_ones() -> None:
    with pytest.raises(NotFound, match="There is no document 'psurr'") as caught:
        require_known("psurr")
    for kind, one in DOCUMENTS.items():
        assert f"{kind} ({one.code}, {one.title})" in caught.value.hint
