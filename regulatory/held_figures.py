"""Do the figures of an exported file still hold? What it says beside what the records give.

Pure: the file was read and the document compiled again before (journeys/verify_export.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from records.errors import NotFound
from regulatory.documents.content import Content
from regulatory.documents.exported import Exported
from regulatory.documents.identified import Identified, Item, identify

ALTERED = "figure changed in the export"
CHANGED = "record changed after the export"
MISSING = "record missing"
ABSENT = "figure missing in the export"
ADDED = "figure that the records do not give"
FILE = "file is not the one that was exported"
DIFFERENT = "figure that this version makes otherwise of the same records"
TRAIL = "audit trail altered"
SUPERSEDED = "document no longer in this status"

BROKEN = frozenset({ALTERED, MISSING, ABSENT, ADDED, FILE, TRAIL})
"""What no orderly use of Radvigil brings about; a record or document may move on in order."""

_OF_THE_FORMAT = ("H/status", "S/signatures")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not hold: what, at which cell, what the file says, what is expected.

    altered: for a changed record, that no recorded event accounts for it.
    """

    what: str
    cell: str
    file: str = ""
    said: str = ""
    expected: str = ""
    place: str = ""
    records: tuple[str, ...] = ()
    altered: bool = False

    @property
    def broken(self) -> bool:
        """Whether it is damage, not the ordinary course of things."""
        return self.what in BROKEN or self.altered


def compare_texts(
    expected: Mapping[str, Item], also: Mapping[str, frozenset[str]], found: Exported
) -> Iterator[Difference]:
    """Each statement of a file that is not what it should be, in the document's order.

    also: further words that a statement may have, where the life of the document changes them.
    """
    keys = {found.key(key): key for key in expected}
    for key, item in expected.items():
        if not found.holds(item):
            continue
        said = found.texts.get(found.key(key))
        place, records = item.place, item.records
        if said is None:
            if key not in also:
                yield Difference(ABSENT, key, found.name, "", item.text, place, records)
        elif said != found.text_of(item) and said not in also.get(key, ()):
            yield Difference(ALTERED, key, found.name, said, item.text, place, records)
    for name, said in found.texts.items():
        if name not in keys and "/signatures/" not in name and found.format != "docx":
            yield Difference(ADDED, name, found.name, said)


def by_software(found: Iterable[Difference]) -> Iterator[Difference]:
    """The differences of a file that is, byte for byte, the one that was exported: nobody changed
    it, so that the version of this software did."""
    return (replace(one, what=DIFFERENT) for one in found)


def moved_on(
    statements: Mapping[str, Item], then: Mapping[str, str], now: Mapping[str, str],
    orderly: Iterable[str],
) -> Iterator[Difference]:
    """Each statement of which a record is not what it was at the freeze, or is gone.

    then, now: digests by label. orderly: labels whose change an event of the trail tells.
    """
    told = frozenset(orderly)
    gone = {label for label in then if label not in now}
    other = {label for label, digest in now.items() if then.get(label, digest) != digest}
    for key, item in statements.items():
        for what, labels in ((MISSING, gone), (CHANGED, other)):
            named = tuple(one for one in item.records if one in labels)
            if named:
                yield Difference(
                    what, key, said=item.text, place=item.place, records=named,
                    altered=not told.issuperset(named),
                )


def as_exported(content: Content, facts_digest: str, template_digest: str) -> Content:
    """The document compiled again, with the digests that its record holds beside it.

    The facts' own digest depends on the order in which JSON columns keep their keys, which the
    trail does not tell; each figure is compared by itself instead.
    """
    source = replace(
        content.provenance, facts_digest=facts_digest, template_digest=template_digest
    )
    return replace(content, provenance=source)


def alternatives(*editions: Identified) -> dict[str, frozenset[str]]:
    """What a statement may say besides: its words in the other editions of the same document.

    A draft that was exported before it was signed or its gaps were declared unknown is no forgery.
    """
    also: dict[str, set[str]] = {}
    first = editions[0].items
    for edition in editions[1:]:
        for key, item in edition.items.items():
            if key not in first or first[key].text != item.text:
                also.setdefault(key, set()).add(item.text)
        for key in first.keys() - edition.items.keys():
            also.setdefault(key, set())
    for key in first:
        if key.startswith(_OF_THE_FORMAT):
            also.setdefault(key, set())
    return {key: frozenset(words) for key, words in also.items()}


def find_item(content: Content, wanted: str) -> Item:
    """The statement of this identifier.

    Raises:
        NotFound: There is none; the nearest identifiers are named.
    """
    items = identify(content).items
    if wanted in items:
        return items[wanted]
    near = get_close_matches(wanted, items, n=3, cutoff=0.4)
    near += [one for one in items if wanted.lower() in one.lower()][: 3 - len(near)]
    hint = f"Near to it: {'; '.join(near)}." if near else (
        "The sidecar of an export (trace.json) lists all of them."
    )  # fmt: skip
    raise NotFound(
        f"{content.header.number}, version {content.header.version}, has no cell '{wanted}'.",
        hint=hint,
    )
