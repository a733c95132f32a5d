"""The bill of materials of a model version: CycloneDX 1.6 with the model card, checked offline.

FD&C Act 524B(b)(3). The library knows no model card yet, so the document is written here, by its
schema, and held against that schema by the library's strict validator before it is given out. The
same records, lock and instant give the same bytes.
"""

import json
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib import metadata
from typing import Any, Final

from sqlmodel import Session, col, select

from records.base import digest_of, plain
from records.errors import IntegrityBroken
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.supplied_software import NOT_AFFECTED, VulnerabilityTriage, list_triages
from records.surveillance import Evaluation, EvaluationResult
from records.vault import file_digest
from regulatory.soup import LIST, LOCK, Component, brought_by, soup_components
from regulatory.vex import publisher_of

STATES: Final = {
    "open": "in_triage", NOT_AFFECTED: "not_affected", "affected": "exploitable",
    "patch planned": "exploitable", "resolved": "resolved",
}
"""The state of a triage in the words of CycloneDX."""


def bill_of_materials(reader: Session, version: ModelVersion, *, now: datetime) -> bytes:
    """The document as JSON.

    Raises:
        IntegrityBroken: What was written is not what the schema asks for.
    """
    device = reader.get_one(Device, version.device_id)
    found, packages = _locked(file_digest(LOCK), file_digest(LIST))
    locked = {one.name for one in found}
    asks = brought_by()
    model_ref = f"model/{version.version_digest}"
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {
            "timestamp": plain(now.replace(microsecond=0)).replace(".000000", ""),
            "tools": {"components": [
                {"type": "application", "name": "radvigil", "version": _own_version()}
            ]},
            "component": _product(device),
            "supplier": _supplier(device),
        },
        "components": [_model(reader, device, version, model_ref), *packages],
        "dependencies": [
            {"ref": "product", "dependsOn": sorted(
                [model_ref, *(f"pkg/{one.name}" for one in found if one.direct)])},
            {"ref": model_ref, "dependsOn": []},
            *({"ref": f"pkg/{one.name}", "dependsOn": [
                f"pkg/{name}" for name in asks.get(one.name, ())
                if name in locked and name != one.name]} for one in found),
        ],
        "vulnerabilities": [_statement(one) for one in list_triages(reader)
                            if one.component in locked],
    }  # fmt: skip
    body["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest_of(body))}"
    text = json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    require_valid(text)
    return text


@lru_cache(maxsize=2)
def _locked(_lock: str, _list: str) -> tuple[tuple[Component, ...], tuple[dict[str, Any], ...]]:
    """The locked components and their part of the bill: the same as long as lock and list are, and
    dear to read, since each package's own list of files is."""
    found = tuple(soup_components())
    return found, tuple(_package(one) for one in found)


def _supplier(device: Device) -> dict[str, Any]:
    """The maker, and where weaknesses that others find are told."""
    maker = definition_of(device).manufacturer
    made: dict[str, Any] = {"name": maker.name}
    if maker.disclosure is not None:
        made["url"] = [maker.disclosure.url]
        if "@" in maker.disclosure.contact:
            made["contact"] = [{"name": "disclosure", "email": maker.disclosure.contact}]
    return made


def require_valid(text: bytes) -> None:
    """Raise :class:`IntegrityBroken` unless this is CycloneDX 1.6 by its own schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.decode())
    if wrong is not None:
        raise IntegrityBroken(f"The bill of materials is not CycloneDX 1.6: {str(wrong)[:300]}")


def _own_version() -> str:
    return metadata.version("radvigil")


def _product(device: Device) -> dict[str, Any]:
    return {
        "bom-ref": "product", "type": "application", "name": device.name,
        "version": f"revision {device.revision}", "description": device.trade_name,
        "supplier": {"name": device.definition["manufacturer"]["name"]},
    }


def _package(one: Component) -> dict[str, Any]:
    known = _distribution(one.name)
    made: dict[str, Any] = {
        "bom-ref": f"pkg/{one.name}", "type": "library", "name": one.name, "version": one.version,
        "purl": f"pkg:pypi/{one.name}@{one.version.replace('+', '%2B')}",
        "supplier": {"name": str(one.row["supplier"]) if one.direct else _author(known)},
    }
    if known is not None:
        made |= _licences(known)
    if one.through:
        made.setdefault("properties", []).append(
            {"name": "radvigil:through", "value": one.through}
        )
    if one.row.get("support_end"):
        made.setdefault("properties", []).append(
            {"name": "cdx:lifecycle:milestone:endOfSupport", "value": str(one.row["support_end"])}
        )
    if known is not None and (digest := _installed_digest(known)):
        made.setdefault("properties", []).append(
            {"name": "radvigil:installed:sha256", "value": digest}
        )
    return made


def _distribution(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _author(known: metadata.Distribution | None) -> str:
    if known is None:
        return "unknown"
    fields = known.metadata
    stated = (fields["Author"], fields["Maintainer"], fields["Author-email"],
              fields["Maintainer-email"])  # fmt: skip
    return next(filter(None, map(_named, stated)), "unknown")


def _named(stated: str | None) -> str:
    """The names of people or groups without their addresses, which no bill needs.

    >>> _named("aiohttp team <team@aiohttp.org>"), _named("Ann <a@b.c>, Bo <d@e.f>")
    ('aiohttp team', 'Ann, Bo')
    >>> _named("only@address.org"), _named(None)
    ('', '')
    """
    line = (stated or "").strip().split("\n")[0]
    kept = (re.sub(r"<[^>]*>|\S+@\S+", "", one).strip(" \"'") for one in line.split(","))
    return ", ".join(filter(None, kept))


def _licences(known: metadata.Distribution) -> dict[str, Any]:
    """The licence as the package states it: an SPDX expression, or the words."""
    fields = known.metadata
    if expression := fields["License-Expression"]:
        return {"licenses": [{"expression": expression}]}
    short = (fields["License"] or "").strip().split("\n")[0][:80]
    if not _names_a_licence(short):
        classes = [one for one in fields.get_all("Classifier") or () if one.startswith("License")]
        short = classes[0].split(" :: ")[-1] if classes else ""
    return {"licenses": [{"license": {"name": short}}]} if short else {}


def _names_a_licence(line: str) -> bool:
    """Whether this is a licence's name: some packages put the text there, or the name of a file.

    >>> _names_a_licence("BSD"), _names_a_licence("Copyright (c) 2015, matplotlib project")
    (True, False)
    >>> _names_a_licence("LICENSE"), _names_a_licence("Apache License, Version 2.0")
    (False, True)
    >>> [_names_a_licence(one) for one in ("=====", "UNKNOWN", "1. This LICENSE AGREEMENT", "0BSD")]
    [False, False, False, True]
    """
    plain = line.casefold()
    return (
        any(one.isalpha() for one in plain) and not plain.startswith("copyright")
        and not re.match(r"\d+\.", plain) and plain.split(".")[0] not in (
            "license", "licence", "copying", "license file", "unknown")
    )


def _installed_digest(known: metadata.Distribution) -> str:
    """SHA-256 over the sorted digests of RECORD: one value for what is installed. No digest of an
    archive, so it is a property and stands in no ``hashes``, which others compare with archives."""
    rows = sorted(
        (str(one), one.hash.value) for one in known.files or ()
        if one.hash is not None and not str(one).startswith("..")
    )
    return digest_of(rows) if rows else ""


def _model(
    reader: Session, device: Device, version: ModelVersion, ref: str
) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": version.weights_hash}]
    made: dict[str, Any] = {
        "bom-ref": ref, "type": "machine-learning-model", "name": version.name,
        "version": version.version_digest,
        "supplier": {"name": device.definition["manufacturer"]["name"]},
        "modelCard": _card(reader, device, version),
    }
    return made | ({"hashes": hashes} if len(version.weights_hash) == 64 else {})


def _card(reader: Session, device: Device, version: ModelVersion) -> dict[str, Any]:
    declared = definition_of(device)
    groups = [one.name for one in declared.subgroups]
    return {
        "modelParameters": {
            "approach": {"type": "supervised"}, "task": declared.task.kind,
            "modelArchitecture": version.architecture,
        },
        "quantitativeAnalysis": {"performanceMetrics": _metrics(reader, version)},
        "considerations": {
            "users": declared.users,
            "useCases": [declared.intended_purpose, declared.indications],
            "technicalLimitations": [
                *declared.contraindications,
                f"Groups below {declared.minimum_n} studies are not estimable.",
            ],
            "fairnessAssessments": [
                {"groupAtRisk": name, "mitigationStrategy": "Performance is shown by this group."}
                for name in groups
            ],
        },
    }  # fmt: skip


def _metrics(reader: Session, version: ModelVersion) -> list[dict[str, Any]]:
    """Each estimable result of the locked tests, with its interval and subgroup."""
    query = (
        select(EvaluationResult, Evaluation.purpose)
        .join(Evaluation, col(Evaluation.id) == EvaluationResult.evaluation_id)
        .where(
            Evaluation.model_version_id == version.id,
            col(Evaluation.purpose).in_(("internal_test", "external_test")),
        )
        .order_by(col(EvaluationResult.id))
    )
    return [
        {
            "type": one.measure, "slice": f"{purpose}, {one.subgroup}, n = {one.n}",
            "value": str(one.value),
            "confidenceInterval": {"lowerBound": str(one.low), "upperBound": str(one.high)},
        }
        for one, purpose in reader.exec(query) if one.value is not None
    ]


def _statement(one: VulnerabilityTriage) -> dict[str, Any]:
    analysis: dict[str, Any] = {"state": STATES[one.status]}
    if one.justification:
        analysis["justification"] = one.justification
    if one.words:
        analysis["detail"] = one.words
    return {
        "bom-ref": one.label, "id": one.advisory, "source": {"name": publisher_of(one.advisory)},
        "description": one.summary, "analysis": analysis,
        "affects": [{"ref": f"pkg/{one.component}", "versions": [{"version": one.version}]}],
    }


def components_in(text: bytes) -> Sequence[str]:
    """The names of the components that a bill of materials lists."""
    return [one["name"] for one in json.loads(text)["components"]]
