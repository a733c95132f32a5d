"""A clean text read by the rules of its modality: what it says of each finding, and where."""

from dataclasses import dataclass
from typing import Any, Final

from imaging.reports.findings import SECTIONS, Said, report_findings, statements
from imaging.reports.identifiers import readable
from imaging.reports.rules import load_rules

RADIOGRAPHS: Final = frozenset(("CR", "DX", "RG", ""))
"""Modalities whose reports the rules for chest radiographs are for; '' where it is not known."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found, as records hold it, and by which rules; nothing for other modalities."""

    findings: dict[str, Any]
    rules: str
    rules_digest: str

    @classmethod
    def nothing(cls) -> "Reading":
        """Of a text that no rules are for, or that was cancelled."""
        return cls({}, "none", "")


def read_text(text: str, modality: str) -> Reading:
    """What a clean text says of each finding that it mentions.

    >>> read_text("IMPRESSION: Small left effusion.", "DX").findings
    {'pleural_effusion': {'said': 'present', 'section': 'impression'}}
    """
    if modality.upper() not in RADIOGRAPHS:
        return Reading.nothing()
    rules, plain = load_rules(), readable(text)
    where: dict[tuple[str, Said], str] = {}
    for one in sorted(statements(plain, rules), key=lambda said: SECTIONS.index(said.section)):
        where.setdefault((one.finding, one.said), one.section)
    findings = {
        name: {"said": said.value, "section": where.get((name, said), "")}
        for name, said in report_findings(plain, rules).items()
        if said is not Said.NOT_MENTIONED
    }
    return Reading(findings, rules.label, rules.digest)
