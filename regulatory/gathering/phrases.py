"""Words for what the records write in codes; the same in every document."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from records.surveillance import EvaluationResult
from regulatory.documents.facts import Measured
from regulatory.gathering.edition import measured

_WORDS = {
    "not_dicom": "not a DICOM file", "truncated": "file cut off", "no_pixel_data": "no picture",
    "undecodable": "picture cannot be decoded", "too_large": "picture too large",
    "too_deep": "sequences nested too deeply", "too_small": "picture too small",
    "multi_frame": "several frames",
    "colour": "colour picture", "unsupported_bits": "unsupported number of bits",
    "missing_identifiers": "identifiers missing",
    "conflicting_instance": "differs from the stored image of the same number",
    "synthetic_data": "synthetic image, not of a patient",
    "identifiers_remain": "identifiers would remain", "unreadable": "file cannot be read",
    "crashed": "reading the file failed", "timed_out": "reading the file took too long",
}  # fmt: skip


def refusal_words(code: str) -> str:
    """Why a file was refused, in words; codes without words of their own are only spaced.

    >>> refusal_words("not_dicom"), refusal_words("out_of_scope:body_part")
    ('not a DICOM file', 'out of scope (body part)')
    """
    if code in _WORDS:
        return _WORDS[code]
    reason, _, detail = code.replace("_", " ").partition(":")
    return f"{reason} ({detail})" if detail else reason


def certificate_words(of: str) -> str:
    """What a certificate is of. MDR alone would be either of two laws.

    >>> certificate_words("MDR type examination (Annex X)")
    'EU MDR type examination (Annex X)'
    """
    return f"EU {of}" if of.startswith("MDR ") else of


def group_words(subgroup: str) -> str:
    """A recorded subgroup as documents write it.

    >>> group_words("age=18 to under 40"), group_words("all")
    ('age: 18 to under 40', 'all')
    """
    return subgroup.replace("=", ": ", 1)


def method_words(method: str) -> str:
    """A stored method of intervals without its figures, which the record holds.

    >>> method_words("cluster bootstrap, expanded percentile, 339 patients, seed 27")
    'cluster bootstrap, expanded percentile'
    """
    return ", ".join(
        part for part in method.split(", ") if not any(letter.isdigit() for letter in part)
    )


def quoted(result: EvaluationResult, *, split: str = "", site: str = "") -> Measured:
    """A stored estimate with its record, its group and method in words."""
    found = measured(result, split=split, site=site)
    said = replace(
        found.estimate, subgroup=group_words(result.subgroup), method=method_words(result.method)
    )
    return replace(found, estimate=said)


def percent(share: float) -> str:
    """A probability as a percentage with at most three figures.

    >>> percent(0.05), percent(0.05 / 15)
    ('5 %', '0.333 %')
    """
    return f"{100 * share:.3g} %"


_RESULTS = {
    "in_bounds": "in bounds", "no_pccp": "no authorised plan",
    "protocol_deviation": "deviation from the protocol",
    "hold": "held until it is known",
    "nb_notify_before_implementation": "the notified body is told before implementation",
    "new_udi_di": "new UDI-DI", "new_udi_pi": "new UDI-PI",
}  # fmt: skip
_KEPT = {"fda": "FDA", "eu": "EU", "nb": "notified body", "udi": "UDI", "510k": "510(k)",
         "pccp": "change control plan", "di": "DI", "pi": "PI", "udi-di": "UDI-DI"}  # fmt: skip


def result_words(code: str) -> str:
    """The result of a rule in words; what has none of its own is its words, abbreviations kept.

    >>> result_words("OUT_OF_BOUNDS"), result_words("NEW_510K"), result_words("")
    ('out of bounds', 'new 510(k)', '')
    >>> result_words("PROTOCOL_DEVIATION"), result_words("NB_NOTIFY_BEFORE_IMPLEMENTATION")
    ('deviation from the protocol', 'the notified body is told before implementation')
    """
    name = code.lower()
    return _RESULTS.get(name) or " ".join(_KEPT.get(part, part) for part in name.split("_"))


def listed(names: Iterable[str]) -> str:
    """Names in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    found = list(names)
    return " and ".join(filter(None, (", ".join(found[:-1]), found[-1] if found else "")))


def in_period(day: date, period: tuple[date, date]) -> bool:
    """Whether a day lies in a period, first and last day included."""
    return period[0] <= day <= period[1]
