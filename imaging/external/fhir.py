"""Results as FHIR DiagnosticReports with Observations that a Device made."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from imaging.external.saying import (
    Node,
    ResultRefused,
    SaidOutside,
    Why,
    answer_of,
    is_of,
    require_software,
    words_of,
)
from imaging.named_studies import StudyNamed
from imaging.sources.fhir_bundle import (
    FINAL,
    FhirBundle,
    instant_of,
    named_codes,
    read_bundle,
    study_identifier,
)
from records.external_product import ExternalProduct

ORIGIN: Final = "FHIR"


def read_fhir_results(
    product: ExternalProduct, path: Path, *, zone: tzinfo
) -> Iterator[SaidOutside | ResultRefused]:
    """What each DiagnosticReport of a bundle says, or why it is not taken.

    Raises:
        SourceRefused: The file is no valid FHIR; element by element.
    """
    bundle = read_bundle(path)
    reports = list(bundle.of_kind("DiagnosticReport"))
    if not reports:
        yield ResultRefused(Why.NOT_A_RESULT, "no DiagnosticReport")
    for place, one in reports:
        try:
            yield _said(product, bundle, one, place, zone)
        except ResultRefused as refused:
            yield ResultRefused(refused.why, place)


def _said(
    product: ExternalProduct, bundle: FhirBundle, report: dict[str, Any], place: str, zone: tzinfo
) -> SaidOutside:
    if report.get("status") not in FINAL | {"preliminary", "partial"}:
        raise ResultRefused(Why.NOT_FINAL)
    observations = [bundle.target(report, one) for one in report.get("result") or []]
    stands = [one for one in observations if one.get("status") in FINAL | {"preliminary"}]
    makers = [
        bundle.target(one, one.get("device")) for one in stands if one.get("device")
    ] + [bundle.target(report, one) for one in report.get("performer") or []]
    makers = [one for one in makers if one.get("resourceType") == "Device"]
    if not is_of(product, [name for one in makers for name in _names(one)]):
        raise ResultRefused(Why.OTHER_PRODUCT)
    if observations and not stands:
        raise ResultRefused(Why.NOT_FINAL)
    by, study = study_identifier(bundle, report)
    if not by:
        raise ResultRefused(Why.NO_STUDY)
    tree = Node(
        parts=tuple(_node(one) for one in stands), text=str(report.get("conclusion", "") or ""),
    )
    score, decision = answer_of(product, tree)
    said_at = next(
        (found for one in (*stands, report) for key in ("issued", "effectiveDateTime")
         if (found := instant_of(one.get(key, ""), zone)) is not None), None,
    )  # fmt: skip
    return SaidOutside(
        study=StudyNamed(by, study), software=_software(product, makers), score=score,
        decision=decision, said_at=said_at, origin=ORIGIN, where=place,
    )


def _names(device: Mapping[str, Any]) -> list[str]:
    named = [
        str(one.get("name") or one.get("value") or "")
        for key in ("deviceName", "name") for one in device.get(key) or []
    ]
    return [str(device.get("manufacturer", "")), str(device.get("modelNumber", "")), *named]


def _software(product: ExternalProduct, makers: list[dict[str, Any]]) -> str:
    for device in makers:
        if is_of(product, _names(device)):
            for one in device.get("version") or []:
                if one.get("value"):
                    return require_software(str(one["value"]))
    raise ResultRefused(Why.NO_VERSION)


def _node(one: Mapping[str, Any]) -> Node:
    """An Observation, or a component of one, as a statement with its components."""
    values = set(words_of(*named_codes(one.get("valueCodeableConcept"))))
    for each in one.get("interpretation") or []:
        values |= words_of(*named_codes(each))
    quantity = one.get("valueQuantity") or {}
    number = quantity.get("value")
    if number is None and one.get("valueInteger") is not None:
        number = one["valueInteger"]
    if quantity.get("comparator"):
        number = None  # "<5" is no score
    truth = one.get("valueBoolean")
    if truth is not None:
        values |= {"yes" if truth else "no"}
    text = str(one.get("valueString", "") or "")
    if len(text) <= 64:
        values |= words_of(text)
    return Node(
        words_of(*named_codes(one.get("code"))), frozenset(values),
        number=None if number is None else float(number),
        unit=str(quantity.get("code", "") or quantity.get("unit", "")), text=text,
        parts=tuple(_node(each) for each in one.get("component") or []),
    )
