"""The facts of the readable bill of materials: the CycloneDX JSON, read back."""

import hashlib
import json
from typing import Any

from sqlmodel import Session

from records.product import ModelVersion
from records.supplied_software import list_triages
from regulatory.cleared import released_versions
from regulatory.documents.registry import BILL_OF_MATERIALS
from regulatory.documents.soup_facts import BillEntry, BillFacts
from regulatory.gathering.edition import Basis, edition_of, name_of, trace
from regulatory.gathering.soup_list import advisory_entries
from regulatory.sbom import bill_of_materials

MODEL, LIBRARY = "machine-learning-model", "library"


def gather_bill(session: Session, basis: Basis) -> BillFacts:
    """The bill of the version released last, or of the newest where none is released."""
    version, released = version_of(session, basis)
    edition = edition_of(BILL_OF_MATERIALS, basis)
    triages = list_triages(session)
    about = tuple(trace(section, "the version that the bill is of", [version] if version else [])
                  for section in ("1", "2", "3", "4"))  # fmt: skip
    advisories = advisory_entries(triages)
    if version is None:
        return BillFacts(edition, about, None, False, "", "", "", "", "", "", "", "", (), 0, (),
                         advisories)  # fmt: skip
    text = bill_of_materials(session, version, now=basis.freeze_at)
    tree = json.loads(text)
    said, supplier = tree["metadata"], tree["metadata"]["supplier"]
    tool = said["tools"]["components"][0]
    return BillFacts(
        edition=edition, traces=(*about, trace("5", "advisories that name a locked component",
                                              triages)),
        version=name_of(version), released=released, bill=text.decode(),
        bill_digest=hashlib.sha256(text).hexdigest(), serial=tree["serialNumber"],
        schema=f"{tree['bomFormat']} {tree['specVersion']}", at=said["timestamp"],
        author=f"{supplier['name']}, with {tool['name']} {tool['version']}",
        supplier=supplier["name"],
        contact=", ".join([*(one["email"] for one in supplier.get("contact", ())),
                           *supplier.get("url", ())]),
        components=tuple(_entry(one) for one in tree["components"] if one["type"] == LIBRARY),
        relations=sum(len(one["dependsOn"]) for one in tree["dependencies"]),
        model_lines=next(_model(one) for one in tree["components"] if one["type"] == MODEL),
        advisories=tuple(one for one in advisories
                         if one.record in {each["bom-ref"] for each in tree["vulnerabilities"]}),
    )  # fmt: skip


def version_of(session: Session, basis: Basis) -> tuple[ModelVersion | None, bool]:
    """The version released last and True, else the newest of the device and False."""
    released = released_versions(session, basis.device.name)
    if released:
        return released[-1], True
    return (basis.versions[0] if basis.versions else None), False


def _entry(one: dict[str, Any]) -> BillEntry:
    properties = {each["name"]: each["value"] for each in one.get("properties", ())}
    licence: dict[str, Any] = next(iter(one.get("licenses", ())), {})
    return BillEntry(
        name=one["name"], version=one["version"],
        supplier="" if one["supplier"]["name"] == "unknown" else one["supplier"]["name"].strip(),
        licence=licence.get("expression") or licence.get("license", {}).get("name", ""),
        purl=one["purl"], through=properties.get("radvigil:through", ""),
        digest=properties.get("radvigil:installed:sha256", ""),
        support_end=properties.get("cdx:lifecycle:milestone:endOfSupport", ""),
    )  # fmt: skip


def _model(one: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    card = one["modelCard"]
    hashes = one.get("hashes", ())
    return (
        ("Name", one["name"]), ("Version digest", one["version"]),
        ("Weights (SHA-256)", hashes[0]["content"] if hashes else ""),
        ("Supplier", one["supplier"]["name"]),
        ("Task", card["modelParameters"]["task"]),
        ("Architecture", card["modelParameters"]["modelArchitecture"]),
        ("Figures in the model card",
         str(len(card["quantitativeAnalysis"]["performanceMetrics"]))),
    )  # fmt: skip
