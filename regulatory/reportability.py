"""An incident held against the rules of each jurisdiction: reportable or not, and by when.

The command line, the page and the journeys call :func:`assess_incident`; nothing else applies rules
to incidents. 21 CFR 803.17, 803.50, 803.53, 803.56; MDR Art. 87; AI Act Art. 73.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session

from records.base import digest_of
from records.complaints import Complaint, completeness_facts
from records.errors import InvalidInput
from records.form_versions import FormVersion
from records.incidents import Incident, record_facts
from records.people import Actor
from records.permissions import Action, require
from records.regulatory_reports import (
    RegulatoryReport,
    Submission,
    prepare_report,
    versions_of_report,
)
from records.reportabilities import (
    AI_ACT,
    ClockInstance,
    Reportability,
    record_instance,
    reportability_in,
    standing_instance,
)
from regulatory.event_places import place_of_site, without_stale_place
from regulatory.question_words import WORDS
from regulatory.rules.applying import apply_rules
from regulatory.rules.calendars import member_states
from regulatory.rules.dictionary import Entry, fact_dictionary

RULES: Final[dict[str, tuple[str, ...]]] = {
    "US": ("R-803-02", "R-803-01"),
    "EU": ("R-EU87-01", "R-EU87-02"),
    AI_ACT: ("R-AIA-73",),
}
"""The rules of each jurisdiction; another one has none loaded, and so no date."""

QUESTIONS: Final[dict[str, tuple[str, ...]]] = {
    "US": (
        "death", "serious_injury", "device_may_have_caused_or_contributed",
        "fails_performance_spec_or_labeling_claim",
        "recurrence_likely_to_cause_death_or_serious_injury", "remedial_action_needed",
        "fda_5day_request",
    ),
    "EU": (
        "malfunction_or_inadequacy", "harm_occurred", "could_have_led_to_serious_deterioration",
        "causality", "death", "unanticipated_serious_deterioration", "public_health_threat",
        "member_states",
    ),
    AI_ACT: (
        "device_regime", "notified_body_required", "harm", "fundamental_rights_infringement",
        "event_date", "member_state",
    ),
}  # fmt: skip
"""What the wizard asks for each jurisdiction, in this order; the record tells the awareness."""


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that a jurisdiction's rules ask for: its kind, and the coded values that it has."""

    name: str
    kind: str
    values: tuple[str, ...]
    known: Any = None
    """What stands today; None where it was not told or is not known."""

    @property
    def words(self) -> str:
        """What a person is asked."""
        return WORDS.get(self.name, self.name.replace("_", " ").capitalize())


def questions_for(session: Session, incident: Incident, jurisdiction: str) -> list[Question]:
    """What is asked of an incident in a jurisdiction, with what is known already."""
    row = row_in(session, incident, jurisdiction)
    known = known_facts(session, incident, row)
    known |= place_of_site(session, incident, jurisdiction, known)
    return [question_of(name, known.get(name)) for name in QUESTIONS.get(jurisdiction, ())]


def question_of(name: str, known: Any = None) -> Question:
    """A fact of the dictionary as it is asked for, with what stands of it today."""
    entry = fact_dictionary()[name]
    return Question(name, entry.kind, _values(entry), known)


def _values(entry: Entry) -> tuple[str, ...]:
    return entry.values or (("true", "false", *entry.also) if entry.kind == "yes_no" else ())


def row_in(session: Session, incident: Incident, jurisdiction: str) -> Reportability | None:
    """The row of an incident for a jurisdiction; None before it is assessed there."""
    from records.reportabilities import rows_of

    return next((one for one in rows_of(session, incident) if one.jurisdiction == jurisdiction),
                None)  # fmt: skip


def known_facts(
    session: Session, incident: Incident, row: Reportability | None
) -> dict[str, Any]:
    """What was given before, and what the record tells: awareness, day and harm.

    What was given stays until it is given anew, but what the record says of awareness is always
    read from the record.
    """
    told = record_facts(session, incident)
    standing = standing_instance(session, row) if row is not None else None
    before = dict(standing.facts) if standing else {}
    for name in ("awareness_facts", "jurisdiction"):
        before.pop(name, None)
    if told.get("harm_outcome") != before.get("harm_outcome"):
        before.pop("death", None)
    return told | before | {
        name: told[name] for name in ("awareness_facts", "harm_outcome") if name in told
    }


def assess_incident(
    tx: Session, incident: Incident, jurisdiction: str, given: Mapping[str, Any], *, grounds: str,
    by: Actor, now: datetime,
) -> ClockInstance:
    """Apply the rules of a jurisdiction to what is known and given; the answer is kept whole.

    given: facts by name; null is 'looked for and not known'. What was given before need not be
    given again; where it happened is that of the site's record, unless it is given. A new
    instance supersedes the one before, which stays.

    Raises:
        NotAllowed: No role that may.
        FactsMissing: The rules need facts that are not there; they are named.
        Refused: Facts contradict each other, or the incident is closed.
        InvalidInput: A malformed fact, no jurisdiction or a member state of the EU, or no grounds.
    """
    require(by, Action.ASSESS_EVENT)
    if (state := jurisdiction.strip().upper()) in member_states():
        raise InvalidInput(
            f"{state} has no rules of its own here: its authority is told under those of the EU.",
            hint=f"Assess it in EU, with member_states=[\"{state}\"].",
        )
    row = reportability_in(tx, incident, jurisdiction, now=now)
    facts = facts_to_assess(tx, incident, row.jurisdiction, given)
    if row.jurisdiction not in RULES:
        return _without_rules(tx, row, facts, grounds=grounds, by=by, now=now)
    rule_ids = RULES[row.jurisdiction]
    answer = apply_rules(rule_ids, facts)
    return record_instance(
        tx, row, rule_ids=rule_ids, facts=facts, answer=answer, clocks=clocks_in(answer),
        reportable=reportable_by(answer, row.jurisdiction), grounds=grounds, by=by, now=now,
    )


def facts_to_assess(
    session: Session, incident: Incident, jurisdiction: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The facts that an assessment rests on: what stands, what is given, where it happened.

    Raises:
        InvalidInput: No such fact, or who became aware when, which the record tells.
    """
    if unread := sorted(set(given) - set(fact_dictionary())):
        raise InvalidInput(f"'{unread[0]}' is no fact of the rules.",
                           hint="See 'radvigil rule list' and docs/rules.md.")  # fmt: skip
    if "awareness_facts" in given or "awareness_local_date" in given:
        raise InvalidInput("Who became aware when is told by the record, not by the file.",
                           hint="Use 'radvigil incident fact'.")  # fmt: skip
    known = known_facts(session, incident, row_in(session, incident, jurisdiction))
    facts = without_stale_place(known, given) | dict(given)
    facts |= place_of_site(session, incident, jurisdiction, facts)
    if jurisdiction in RULES:
        facts["jurisdiction"] = "EU" if jurisdiction == AI_ACT else jurisdiction
    return facts


def _without_rules(
    tx: Session, row: Reportability, facts: dict[str, Any], *, grounds: str, by: Actor,
    now: datetime,
) -> ClockInstance:
    """NO_RULES_LOADED, as the engine says it: no date, and a reason that shows."""
    rule_ids = ("R-803-02",)
    facts["jurisdiction"] = row.jurisdiction
    answer = apply_rules(rule_ids, {"jurisdiction": row.jurisdiction})
    return record_instance(tx, row, rule_ids=(), facts=facts, answer=answer | {"citations": {}},
                           clocks=(), reportable=None, grounds=grounds, by=by, now=now)  # fmt: skip


def reportable_by(answer: Mapping[str, Any], jurisdiction: str) -> bool | None:
    """Whether the rules say that it is reportable; None where they leave it open.

    An incident that may be serious is reported in the EU while it is uncertain (Art. 87(7)), so it
    is open there too, with its clock running.
    """
    found = answer.get("ai_act_73_report" if jurisdiction == AI_ACT else "reportable")
    return found if isinstance(found, bool) else None


_CLOCK: Final = (
    "clock", "trigger", "day0", "due_target", "due_legal", "due_strict", "due_legal_max",
    "conservative_target",
)  # fmt: skip


def clocks_in(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every clock that an answer tells, one row each, with the member state where it says one."""
    several = answer.get("clocks") or []
    rows = [{name: one[name] for name in _CLOCK if one.get(name) is not None} for one in several]
    if not rows and answer.get("due_legal"):
        rows = [{name: answer[name] for name in _CLOCK if answer.get(name) is not None}]
    elif rows and answer.get("conservative_target"):
        rows[0]["conservative_target"] = answer["conservative_target"]
    states = {
        name: said for name, said in answer.items()
        if len(name) == 2 and isinstance(said, Mapping) and said.get("due_legal")
    }
    if states and not several:
        shared = {name: answer[name] for name in ("clock", "day0") if answer.get(name)}
        rows = [{"member_state": name, **shared, **dict(said)} for name, said in states.items()]
    return rows


def follow_up(
    tx: Session, row: Reportability, *, changed: str, received: date, by: Actor, now: datetime,
    event_type: str = "", content: Mapping[str, Any] | None = None, form: str = "",
    final: bool = False, filled: FormVersion | None = None, no_form: str = "",
) -> RegulatoryReport:
    """The next version of a report that was sent, with the day by which it is due.

    In the US new information is sent within 30 days of its receipt, another type of event under the
    same report number (R-803-05, R-803-08). Where no rule sets a day, none is given.

    Raises:
        NotAllowed, InvalidInput, Refused, FactsMissing: As the rules and the record ask.
    """
    require(by, Action.ASSESS_EVENT)
    before = versions_of_report(tx, row)
    rules: dict[str, Any] = {}
    if row.jurisdiction == "US" and before:
        facts: dict[str, Any] = {
            "jurisdiction": "US", "event": "NEW_INFORMATION_RECEIVED",
            "initial_report_submitted": _submitted(tx, before[0]),
            "received_local_date": received.isoformat(),
        }
        asked = ["R-803-05"]
        if event_type and before[-1].event_type and event_type != before[-1].event_type:
            facts["initial"] = {"event_type": before[-1].event_type}
            facts["new_fact"] = {"event_type": event_type, "received": received.isoformat()}
            asked.append("R-803-08")
        rules = apply_rules(asked, facts)
    due = rules.get("due_target") or rules.get("due_legal")
    return prepare_report(
        tx, row, kind="final" if final else "follow-up", changed=changed, event_type=event_type,
        form=form or ("" if filled or not before else before[-1].form), content=content,
        rules=rules, filled=filled, no_form=no_form,
        due=date.fromisoformat(due) if due else None, by=by, now=now,
    )


def _submitted(tx: Session, report: RegulatoryReport) -> bool:
    from sqlmodel import col, select

    query = select(Submission).where(
        Submission.report_id == report.id, col(Submission.status).in_(("sent", "acknowledged"))
    )
    return tx.exec(query).first() is not None


def examine_completeness(tx: Session, complaint: Complaint) -> list[str]:
    """Ask R-CMP-01 what a complaint record lacks, and keep the answer beside it.

    Raises:
        FactsMissing, InvalidInput: As the rule says.
    """
    facts = completeness_facts(tx, complaint)
    answer = apply_rules(["R-CMP-01"], facts)
    complaint.completeness = answer | {"facts_digest": digest_of(facts)}
    tx.add(complaint)
    tx.flush()
    return list(answer["missing"])


def described(instance: ClockInstance) -> Sequence[str]:
    """What stands, in lines: classification, each clock with its dates, articles, and checked."""
    answer = instance.answer
    said = {True: "reportable", False: "not reportable", None: "open"}[instance.reportable]
    lines = [f"{instance.label} (version {instance.version}): {said} by the rules, version "
             f"{instance.rule_version}."]  # fmt: skip
    for name in ("classification", "decision", "route", "state", "no_clock_because"):
        if answer.get(name):
            lines.append(f"{name.replace('_', ' ')}: {answer[name]}")
    for one in instance.clocks:
        days = ", ".join(f"{name} {one[name]}" for name in _CLOCK[2:] if one.get(name))
        lines.append(f"{one.get('member_state', '')} {one.get('clock', '')}: {days}".strip())
    if answer.get("open_facts"):
        lines.append(f"not known: {', '.join(answer['open_facts'])}")
    checked = "yes" if instance.primary_text_checked else "no, read in summary only"
    cited = "; ".join(dict.fromkeys(answer.get("citations", {}).values()))
    lines.append(f"cited: {cited or 'nothing'}. Primary text checked: {checked}.")
    return [*lines, *_sources(instance)]


def _sources(instance: ClockInstance) -> list[str]:
    """Of each rule what of its source was read, by whom, when and who confirmed it, as it was then.
    """
    cited = instance.answer.get("citations", {})
    return [f"{name}, {cited.get(name, 'no citation')}: {said}."
            for name, said in instance.answer.get("checked", {}).items()]  # fmt: skip


def row_label(instance: ClockInstance) -> str:
    """The label of the jurisdiction's row that an instance belongs to, such as RPB-0001."""
    return Reportability.label_of(instance.reportability_id)
