"""What was decided of each advisory, as CSAF 2.0 in its VEX profile, for those who use the device.

OASIS CSAF 2.0, 4.5; FD&C Act 524B(b)(1). A product is the device with the component in the locked
version. The same records, lock and clock give the same bytes.
"""

import json
from datetime import datetime
from importlib import metadata
from typing import Any, Final

from sqlmodel import Session

from records.base import plain
from records.errors import Refused
from records.held_definition import definition_of
from records.product import Device
from records.supplied_software import (
    AFFECTED,
    NOT_AFFECTED,
    OPEN,
    PATCH_PLANNED,
    RESOLVED,
    VulnerabilityTriage,
    list_triages,
)

STATUS: Final = {
    OPEN: "under_investigation", NOT_AFFECTED: "known_not_affected", AFFECTED: "known_affected",
    PATCH_PLANNED: "known_affected", RESOLVED: "fixed",
}
"""The status of a triage as the status of the product."""
FLAGS: Final = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
"""The justification in the words of CSAF; others are given in words only (impact statement)."""


def vex_document(session: Session, device: Device, *, now: datetime) -> bytes:
    """Every triage of the installation as one CSAF document about the device.

    Raises:
        Refused: No triage is on record, or the definition names no contact for disclosure.
    """
    definition = definition_of(device)
    told = definition.manufacturer.disclosure
    if told is None:
        raise Refused(
            f"The definition of {device.name} names no contact for weaknesses that others find.",
            hint="Add manufacturer.disclosure (contact, url) to a new revision: docs/risk.md.",
        )
    triages = list_triages(session)
    if not triages:
        raise Refused("No advisory was looked at: there is nothing to state.",
                      hint="Use 'radvigil soup advisories FILE'.")  # fmt: skip
    at = plain(now.replace(microsecond=0)).replace(".000000", "")
    number = f"{device.name}-vex-{now:%Y%m%d%H%M%S}"
    body = {
        "document": {
            "category": "csaf_vex", "csaf_version": "2.0", "lang": "en",
            "title": f"{device.trade_name}: advisories on components of others",
            "publisher": {
                "category": "vendor", "name": definition.manufacturer.name,
                "namespace": told.url, "contact_details": told.contact,
            },
            "tracking": {
                "id": number, "status": "final", "version": "1", "initial_release_date": at,
                "current_release_date": at,
                "generator": {"date": at, "engine": {
                    "name": "radvigil", "version": metadata.version("radvigil")}},
                "revision_history": [
                    {"date": at, "number": "1", "summary": "As of the records at this instant."}
                ],
            },
        },
        "product_tree": _tree(device, triages),
        "vulnerabilities": [_vulnerability(one) for one in triages],
    }  # fmt: skip
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _key(one: VulnerabilityTriage) -> str:
    return f"{one.component}-{one.version}"


def _tree(device: Device, triages: list[VulnerabilityTriage]) -> dict[str, Any]:
    parts = {_key(one): one for one in triages}
    name = f"{device.trade_name}, revision {device.revision}"
    return {
        "full_product_names": [
            {"product_id": "device", "name": name},
            *({"product_id": key, "name": f"{one.component} {one.version}",
               "product_identification_helper": {
                   "purl": f"pkg:pypi/{one.component}@{one.version.replace('+', '%2B')}"}}
              for key, one in parts.items()),
        ],
        "relationships": [
            {"category": "default_component_of", "product_reference": key,
             "relates_to_product_reference": "device",
             "full_product_name": {"product_id": f"device:{key}",
                                   "name": f"{name}, with {one.component} {one.version}"}}
            for key, one in parts.items()
        ],
    }  # fmt: skip


def _vulnerability(one: VulnerabilityTriage) -> dict[str, Any]:
    product = [f"device:{_key(one)}"]
    made: dict[str, Any] = {
        "notes": [{"category": "description",
                   "text": one.summary or f"See {one.advisory}."}],
        "product_status": {STATUS[one.status]: product},
    }  # fmt: skip
    if one.advisory.startswith("CVE-"):
        made["cve"] = one.advisory
    else:
        made["ids"] = [{"system_name": publisher_of(one.advisory), "text": one.advisory}]
    if one.status == NOT_AFFECTED:
        made["threats"] = [{"category": "impact", "details": one.words, "product_ids": product}]
        if flag := FLAGS.get(one.justification):
            made["flags"] = [{"label": flag, "product_ids": product}]
    if one.status in (AFFECTED, PATCH_PLANNED):
        kind = "none_available" if one.status == AFFECTED else "vendor_fix"
        made["remediations"] = [
            {"category": kind, "details": one.words, "product_ids": product}
        ]
    return made


def publisher_of(advisory: str) -> str:
    """Who gives an advisory its number.

    >>> publisher_of("GHSA-9j59-75qj-795w"), publisher_of("X-7")
    ('GitHub Advisory Database', 'advisory as imported')
    """
    known = {"CVE": "CVE", "GHSA": "GitHub Advisory Database", "PYSEC": "PyPI Advisory Database",
             "OSV": "OSV"}  # fmt: skip
    return known.get(advisory.partition("-")[0], "advisory as imported")
