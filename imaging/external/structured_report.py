"""Results as DICOM structured reports: TID 1500, CAD reports and plain text, whoever wrote them.

What is read: whose product it is (device observer, algorithm, equipment), its version, when, and
the statements about the finding. Nothing else of the report is kept.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo
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
from records.external_product import ExternalProduct

ORIGIN: Final = "SR"
_NAMES: Final = frozenset({"dcm 121013", "dcm 121014", "dcm 121015", "dcm 111001", "dcm 122405"})
"""Device observer name, manufacturer and model; algorithm name and manufacturer."""
_VERSIONS: Final = ("dcm 111003", "dcm 121016")
"""Algorithm version; then what some products put into the device observer's serial number."""
_DEEPEST: Final = 30
_MOST: Final = 20_000


def is_report(dataset: Any) -> bool:
    """Whether a DICOM object is a structured report."""
    return str(dataset.get("Modality", "")) == "SR" and "ContentSequence" in dataset


def read_report(
    product: ExternalProduct, dataset: Any, *, zone: tzinfo, where: str = ""
) -> SaidOutside:
    """What a structured report says.

    zone: of times that tell none of their own.

    Raises:
        ResultRefused: It is of another product, or does not say what is needed.
    """
    root = node_of(dataset)
    names = [*_texts(root, _NAMES), *equipment_names(dataset)]
    if not is_of(product, names):
        raise ResultRefused(Why.OTHER_PRODUCT)
    if str(dataset.get("CompletionFlag", "COMPLETE")) == "PARTIAL":
        raise ResultRefused(Why.NOT_FINAL)
    score, decision = answer_of(product, root)
    return SaidOutside(
        study=study_of(dataset), software=_version(root, dataset), score=score, decision=decision,
        said_at=moment_of(dataset, ("ContentDate", "ContentTime"), zone), origin=ORIGIN,
        where=where,
    )


def node_of(dataset: Any) -> Node:
    """The content tree of a report."""
    left = [_MOST]
    return _node(dataset, 0, left)


def _node(item: Any, depth: int, left: list[int]) -> Node:
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        raise ResultRefused(Why.NOT_A_RESULT, "the content is too deep or too long")
    parts = tuple(_node(one, depth + 1, left) for one in item.get("ContentSequence", ()))
    kind = str(item.get("ValueType", ""))
    names = _coded(item.get("ConceptNameCodeSequence"))
    if kind == "CODE":
        return Node(names, _coded(item.get("ConceptCodeSequence")), parts=parts)
    if kind == "NUM":
        measured = next(iter(item.get("MeasuredValueSequence", ()) or ()), None)
        if measured is not None and "NumericValue" in measured:
            units: Any = next(iter(measured.get("MeasurementUnitsCodeSequence", ()) or ()), {})
            return Node(
                names, number=float(measured.NumericValue), unit=str(units.get("CodeValue", "")),
                parts=parts,
            )
    if kind == "TEXT":
        text = str(item.get("TextValue", ""))
        short = words_of(text) if len(text) <= 64 else frozenset()
        return Node(names, short, text=text, parts=parts)
    return Node(names, parts=parts)


def _coded(sequence: Any) -> frozenset[str]:
    """A code as scheme and value, and by its meaning."""
    found: set[str] = set()
    for one in sequence or ():
        value = str(one.get("CodeValue", one.get("LongCodeValue", "")))
        found |= words_of(f"{one.get('CodingSchemeDesignator', '')} {value}",
                          str(one.get("CodeMeaning", "")))  # fmt: skip
    return frozenset(found)


def _texts(node: Node, names: frozenset[str]) -> Iterator[str]:
    """The texts that stand under one of these names, in order."""
    if node.names & names and node.text:
        yield node.text
    for one in node.parts:
        yield from _texts(one, names)


def _version(root: Node, dataset: Any) -> str:
    stated = [
        next(_texts(root, frozenset({_VERSIONS[0]})), ""), equipment_version(dataset),
        next(_texts(root, frozenset({_VERSIONS[1]})), ""),
    ]
    return require_software(next((one for one in stated if one.strip()), ""))


def equipment_names(dataset: Any) -> list[str]:
    """Manufacturer and model of an object, and of what contributed to it."""
    several = [dataset, *(dataset.get("ContributingEquipmentSequence", ()) or ())]
    return [
        str(one.get(name, "")) for one in several
        for name in ("Manufacturer", "ManufacturerModelName")
    ]


def equipment_version(dataset: Any) -> str:
    """The first software version that the object or what contributed to it names."""
    for one in (dataset, *(dataset.get("ContributingEquipmentSequence", ()) or ())):
        stated = one.get("SoftwareVersions", "")
        first = stated if isinstance(stated, str) else next(iter(stated or ()), "")
        if str(first).strip():
            return str(first)
    return ""


def study_of(dataset: Any) -> StudyNamed:
    """The study that an object belongs to.

    Raises:
        ResultRefused: It names none.
    """
    uid = str(dataset.get("StudyInstanceUID", "")).strip()
    if not re.fullmatch(r"[0-9.]{3,64}", uid):
        raise ResultRefused(Why.NO_STUDY)
    return StudyNamed("uid", uid)


def moment_of(dataset: Any, names: tuple[str, str], zone: tzinfo) -> datetime | None:
    """Day and time of an object as an instant; None where it tells no day."""
    day, time = (str(dataset.get(one, "") or "") for one in names)
    found = re.fullmatch(r"(\d{8})", day)
    clock = re.match(r"(\d{2})(\d{2})?(\d{2})?", time)
    if found is None:
        return None
    offset = re.fullmatch(r"([+-])(\d{2})(\d{2})", str(dataset.get("TimezoneOffsetFromUTC", "")))
    if offset is not None:
        shift = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        zone = timezone(shift if offset[1] == "+" else -shift)
    hours = "".join(one or "00" for one in clock.groups()) if clock else "000000"
    try:
        return datetime.strptime(day + hours, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None


def read_object(path: Path) -> Any:
    """A DICOM object from a file.

    Raises:
        ResultRefused: It is none.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        return dcmread(path)
    except (InvalidDicomError, OSError, ValueError, EOFError, AttributeError, KeyError):
        raise ResultRefused(Why.NOT_A_RESULT, "no DICOM object") from None
