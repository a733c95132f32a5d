"""What the rules say of a suspension: is it a correction that must be reported, and by when.

A proposal only: whoever assesses decides (records/correction_assessments.py). 21 CFR 806.10, MDR
Art. 87(1)(b).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from records.correction_assessments import CorrectionAssessment
from records.countries import countries_at, countries_of_sites
from records.zones import zone_at
from regulatory.reportability import Question, question_of
from regulatory.rules.applying import apply_rules
from regulatory.rules.facts import FactsMissing

_US, _EU = "21 CFR 806", "MDR Art. 87(1)(b)"
_AFFECTED: Final = "member_states_affected"
FACTS: Final = (
    "action", "purpose", "risk_to_health", "violation_with_health_risk", "device_left_control",
    "reported_under_803", "fsca", "urgent", "member_states_affected", "manufacturer_member_state",
)
"""What a form asks for, in this order: first for 21 CFR 806, from "fsca" on for the MDR."""


@dataclass(frozen=True, slots=True)
class ProposedAnswer:
    """What the rules answer for one regime; reportable None: open, `missing` says for want of what.
    """

    regime: str
    reportable: bool | None
    due: str | None
    """A civil date, or the instant before which it is reported; None where no clock runs."""
    citation: str
    primary_text_checked: bool
    answer: dict[str, Any]
    missing: str = ""
    otherwise: str = ""
    """What the records of sites say against the countries that were told; '' where nothing."""


def correction_questions() -> list[Question]:
    """The facts that the rules ask for, each with its kind and coded values."""
    return [question_of(name) for name in FACTS]


def proposed_answers(
    session: Session, one: CorrectionAssessment, given: Mapping[str, Any], *, zone: str = "UTC"
) -> list[ProposedAnswer]:
    """As :func:`propose_answers`, with the countries of the sites by their records."""
    sites = filter(None, one.site.split(", "))
    return propose_answers(one, given, zone=zone,
                           recorded=countries_at(countries_of_sites(session), sites))  # fmt: skip


def propose_answers(
    one: CorrectionAssessment, given: Mapping[str, Any], *, zone: str = "UTC",
    recorded: Sequence[str] | None = None,
) -> list[ProposedAnswer]:
    """Apply R-806-01, R-806-02 and R-EU87-05 to the facts; the day it began is the suspension's.

    given: facts by name; zone: where the action was initiated, which makes the civil date.
    recorded: where all its sites lie, which are the countries affected unless those are given.

    Raises:
        InvalidInput: A malformed fact, or no such time zone.
        Refused: Facts contradict each other.
    """
    zone_at(zone, one.initiated_at)
    began = one.initiated_at.astimezone(ZoneInfo(zone))
    here = {} if recorded is None else {_AFFECTED: list(recorded)}
    told = {"initiated_local_date": began.date().isoformat(), **here,
            "planned_start_local": began.isoformat(), "action": "CORRECTION", **given}  # fmt: skip
    european = _proposed(_EU, ["R-EU87-05"], {**told, "jurisdiction": "EU"}, "eu_report")
    return [
        _proposed(_US, ["R-806-01", "R-806-02"], {**told, "jurisdiction": "US"}, "reportable"),
        replace(european, otherwise=affected_otherwise(given.get(_AFFECTED), recorded)),
    ]


def affected_otherwise(told: Sequence[str] | None, recorded: Sequence[str] | None) -> str:
    """The sentence that other countries are told than those where the sites lie; '' if not so.

    >>> affected_otherwise(["FR"], ["DE"])
    'told: FR; the sites are recorded in DE'
    """
    if not told or recorded is None or set(told) == set(recorded):
        return ""
    return f"told: {', '.join(told)}; the sites are recorded in {', '.join(recorded)}"


def _proposed(
    regime: str, rule_ids: list[str], facts: Mapping[str, Any], verdict: str
) -> ProposedAnswer:
    try:
        answer = apply_rules(rule_ids, facts)
    except FactsMissing as lacking:
        return ProposedAnswer(regime, None, None, "", False, {}, lacking.message)
    found = answer.get(verdict)
    due = answer.get("due_strict") or answer.get("due_legal") or answer.get("report_before")
    return ProposedAnswer(
        regime, found if isinstance(found, bool) else None, due,
        "; ".join(dict.fromkeys(answer["citations"].values())), answer["primary_text_checked"],
        answer,
    )
