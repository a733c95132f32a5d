"""Advisories in CSAF 2.0, its VEX profile too, read as what they say of packages of PyPI.

OASIS Common Security Advisory Framework 2.0, 3.2 and 4.5. A product with a package URL is compared
by it; one that is only named is told of and left to a person. What cannot be read is never taken
as unaffected; a statement that something is not affected opens nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from records.errors import InvalidInput

AFFECTED: Final = ("known_affected", "first_affected", "last_affected", "under_investigation")
"""The product statuses that a triage is opened for."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the tree: package and version, or a range of versions, as far as they are told.

    by_name: without a package URL of PyPI, so that only a person can tell whether it is ours.
    """

    name: str
    version: str = ""
    span: str = ""
    by_name: bool = True
    elsewhere: bool = False
    """Its package URL is of another ecosystem: it is none of ours."""


def is_csaf(content: Any) -> bool:
    """Whether a JSON document says that it is CSAF."""
    document = content.get("document") if isinstance(content, Mapping) else None
    return isinstance(document, Mapping) and "csaf_version" in document


def advisories_of(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Each vulnerability of a CSAF document in the form of an OSV advisory.

    name: of the file, for refusals.

    Raises:
        InvalidInput: Another version of CSAF, or a vulnerability names products that are nowhere.
    """
    version = str(content["document"]["csaf_version"])
    if version != "2.0":
        raise InvalidInput(f"{name} is CSAF {version}; CSAF 2.0 is read.")
    try:
        products = dict(_products(content.get("product_tree") or {}))
        tracking = str(content["document"]["tracking"]["id"])
        return [
            _advisory(one, products, f"{tracking}#{place}")
            for place, one in enumerate(content.get("vulnerabilities") or (), start=1)
        ]
    except (AttributeError, KeyError, TypeError) as wrong:
        raise InvalidInput(
            f"{name} is no whole CSAF 2.0 document: {wrong} is missing or of another kind.",
            hint="See docs.oasis-open.org/csaf/csaf/v2.0.",
        ) from wrong


def _advisory(
    one: Mapping[str, Any], products: Mapping[str, Product], number: str
) -> dict[str, Any]:
    named = one.get("cve") or next((each["text"] for each in one.get("ids") or ()), number)
    status = one.get("product_status") or {}
    hit = dict.fromkeys(key for name in AFFECTED for key in status.get(name) or ())
    notes = {each["category"]: str(each["text"]) for each in one.get("notes") or ()}
    return {
        "id": str(named),
        "summary": str(one.get("title") or notes.get("summary") or notes.get("description") or ""),
        "severity": [
            {"type": "CVSS_V3", "score": each["cvss_v3"]["vectorString"]}
            for each in one.get("scores") or () if "cvss_v3" in each
        ],
        "affected": [_affected(products[key]) for key in hit if not products[key].elsewhere],
    }


def _affected(one: Product) -> dict[str, Any]:
    made: dict[str, Any] = {
        "package": {"ecosystem": "PyPI", "name": one.name}, "by_name": one.by_name,
    }  # fmt: skip
    if one.span:
        return made | _in_span(one.span)
    if one.version and _is_version(one.version):
        return made | {"versions": [one.version]}
    unread = one.version or "no version"  # told of as a range that cannot be read
    return made | {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": unread}]}]}


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _in_span(span: str) -> dict[str, Any]:
    """Versions and events of a range such as ``vers:pypi/1.0|>=1.2|<1.4.2``; one that is not read
    stays one that cannot be read."""
    text = span.partition("/")[2] if span.startswith("vers:") else span
    kinds = {">=": "introduced", "<": "fixed", "<=": "last_affected"}
    versions: list[str] = []
    events: list[dict[str, str]] = [{"introduced": "0"}] if text.strip() == "*" else []
    for part in [] if events else [one.strip() for one in text.split("|")]:
        sign = next((one for one in (">=", "<=", "!=", ">", "<", "=") if part.startswith(one)), "")
        version = unquote(part.removeprefix(sign).strip())
        if not _is_version(version) or sign in ("!=", ">"):
            versions, events = [], [{"introduced": f"unread {span}"}]
            break
        if sign in ("", "="):
            versions.append(version)
        else:
            if not events and sign != ">=":
                events.append({"introduced": "0"})
            events.append({kinds[sign]: version})
    return {"versions": versions, "ranges": [{"type": "ECOSYSTEM", "events": events}]}


def _products(tree: Mapping[str, Any]) -> Iterator[tuple[str, Product]]:
    known = dict(_of_branches(tree.get("branches") or (), {}))
    known |= {one["product_id"]: _product(one, {}) for one in tree.get("full_product_names") or ()}
    yield from known.items()
    for one in tree.get("relationships") or ():
        part = known.get(one["product_reference"])
        if part is not None:  # inside another product: whether that is ours a person decides
            yield one["full_product_name"]["product_id"], Product(
                part.name, part.version, part.span, True, part.elsewhere
            )


def _of_branches(
    branches: Any, above: Mapping[str, str]
) -> Iterator[tuple[str, Product]]:
    for one in branches:
        here = {**above, str(one["category"]): str(one["name"])}
        if "product" in one:
            yield one["product"]["product_id"], _product(one["product"], here)
        yield from _of_branches(one.get("branches") or (), here)


def _product(one: Mapping[str, Any], branch: Mapping[str, str]) -> Product:
    span, version = branch.get("product_version_range", ""), branch.get("product_version", "")
    purl = str((one.get("product_identification_helper") or {}).get("purl") or "")
    if purl:
        kind, _, rest = purl.removeprefix("pkg:").partition("/")
        package, _, stated = rest.partition("?")[0].partition("#")[0].partition("@")
        return Product(unquote(package), unquote(stated) or version, span, False,
                       kind.lower() != "pypi")  # fmt: skip
    name, _, stated = str(one["name"]).rpartition(" ")
    return Product(branch.get("product_name") or name or str(one["name"]), version or stated, span)
