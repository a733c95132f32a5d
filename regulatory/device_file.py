"""The file of a device as one archive: what lies where, its index, start page and verifier.

Pure: from contents to bytes. The same contents give the same bytes, whenever they are written.
"""

from __future__ import annotations

import hashlib
import html
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.base import canonical_json
from records.errors import InvalidInput
from records.yaml_source import read_yaml

INDEX, START, VERIFIER = "device-file.index", "START.htm", "verify.py"
"""The names do not end as those of documents do: 'document verify' reads documents alone."""
EVENTS, ANCHORS = "trail/events.jsonl", "trail/anchors.jsonl"
ORDERS: Final = Path(__file__).parent / "documents" / "templates" / "submission_order.yaml"
_SINCE_ZIP: Final = (1980, 1, 1, 0, 0, 0)

VERIFY: Final = Path(__file__).parent / "documents" / "templates" / "verify_device_file.txt"
"""The verifier that lies in the archive. Signatures are checked by openssl, as the start page says:
the standard library has no Ed25519."""


@dataclass(frozen=True, slots=True)
class FiledDocument:
    """A version of a document in the file: as which code, how it stood, and where its files lie."""

    code: str
    number: str
    version: int
    title: str
    status: str
    frozen_at: str
    gaps: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """What the archive is about: device, revision, the day, and the end of the trail then."""

    device: str
    trade_name: str
    record: str
    as_of: str
    events: int
    head: str
    marking: str
    authority: str = ""


@cache
def _orders() -> Mapping[str, Any]:
    return read_yaml(ORDERS).content


def submission_order(authority: str) -> dict[str, Any]:
    """Title and sections of an authority's order: folder, title, codes.

    Raises:
        InvalidInput: No order of that name is known.
    """
    known = _orders()
    if authority not in known:
        raise InvalidInput(f"No order for '{authority}' is known.",
                           hint=f"Known: {', '.join(sorted(known))}.")  # fmt: skip
    return dict(known[authority])


def laid_out(
    authority: str, documents: Sequence[FiledDocument], contents: Mapping[str, bytes]
) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The submission folder: each document's PDF in its section, and what stands in each section.

    A document that no order names is laid into the last one; one that the other authority alone
    asks for is left out.

    A section without any document is named as empty, never left out.
    """
    sections = submission_order(authority)["sections"]
    known = {
        code for order in _orders().values() for one in order["sections"]
        for code in one["codes"]
    }
    files: dict[str, bytes] = {}
    told = []
    for place, section in enumerate(sections):
        wanted = list(section["codes"])
        if place == len(sections) - 1:
            wanted += sorted({one.code for one in documents} - known)
        here = []
        for one in sorted((each for each in documents if each.code in wanted),
                          key=lambda each: (wanted.index(each.code), each.number, each.version)):
            for name in one.files:
                if name.endswith(".pdf"):
                    target = f"submission/{authority}/{section['folder']}/{name.rpartition('/')[2]}"
                    files[target] = contents[name]
                    here.append(target)
        told.append({"folder": section["folder"], "title": section["title"], "files": here})
    return files, told


def archive(
    about: DeviceFile, documents: Sequence[FiledDocument], contents: Mapping[str, bytes],
    not_there: Mapping[str, str],
) -> bytes:
    """The archive, a ZIP without compression dates: contents, start page, verifier, index.

    not_there: by title of a kind of document, why none of it is in the file.
    """
    files = dict(contents)
    sections: list[dict[str, Any]] = []
    if about.authority:
        laid, sections = laid_out(about.authority, documents, files)
        files |= laid
    files[VERIFIER] = VERIFY.read_bytes()
    files[START] = start_page(about, documents, sections, not_there).encode()
    index = {
        "device": asdict(about), "documents": [asdict(one) for one in documents],
        "not_there": dict(not_there), "sections": sections,
        "trail": {"events": about.events, "head": about.head},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    files[INDEX] = (canonical_json(index) + "\n").encode()
    return _zipped(files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name in sorted(files, key=lambda one: (one not in (START, INDEX, VERIFIER), one)):
            entry = zipfile.ZipInfo(name, _SINCE_ZIP)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            entry.create_system = 3
            packed.writestr(entry, files[name])
    return target.getvalue()


_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #bbb;vertical-align:top}code{overflow-wrap:anywhere}"
    ".marking{background:#ffe9a8;padding:.5rem 1rem}"
)
_OF_DOCUMENT: Final = (
    "Code", "Title", "Number", "Status", "Data freeze", "Open gaps", "Files",
)  # fmt: skip


def start_page(
    about: DeviceFile, documents: Sequence[FiledDocument], sections: Sequence[Mapping[str, Any]],
    not_there: Mapping[str, str],
) -> str:
    """The first page: what this is, every document with its files, how it is verified."""
    said = html.escape
    rows = "".join(
        f'<tr><th scope="row">{said(one.code)}</th><td>{said(one.title)}</td>'
        f"<td>{said(one.number)}, version {one.version}</td><td>{said(one.status)}</td>"
        f"<td>{said(one.frozen_at[:16].replace('T', ' '))} UTC</td><td>{one.gaps}</td>"
        f"<td>{' '.join(_link(name) for name in one.files)}</td></tr>" for one in documents
    )  # fmt: skip
    lacking = "".join(
        f'<tr><th scope="row">{said(title)}</th><td>{said(why)}</td></tr>'
        for title, why in sorted(not_there.items())
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>File of {said(about.device)} as of {about.as_of}</title>"
        f"<style>{_STYLE}</style></head><body><main>"
        + (f'<p class="marking">{said(about.marking)}</p>' if about.marking else "")
        + f"<h1>{said(about.trade_name)}</h1>"
        f"<p>File of the device <b>{said(about.device)}</b> ({said(about.record)}) as its records "
        f"stood at the end of {about.as_of} (UTC).</p>"
        f"<h2>Documents</h2><table>{_heads(*_OF_DOCUMENT)}"
        f"<tbody>{rows or '<tr><td colspan=7>No document was compiled by then.</td></tr>'}</tbody>"
        "</table>"
        + (f"<h2>Not in this file</h2><table>{_heads('Document', 'Why')}"
           f"<tbody>{lacking}</tbody></table>" if lacking else "")
        + _sections(about, sections) + _verification(about) + "</main></body></html>\n"
    )  # fmt: skip


def _heads(*names: str) -> str:
    cells = "".join(f'<th scope="col">{one}</th>' for one in names)
    return f"<thead><tr>{cells}</tr></thead>"


def _link(name: str) -> str:
    kind = name.rpartition("/")[2].partition(".")[2]
    return f'<a href="{html.escape(name)}">{html.escape(kind)}</a>'


def _sections(about: DeviceFile, sections: Sequence[Mapping[str, Any]]) -> str:
    if not sections:
        return ""
    order = submission_order(about.authority)
    parts = "".join(
        f"<li>{html.escape(one['title'])}: "
        + (", ".join(f'<a href="{html.escape(name)}">{html.escape(name.rpartition("/")[2])}</a>'
                     for name in one["files"]) or "none in this file") + "</li>"
        for one in sections
    )  # fmt: skip
    return (
        f"<h2>Laid out for a submission</h2><p>{html.escape(order['title'])}. The order was not "
        "compared with the authority's portal of today. A section without a document is yours to "
        f"fill.</p><ul>{parts}</ul>"
    )


def _verification(about: DeviceFile) -> str:
    return (
        "<h2>Verification</h2><p>Unpack the archive and run <code>python3 verify.py</code>: it "
        "needs Python alone. It compares the SHA-256 of every file with the index, and recomputes "
        f"the chain of the audit trail (<code>{EVENTS}</code>) and its anchors "
        f"(<code>{ANCHORS}</code>).</p>"
        f"<p>The trail has {about.events} events of the whole installation; the last one is "
        f"<code>{about.head}</code>. Compare it with an anchor that you keep elsewhere: whoever "
        "can make a whole archive anew can make a whole chain anew.</p>"
        "<p>Who made the archive tells its signature beside it: <code>openssl pkeyutl -verify "
        "-rawin -pubin -inkey KEY.pem -in ARCHIVE.zip -sigfile ARCHIVE.zip.sig</code>. "
        "Compare the key with the one that the maker published.</p>"
        "<p>With the installation at hand, <code>radvigil document verify ARCHIVE.zip</code> "
        "recomputes every figure from the records.</p>"
    )
