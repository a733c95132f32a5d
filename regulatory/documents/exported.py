"""An exported file read back: which document it is, and the words of each statement in it.

Only what stands in the file is read, as a person or a program could have changed it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from records.errors import InvalidInput, NotFound
from regulatory.documents.blocks import Figure
from regulatory.documents.content import BILL, READING, Content
from regulatory.documents.identified import Item, identify
from regulatory.documents.manifest import MANIFEST
from regulatory.documents.reading import read_content
from regulatory.documents.wording import grouped
from regulatory.documents.writers import json as facts
from regulatory.documents.writers import sidecar
from regulatory.documents.writers.docx import bookmark
from regulatory.documents.writers.packed import writable
from regulatory.documents.writers.xlsx import CELLS, FACTS, shown

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of one file, unpacked; a document is far smaller."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file of a document: its name, format, SHA-256, and what it says of itself.

    texts: the words of each statement, by identifier; in a DOCX by the name of its bookmark.
    records: digests at the freeze, where the file has them.
    """

    name: str
    format: str
    digest: str
    number: str = ""
    version: str = ""
    freeze: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, str] = field(default_factory=dict)

    def key(self, identifier: str) -> str:
        """How this file names a statement."""
        return bookmark(identifier) if self.format == "docx" else identifier

    def text_of(self, item: Item) -> str:
        """The words of a statement as this format writes them."""
        if self.format == "docx":
            return writable(item.text)
        return shown(item.text) if self.format == "xlsx" else item.text

    def holds(self, item: Item) -> bool:
        """Whether this format writes down such a statement."""
        if self.format == "docx":
            return item.kind not in ("number", "series")
        if self.format == "xlsx":
            return item.section == "H" or item.kind in ("cell", "signature")
        return True


def read_export(path: Path) -> list[Exported]:
    """The documents' files of a file, a folder or a zip archive.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is none that Radvigil exports, or none that can be read.
    """
    if not path.exists():
        raise NotFound(f"There is no file or folder {path}.")
    found = [one for one in _files(path) if one[0] in READERS]
    if not found:
        raise InvalidInput(
            f"{path} holds no file that Radvigil exports.",
            hint=f"Give a file that ends in {', '.join('.' + one for one in READERS)}, a folder or "
            "a zip archive of them.",
        )
    return [_read(kind, name, data) for kind, name, data in found]


def bundles(path: Path) -> list[Path]:
    """What is read of a path by itself: a file or archive is one; of a folder, itself where
    documents lie in it, and each archive in it that holds some.

    Raises:
        InvalidInput: An archive in it is damaged.
    """
    if not path.is_dir():
        return [path]
    parts = [path, *sorted(one for one in path.rglob("*") if one.is_file() and is_archive(one))]
    return [one for one in parts if _holds_documents(one)] or [path]


def _holds_documents(path: Path) -> bool:
    if path.is_dir():
        return any(kind_of(one.name) for one in path.rglob("*") if one.is_file())
    with _opened(path.name, path.read_bytes()) as packed:
        return any(kind_of(name) for name in packed.namelist())


def loose_files(path: Path) -> dict[str, bytes]:
    """Every file of a folder or archive by its name; of a single file, those beside it too."""
    if path.is_file() and not is_archive(path):
        stem = path.name.removesuffix(f".{kind_of(path.name)}")
        beside = (one for one in path.parent.iterdir() if one.is_file())
        return {
            one.name: one.read_bytes()
            for one in beside
            if one.name.startswith(f"{stem}.") or one.suffix == ".pem"
        }
    return {name: data for _, name, data in _files(path)}


def kind_of(name: str) -> str:
    """The format of an exported file by its name; '' of any other.

    >>> kind_of("DOC-26-chest-v1.trace.json"), kind_of("x.pdf"), kind_of("x.pdf.sig")
    ('trace.json', 'pdf', '')
    """
    if name.endswith(f".{MANIFEST}"):
        return ""
    return next((one for one in READERS if name.endswith(f".{one}")), "")


def is_archive(path: Path) -> bool:
    """Whether it is an archive of exported files, by its name."""
    return path.suffix == ".zip"


def _files(path: Path) -> Iterator[tuple[str, str, bytes]]:
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file():
                yield kind_of(one.name), one.name, one.read_bytes()
    elif is_archive(path):
        with _opened(path.name, path.read_bytes()) as packed:
            for name in packed.namelist():
                if not name.endswith("/"):
                    yield kind_of(name), name.rpartition("/")[2], packed.read(name)
    else:
        yield kind_of(path.name), path.name, path.read_bytes()


def _opened(name: str, data: bytes) -> zipfile.ZipFile:
    try:
        packed = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as wrong:
        raise InvalidInput(f"{name} is damaged: it is no archive any more.") from wrong
    if sum(one.file_size for one in packed.infolist()) > LARGEST:
        raise InvalidInput(f"{name} is larger unpacked than any document is.")
    return packed


def _read(kind: str, name: str, data: bytes) -> Exported:
    digest = hashlib.sha256(data).hexdigest()
    try:
        said = READERS[kind](name, data)
    except (KeyError, ValueError, TypeError, AttributeError, ElementTree.ParseError) as wrong:
        raise InvalidInput(f"{name} cannot be read as {kind}: {wrong}.") from wrong
    return Exported(name, kind, digest, **said)


def _pdf(_name: str, _data: bytes) -> dict[str, Any]:
    return {}  # nothing of a PDF is read back: its digest is on record, its words in the sidecar


def _attached(_name: str, _data: bytes) -> dict[str, Any]:
    return {}  # its digest is on record, and in the manifest; the document says what it lists


def _facts(name: str, data: bytes) -> dict[str, Any]:
    content = content_of(name, data)
    return {
        "number": content.header.number, "version": content.header.version,
        "freeze": content.header.freeze.sequence,
        "texts": {key: one.text for key, one in identify(content).items.items()},
        "records": {one.id: one.digest for one in content.provenance.cited},
    }


def content_of(name: str, data: bytes) -> Content:
    """The document of a file of facts (JSON), without its pictures, which lie elsewhere.

    Raises:
        InvalidInput: It is none.
    """
    try:
        tree = json.loads(data)
        _without_pictures(tree)
    except (ValueError, KeyError, TypeError) as wrong:
        raise InvalidInput(f"{name} cannot be read as json: {wrong}.") from wrong
    return read_content(json.dumps(tree).encode(), pictures=lambda _: b"<svg/>")


def items_of(data: bytes) -> dict[str, Item]:
    """The statements that a sidecar lists."""
    return {
        key: Item(key, one["is"], one["text"], one["section"], one["place"],
                  tuple(one["records"]), one["by"])
        for key, one in json.loads(data)["cells"].items()
    }  # fmt: skip


def _without_pictures(tree: Any) -> None:
    if not isinstance(tree, dict) or tree.get("schema") != facts.SCHEMA:
        raise ValueError("it is no document of Radvigil")
    for section in tree["sections"]:
        for block in section["blocks"]:
            if block["block"] == Figure.__name__:
                block["svg"] = facts.PICTURE


def _trace(_name: str, data: bytes) -> dict[str, Any]:
    tree = json.loads(data)
    if tree["schema"] != sidecar.SCHEMA:
        raise ValueError(f"its schema is '{tree['schema']}', not '{sidecar.SCHEMA}'")
    about = tree["document"]
    return {
        "number": about["number"], "version": about["version"],
        "freeze": int(about["freeze"]["sequence"]),
        "texts": {key: str(one["text"]) for key, one in tree["cells"].items()},
        "records": dict(tree["records"]),
    }


class _Statements(HTMLParser):
    """The words inside each element that has an identifier, and what the file says of itself."""

    NAMED = "radvigil-"
    EMPTY = frozenset({"br", "img", "meta", "link", "hr", "input"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: dict[str, str] = {}
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta" and (name := named.get("name") or "").startswith(self.NAMED):
            self.meta[name.removeprefix(self.NAMED)] = named.get("content") or ""
        if tag == "br":
            self.handle_data("\n")
        if tag not in self.EMPTY:
            key = named.get("id") or ""
            self._open.append(key if "/" in key else "")
            if "/" in key:
                self.texts[key] = []

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for key in self._open:
            if key:
                self.texts[key].append(data)


def _html(_name: str, data: bytes) -> dict[str, Any]:
    read = _Statements()
    read.feed(data.decode())
    read.close()
    return {
        "number": read.meta["number"], "version": read.meta["version"],
        "freeze": int(read.meta["freeze"]),
        "texts": {key: "".join(parts) for key, parts in read.texts.items()},
    }


def _docx(name: str, data: bytes) -> dict[str, Any]:
    with _opened(name, data) as packed:
        core = ElementTree.fromstring(packed.read("docProps/core.xml"))  # noqa: S314  (no entities)
        body = ElementTree.fromstring(packed.read("word/document.xml"))  # noqa: S314
    said = {one.tag.rpartition("}")[2]: one.text or "" for one in core}
    texts: dict[str, str] = {}
    for paragraph in body.iter(f"{_W}p"):
        _bookmarked(paragraph, texts)
    return {
        "number": said["identifier"], "version": said["version"],
        "freeze": int(said["subject"].rpartition(" ")[2]), "texts": texts,
    }


def _bookmarked(paragraph: ElementTree.Element, texts: dict[str, str]) -> None:
    inside: dict[str, str] = {}
    for one in paragraph.iter():
        if one.tag == f"{_W}bookmarkStart":
            name = one.get(f"{_W}name", "")
            if name.startswith("c_"):
                inside[one.get(f"{_W}id", "")] = name
                texts[name] = ""
        elif one.tag == f"{_W}bookmarkEnd":
            inside.pop(one.get(f"{_W}id", ""), None)
        elif one.tag in (f"{_W}t", f"{_W}br"):
            for name in inside.values():
                texts[name] += "\n" if one.tag == f"{_W}br" else one.text or ""


def _xlsx(_name: str, data: bytes) -> dict[str, Any]:
    from openpyxl import load_workbook

    with _opened(_name, data):
        book = load_workbook(io.BytesIO(data))
    about = {row[0]: row[1] for row in book[FACTS].iter_rows(values_only=True)}
    texts = {}
    for key, sheet, at, *_ in book[CELLS].iter_rows(min_row=2, values_only=True):
        value = book[str(sheet)][str(at)].value
        texts[str(key)] = grouped(value) if isinstance(value, int) else str(value)
    return {
        "number": str(about["Number"]), "version": str(about["Version"]),
        "freeze": int(about["Freeze event"]), "texts": texts,
    }


READERS: Final[dict[str, Callable[[str, bytes], dict[str, Any]]]] = {
    "trace.json": _trace, READING: _attached, BILL: _attached, "pdf": _pdf, "json": _facts,
    "html": _html, "docx": _docx, "xlsx": _xlsx,
}  # fmt: skip
"""By the end of a file's name, the longest first."""
