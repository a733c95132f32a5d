"""``radvigil incident``: events with a device, what must be reported of them, and by when."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.complaint import instant
from cli.deciding import deciding, labelled
from cli.incident_reports import follow_up, request, submit
from cli.opening import acting, acting_person, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, named_value, noun

app = noun("Incidents: open, assess by jurisdiction, decide, report, close.")

Label = Annotated[str, typer.Argument(help="The incident, such as INC-0001.")]
Place = Annotated[str, typer.Argument(help="US, EU, AI-ACT, or a country such as JP.")]

app.command("follow-up", rich_help_panel=ACT)(follow_up)
app.command(rich_help_panel=ACT)(submit)
app.command(rich_help_panel=ACT)(request)


@app.command("list", rich_help_panel=LOOK)
def list_incidents(as_json: AsJson = False, home: Home = None) -> None:
    """Every incident, the latest first: status, jurisdictions, the next day to work towards.

    What is still owed of them stands in 'radvigil work list'.
    """
    from cli.printing import print_rows
    from records.incident_overview import incident_lines

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"incident": one.label, "status": one.status, "site": one.site, "harm": one.harm,
             "jurisdictions": one.jurisdictions if as_json else
             [f"{name}: {status}" for name, status in one.jurisdictions.items()],
             "due": one.due, "opened_at": one.opened_at, "opened_by": one.opened_by,
             "words": one.words}
            for one in incident_lines(reader)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No incident was opened.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One incident: who was aware when, each jurisdiction, every clock, decisions, reports."""
    from cli.printing import print_fields
    from records.day_overrides import override_words
    from records.earlier_receipts import earlier_receipts
    from records.field_actions import actions_of_incident
    from records.form_versions import versions_about
    from records.incident_overview import incident_facts
    from records.incidents import Incident, awareness_of
    from records.lookup import find_record
    from records.regulatory_reports import requests_of, versions_of_report
    from records.reportabilities import day_of_version, decisions_of, instances_of, rows_of
    from regulatory.reportability import described

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, Incident, label)
        fields = incident_facts(reader, one)
        fields["awareness"] = [
            f"{each.label}: {each.person} ({each.person_class}), {each.known_at.isoformat()} in "
            f"{each.zone}, {each.how}" for each in awareness_of(reader, one)
        ]  # fmt: skip
        if early := earlier_receipts(reader, one):
            fields["day_0"] = [each.words for each in early]
        for row in rows_of(reader, one):
            instances = instances_of(reader, row)
            last = instances[-1].version if instances else 0
            work_by = instances[-1].work_by if instances else None
            fields[f"{row.jurisdiction} ({row.label})"] = [
                row.status,
                *(("" if each.version == last else "superseded: ") + " | ".join(described(each))
                  for each in instances),
                *override_words(reader, row.label, work_by),
                *(f"{each.label}: {each.decision} by {each.decided_by}"
                  f"{' against the rules' if each.against_rules else ''}: {each.grounds}"
                  for each in decisions_of(reader, row)),
                *(f"{each.label}: version {each.version}, {each.kind}, "
                  f"form {each.content.get('filled_form') or each.form or 'none'}, "
                  f"due {day_of_version(reader, row, each.version, each.due) or 'no day set'}"
                  for each in versions_of_report(reader, row)),
            ]  # fmt: skip
        fields["filled_forms"] = [
            f"{each.label}: {each.form}, version {each.version}, {len(each.missing)} missing"
            for each in versions_about(reader, one.label)
        ]
        fields["field_actions"] = [
            f"{each.label} ({each.status})" for each in actions_of_incident(reader, one.label)
        ]
        fields["asked"] = [
            f"{each.label} ({each.status}): {each.asked}, {each.channel}: {each.question} "
            f"{each.answer}" for each in requests_of(reader, one)
        ]  # fmt: skip
    print_fields(fields, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def questions(
    label: Label, jurisdiction: Place, as_json: AsJson = False, home: Home = None
) -> None:
    """What a jurisdiction's rules ask of an incident: what stands, and from which record it is."""
    from cli.printing import print_rows
    from records.incidents import Incident
    from records.lookup import find_record
    from regulatory.assessment_preview import known_with_sources
    from regulatory.reportability import questions_for

    with looking(home) as store, store.reader() as reader:
        one, place = find_record(reader, Incident, label), jurisdiction.upper()
        known = {each.name: each for each in known_with_sources(reader, one, place)}
        asked = {each.name: each.words for each in questions_for(reader, one, place)}
    rows = [
        {"fact": name, "asked": asked.get(name, ""), "stands": known[name].value
         if name in known else None, "from": known[name].source if name in known else "not told"}
        for name in {**asked, **known}
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No rules of this jurisdiction are loaded.")


@app.command("open", rich_help_panel=ACT)
def open_one(
    complaint: Annotated[str, typer.Argument(help="The complaint, such as CMP-0001.")],
    reason: Reason,
    words: Annotated[str, typer.Option(help="What happened; else the complaint's words.")] = "",
    home: Home = None,
) -> None:
    """Open an incident for a complaint. Needs 'radvigil user login'."""
    from records.complaints import Complaint
    from records.incidents import open_incident

    with deciding(home, labelled(Complaint, complaint), "opening an incident",
                  reason=reason) as one:  # fmt: skip
        made = open_incident(one.tx, one.record, words=words, by=one.person, now=one.now)
    typer.echo(f"{made.label} is open. Next: who became aware when: "
               f"radvigil incident fact {made.label}")  # fmt: skip


@app.command(rich_help_panel=ACT)
def screen(
    candidate: Annotated[
        str, typer.Argument(help="A candidate AWR-0001, or a security event: NTC-, BRC-, VLN-0001.")
    ],
    reason: Reason,
    no_incident: Annotated[bool, typer.Option("--no-incident", help="It is none.")] = False,
    site: Annotated[
        str, typer.Option(help="Of a security event: the site it concerns; else every one.")
    ] = "",
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Decide, signed, whether an awareness candidate or a security event is an incident.

    Needs 'radvigil user login'; asks for the password again.
    """
    from journeys.screen_event import find_screened, screen_event

    password = _password(home)
    with deciding(home, lambda reader: find_screened(reader, candidate), "screening",
                  reason=reason) as one:  # fmt: skip
        made = screen_event(one.tx, one.record, incident=not no_incident, grounds=reason,
                            by=one.person, password=password, now=one.now, site=site,
                            device=device or "")  # fmt: skip
    said = f"{made.label} is open" if made else "no incident"
    typer.echo(f"{one.record.label} is screened: {said}.")


@app.command(rich_help_panel=ACT)
def fact(
    label: Label,
    reason: Reason,
    person: Annotated[str, typer.Option(help="Function of who became aware.")] = "",
    person_class: Annotated[str, typer.Option(help="ANY_EMPLOYEE, RA_OR_MANAGEMENT ...")] = "",
    known_at: Annotated[str, typer.Option(help="With offset: 2026-11-20T09:00:00+01:00.")] = "",
    zone: Annotated[str, typer.Option(help="Where the person was: Europe/Berlin.")] = "UTC",
    how: Annotated[str, typer.Option(help="How it became known.")] = "",
    governing: Annotated[
        str, typer.Option(help="Decide, signed, that this fact counts first: AWF-0002.")
    ] = "",
    home: Home = None,
) -> None:
    """Record who became aware and when, or decide which fact governs.

    Facts are never changed. Needs 'radvigil user login'.
    """
    from records.incidents import AwarenessFact, Incident, add_awareness, choose_governing
    from records.lookup import find_record

    password = _password(home) if governing else ""
    with deciding(home, labelled(Incident, label), "awareness", reason=reason) as one:
        if governing:
            chosen = find_record(one.tx, AwarenessFact, governing)
            made: Any = choose_governing(one.tx, one.record, chosen, grounds=reason, by=one.person,
                                         password=password, now=one.now)  # fmt: skip
        else:
            made = add_awareness(
                one.tx, one.record, person=person, person_class=person_class,
                known_at=instant(known_at), zone=zone, how=how, by=one.person, now=one.now,
            )
    typer.echo(f"{made.label} is on record. Clocks run by it from the next "
               f"'radvigil incident assess {one.record.label}'.")  # fmt: skip


@app.command(rich_help_panel=ACT)
def assess(
    label: Label,
    jurisdiction: Place,
    reason: Reason,
    facts: Annotated[
        Path | None, typer.Option(help='JSON: {"rule_ids": [], "input": {...}}.')
    ] = None,
    tell: Annotated[
        list[str] | None, typer.Option(help="A fact as 'death=false'; null: not known.")
    ] = None,
    home: Home = None,
) -> None:
    """Apply a jurisdiction's rules; prints verdict, due dates, articles, and what was checked.

    What was told before need not be told again. Needs 'radvigil user login'.
    """
    from records.day_overrides import override_words
    from records.earlier_receipts import earlier_receipts
    from records.incidents import Incident
    from regulatory.event_places import otherwise_placed_incident
    from regulatory.reportability import assess_incident, described, row_label
    from regulatory.rules.facts_file import read_facts_file

    given = read_facts_file(facts)[1] if facts else {}
    given |= dict(_told(one) for one in tell or [])
    with deciding(home, labelled(Incident, label), f"assessment {jurisdiction}",
                  reason=reason) as one:  # fmt: skip
        made = assess_incident(one.tx, one.record, jurisdiction.upper(), given, grounds=reason,
                               by=one.person, now=one.now)  # fmt: skip
        set_by = override_words(one.tx, row_label(made), made.work_by)
        early = [each.words for each in earlier_receipts(one.tx, one.record)]
        otherwise = otherwise_placed_incident(one.tx, one.record, made.facts)
    for words in (*described(made), *set_by, *early, *([f"{otherwise}."] if otherwise else [])):
        typer.echo(words)


@app.command(rich_help_panel=ACT)
def decide(
    label: Label,
    jurisdiction: Place,
    decision: Annotated[
        str, typer.Argument(help="reportable, 'not reportable', 'not applicable'.")
    ],
    reason: Reason,
    against_rules: Annotated[
        bool, typer.Option("--against-rules", help="The rules say otherwise, knowingly.")
    ] = False,
    home: Home = None,
) -> None:
    """Decide, signed, whether it is reported in a jurisdiction; the reason is kept.

    Needs 'radvigil user login' as regulatory or responsible person; asks for the password again.
    """
    from records.incidents import Incident
    from records.reportabilities import decide_reportability, reportability_in

    password = _password(home)
    with deciding(home, labelled(Incident, label), f"decision {jurisdiction}",
                  reason=reason) as one:  # fmt: skip
        row = reportability_in(one.tx, one.record, jurisdiction, now=one.now)
        made = decide_reportability(one.tx, row, decision, grounds=reason, by=one.person,
                                    password=password, now=one.now,
                                    against_rules=against_rules)  # fmt: skip
    typer.echo(f"{row.label} ({row.jurisdiction}) is '{row.status}': {made.label}.")


@app.command(rich_help_panel=ACT)
def close(
    label: Label,
    conclusion: Annotated[str, typer.Option(help="What it was, and what follows.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Close an incident when every jurisdiction is decided and every report acknowledged.

    Needs 'radvigil user login'; asks for the password again.
    """
    from records.incidents import Incident, close_incident

    password = _password(home)
    with deciding(home, labelled(Incident, label), "closing", reason=reason) as one:
        close_incident(one.tx, one.record, conclusion=conclusion, by=one.person,
                       password=password, now=one.now)  # fmt: skip
    typer.echo(f"{one.record.label} is closed.")


def _password(home: Path | None) -> str:
    from cli.signing import password_of

    with acting(home) as store:
        return password_of(acting_person(store).name)


def _told(text: str) -> tuple[str, Any]:
    import json

    name, words = named_value(text, "fact=value", blank=True)
    try:
        return name, json.loads(words)
    except ValueError:
        return name, words
