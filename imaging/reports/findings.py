"""What a report says of each finding: present, absent, uncertain, or nothing.

Statements are judged as NegEx and ConText do (Chapman et al., J Biomed Inform 2001;34:301; Harkema
et al., J Biomed Inform 2009;42:839): a cue reaches over the terms that follow or precede it, to the
end of its statement. What a report says as a whole follows from its statements: an addendum before
the impression, that before the findings; within one section what is said of the finding by name
before what follows from other words ("costophrenic angles blunted"), and present before uncertain
before absent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from imaging.reports.rules import FindingTerms, Pattern, ReportRules, load_rules
from imaging.reports.statements import Sentence, sentences


class Said(StrEnum):
    """What a report says of a finding."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"
    NOT_MENTIONED = "not_mentioned"


SECTIONS: Final = ("addendum", "impression", "findings")
"""Kinds of sections that are heard; the first one that says something of a finding counts."""
_STRONGEST: Final = (Said.PRESENT, Said.UNCERTAIN, Said.ABSENT)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one place of a report says of a finding."""

    section: str
    finding: str
    said: Said
    named: bool
    """Whether the finding is named, or only follows from other words."""


def report_findings(text: str, rules: ReportRules | None = None) -> dict[str, Said]:
    """What the report says of each finding of the rules.

    text: one report; names in it matter nothing, and nothing of it is kept. rules: else those for
    chest radiographs in English.

    >>> said = report_findings("No effusion or pneumothorax. Possible pneumonia on the left.")
    >>> said["pleural_effusion"].value, said["pneumonia"].value, said["cardiomegaly"].value
    ('absent', 'uncertain', 'not_mentioned')
    """
    rules = rules or load_rules()
    found = list(statements(text, rules))
    return {name: _whole(found, name) for name in rules.findings}


def statements(text: str, rules: ReportRules) -> Iterator[Statement]:
    """Every statement of the report about a finding, in its order."""
    for sentence in sentences(text, rules):
        for name, terms in rules.findings.items():
            for said, named in _judged(sentence, terms, rules):
                yield Statement(sentence.section, name, said, named)


def _whole(found: list[Statement], name: str) -> Said:
    mine = [one for one in found if one.finding == name]
    for section in SECTIONS:
        here = [one for one in mine if one.section == section]
        for named in (True, False):
            said = {one.said for one in here if one.named is named}
            for one in _STRONGEST:
                if one in said:
                    return one
    return Said.NOT_MENTIONED


def _judged(sentence: Sentence, terms: FindingTerms, rules: ReportRules) -> Iterator[
    tuple[Said, bool]
]:
    text = sentence.text
    elsewhere = rules.elsewhere.search(_masked(rules.not_elsewhere, text))
    heard = text[: elsewhere.start()] if elsewhere else text
    taken: list[tuple[int, int]] = [one.span() for one in terms.not_terms.finditer(heard)]
    for pattern, said in ((terms.uncertain, Said.UNCERTAIN), (terms.absent, Said.ABSENT)):
        for one in pattern.finditer(heard):
            if _free(one.span(), taken):
                taken.append(one.span())
                yield said, False
    for one in terms.terms.finditer(heard):
        if _free(one.span(), taken):
            taken.append(one.span())
            judged = _of_term(heard, one.span(), terms, rules)
            if judged is not None:
                yield judged, True


def _free(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return all(span[1] <= begin or end <= span[0] for begin, end in taken)


def _of_term(
    text: str, span: tuple[int, int], terms: FindingTerms, rules: ReportRules
) -> Said | None:
    before, after = _reach(text, span, rules.ends)
    if terms.other_cause is not None and terms.other_cause.search(after):
        return None
    if rules.certain.search(after):
        return Said.PRESENT
    spared, behind = (_masked(rules.not_negation, one) for one in (before, after))
    if rules.uncertainty.before.search(before) or rules.uncertainty.after.search(after):
        return Said.UNCERTAIN
    if rules.negation.before.search(spared) or rules.negation.after.search(behind):
        return Said.ABSENT
    return Said.PRESENT


def _masked(pattern: Pattern, text: str) -> str:
    """The text with what the pattern finds struck out, every letter in its place."""
    return pattern.sub(lambda one: "_" * len(one[0]), text)


def _reach(text: str, span: tuple[int, int], ends: Pattern) -> tuple[str, str]:
    """What stands before and after a term up to where its statement begins and ends."""
    before, after = text[: span[0]], text[span[1] :]
    starts = [one.end() for one in ends.finditer(before)]
    begin = starts[-1] if starts else 0
    end = next((one.start() for one in ends.finditer(after)), len(after))
    return before[begin:], after[:end]
