"""Complaint records: are the elements of 21 CFR 820.35(a) there, or unknown with a reason."""

from typing import Any, Final

from records.errors import InvalidInput
from regulatory.rules.facts import Facts, FactsMissing
from regulatory.rules.parameters import parameters

Answer = dict[str, Any]

ELEMENTS: Final = (
    ("device_name", ("device_name", "name_of_device", "device")),
    ("date_received", ("received", "receipt")),
    ("device_identification", ("udi", "upc", "identif", "device_id", "serial")),
    ("complainant", ("complainant", "reporter")),
    ("nature_and_details", ("nature", "detail", "description")),
    ("correction_or_corrective_action", ("correct", "action")),
    ("reply", ("reply", "response")),
)  # fmt: skip
"""The seven elements of 820.35(a)(1) to (7), each with words by which its field is known."""
ACCEPTED_IF: Final = "explicitly unknown with reason"


def completeness(facts: Facts) -> Answer:
    """R-CMP-01: what a complaint record lacks; null is not 'unknown', which needs its reason.

    A complaint that is not investigated needs its justification and the similar one that was.
    Beside R-803-02 alone it only says which record the decision needs.
    """
    triggers = [name for name in ("reportable", "must_be_investigated", "investigated", "record")
                if facts.has(name)]  # fmt: skip
    if not facts.has("record") and not facts.has("investigated"):
        if facts.has("classification"):
            return {"complete": None, "note": "no facts of the complaint record were given"}
        facts.need("investigated")
    missing: list[str] = []
    answer: Answer = {}
    if facts.has("investigated") and facts.yes_no("investigated") is not True:
        not_done, required = _not_investigated(facts)
        missing += not_done
        answer["record_required"] = required
    if facts.told("investigated") and not facts.has("record"):
        facts.need("record")
    if facts.told("record") is not None:
        record = facts.inside("record") if isinstance(facts.value("record"), dict) else None
        if record is None:
            raise InvalidInput("record: the fields of the complaint record are needed.")
        missing += _lacking(record)
    elif facts.has("record"):
        raise FactsMissing("Missing facts: record is not known (null).")
    answer |= {"complete": not missing, "missing": missing, "triggers": triggers}
    return answer | ({"accepted_if": ACCEPTED_IF} if missing else {})


def _not_investigated(facts: Facts) -> tuple[list[str], list[str]]:
    required = list(parameters()["records_required"]["not_investigated"])
    if facts.yes_no("investigated") is None:
        return ["investigated"], required
    if facts.told("must_be_investigated"):
        return ["investigation"], required
    lacks = []
    if facts.yes_no("justification_present") is not True:
        lacks.append("justification_for_not_investigating")
    if facts.value("similar_prior") is None:
        lacks.append("link_to_prior")
    return lacks, required


def _lacking(record: dict[str, Any]) -> list[str]:
    """Fields that are empty, by their own names, and elements that no field tells."""
    lacks = [one for name, value in record.items() for one in _untold(name, value)]
    left = dict(record)
    for element, words in ELEMENTS:
        fits = [name for word in words for name in left if word in name.lower()]
        if not fits:
            lacks.append(element)
        else:
            left.pop(fits[0])
    return lacks


def _untold(name: str, value: Any) -> list[str]:
    """The field's name where it is empty; of an object the names of its empty fields."""
    if _is_told(value):
        return []
    if isinstance(value, dict) and value and not _is_unknown(value):
        return [one for key, inner in value.items() for one in _untold(f"{name}.{key}", inner)]
    return [name]


def _is_unknown(value: dict[str, Any]) -> bool:
    return any(key.lower() in ("unknown", "state", "status") for key in value) or (
        str(value.get("value", "")).upper() == "UNKNOWN"
    )


def _is_told(value: Any) -> bool:
    """A value, or 'unknown' with its reason; null, false, '' and a bare 'unknown' are neither."""
    if isinstance(value, dict):
        if _is_unknown(value):
            return isinstance(value.get("reason"), str) and bool(value["reason"].strip())
        return bool(value) and all(_is_told(one) for one in value.values())
    if isinstance(value, str):
        return bool(value.strip()) and value.strip().upper() != "UNKNOWN"
    return value not in (None, False, [])
