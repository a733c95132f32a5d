"""Where a document of each kind waits for the words of a person: what, who writes it, by which
clause. Builders ask for these places, and a text for another one is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from regulatory.documents.registry import PERFORMANCE_MONITORING_REPORT, VALIDATION_REPORT

NOT_SUPPLIED: Final = "not supplied by a person before the data freeze"


@dataclass(frozen=True, slots=True)
class Place:
    """A place that only a person may fill: its key within the kind, and what the gap says.

    reason: why it is missing, where that is more than that nobody wrote it yet.
    """

    key: str
    section: str
    missing: str
    who: str
    clause: str = ""
    reason: str = NOT_SUPPLIED


def place_of(subject: str, place: Place) -> Place:
    """The place of one record, in a kind of document that is about one: its key names both."""
    return replace(place, key=f"{subject}.{place.key}")


def _by_key(*places: Place) -> dict[str, Place]:
    return {one.key: one for one in places}


VALIDATION: Final = _by_key(
    Place("clinical_role", "1", "Clinical role and study hypothesis", "clinical lead",
          "CLAIM 2024, introduction"),
    Place("sample_size", "5", "Sample size or power for the main endpoint and subgroups",
          "statistician", "STARD-AI, sample size"),
    Place("clinical_interpretation", "8", "Clinical interpretation of the results",
          "clinical lead", "CLAIM 2024, results"),
    Place("reader_study", "9", "Reader study", "clinical lead"),
    Place("limits", "10", "Limits, bias and generalisability", "clinical lead",
          "CLAIM 2024, discussion"),
    Place("verdict", "12", "Statement on the verdict by a person independent of development",
          "quality manager", "EU MDR Annex II 6.1"),
    Place("guideline_items", "A", "CLAIM 2024 and STARD-AI, item by item", "regulatory author",
          reason="the published item lists are not part of this version, so no item numbers are "
          "claimed"),
)  # fmt: skip
PERFORMANCE: Final = _by_key(
    Place("interpretation", "3", "Interpretation of output and performance", "clinical lead",
          "EU MDR Art. 83(3)"),
    Place("comparison", "5", "Assessment of the comparison", "quality manager"),
    Place("decision", "6", "Decision for the period (none, investigate, complaint, CAPA, retrain, "
          "restrict or stop)", "quality manager", "EU MDR Art. 83(4)"),
)  # fmt: skip
PLACES: Final[dict[str, dict[str, Place]]] = {
    VALIDATION_REPORT: VALIDATION,
    PERFORMANCE_MONITORING_REPORT: PERFORMANCE,
}
"""By kind of document, then by key. What people write of a change or an export stands in the record
of that, and is asked for there."""
