"""``radvigil suspension``: use of a device stopped at a site, and resumed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, device_name, looking, now_of
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, named_value, noun

if TYPE_CHECKING:
    from records.store import Store

app = noun("Use of a device suspended at a site: propose, confirm, resume.")

Label = Annotated[str, typer.Argument(help="The suspension, such as SUS-0001.")]
Return = Annotated[str, typer.Argument(help="The resumption, such as RSM-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_suspensions(as_json: AsJson = False, home: Home = None) -> None:
    """Every suspension with its grounds and state, what would resume it, and what must be assessed.
    """
    from cli.printing import print_rows
    from records.correction_assessments import CorrectionAssessment
    from records.lookup import list_records
    from records.suspensions import Resumption, Suspension

    with looking(home) as store, store.reader() as reader:
        asked = {one.suspension_id: one for one in list_records(reader, CorrectionAssessment)}
        back: dict[int, list[str]] = {}
        for one in list_records(reader, Resumption):
            back.setdefault(one.suspension_id, []).append(f"{one.label} {one.status}")
        rows = [
            {"suspension": one.label, "site": one.site, "status": one.status,
             "grounds": one.grounds, "rule": one.rule, "decided_by": one.decided_by,
             "in_force_at": one.in_force_at, "ended_at": one.ended_at,
             "resumptions": back.get(one.id or 0, []),
             "correction": f"{asked[one.id or 0].label} {asked[one.id or 0].status}"
             if one.id in asked else ""}
            for one in list_records(reader, Suspension)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No use was suspended or proposed to be.")


@app.command(rich_help_panel=ACT)
def propose(
    site: Annotated[str, typer.Argument(help="The site.")],
    grounds: Annotated[str, typer.Option(help="Why use must be suspended there.")],
    reason: Reason,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Propose that use is suspended at a site. Needs 'radvigil user login'."""
    from journeys.suspend import no_way_back
    from journeys.watch_day import require_watched, watch_of
    from records.permissions import Action, require
    from records.suspensions import propose_suspension

    with looking(home) as store:
        name = device_name(store, device)
    with deciding_anew(home, "proposal of a suspension", reason=reason) as one:
        require(one.person, Action.PROPOSE_SUSPENSION)
        watch = watch_of(one.tx, name)
        require_watched(watch, [site])
        made = propose_suspension(
            one.tx, watch.running[site].version, site, grounds=grounds, by=one.person.name,
            now=one.now,
        )
        missing = no_way_back(one.tx, made)
    typer.echo(f"{made.label} is proposed. To suspend: radvigil suspension confirm {made.label}")
    if missing:
        typer.echo(missing)


@app.command(rich_help_panel=ACT)
def confirm(label: Label, reason: Reason, home: Home = None) -> None:
    """Suspend use at the site from now on, signed; the site is told at once.

    Needs 'radvigil user login'; asks for the password again.
    """
    from cli.signing import password_of
    from journeys.suspend import no_way_back, put_in_force
    from records.suspensions import Suspension, confirm_suspension

    password = password_of(_who(home))
    with deciding(home, labelled(Suspension, label), "confirmation", reason=reason) as one:
        confirm_suspension(
            one.tx, one.record, by=one.person, password=password, reason=reason, now=one.now
        )
        assessment = put_in_force(one.tx, one.record, now=one.now)
        missing = no_way_back(one.tx, one.record)
    told = _send(home, one.person.name)
    typer.echo(
        f"{one.record.label}: use is suspended at {one.record.site}. {told} Whether it must be "
        f"reported: {assessment.label}."
    )
    if missing:
        typer.echo(missing)


@app.command(rich_help_panel=ACT)
def decline(label: Label, reason: Reason, home: Home = None) -> None:
    """Decide that use goes on; the reason is kept. Needs 'radvigil user login'."""
    from records.suspensions import Suspension, decline_suspension

    with deciding(home, labelled(Suspension, label), "declining", reason=reason) as one:
        decline_suspension(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is declined: use goes on at {one.record.site}.")


@app.command(rich_help_panel=ACT)
def resume(
    label: Label,
    on: Annotated[str, typer.Option(help="The passed and signed revalidation, as RVL-0002.")],
    grounds: Annotated[str, typer.Option(help="What was corrected.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Propose that the device runs again; two people sign it. Needs 'radvigil user login'."""
    from records.lookup import find_record
    from records.surveillance import Revalidation
    from records.suspensions import Suspension, propose_resumption

    with deciding(home, labelled(Suspension, label), "resumption", reason=reason) as one:
        made = propose_resumption(
            one.tx, one.record, find_record(one.tx, Revalidation, on), grounds=grounds,
            by=one.person, now=one.now,
        )
    typer.echo(
        f"{made.label} is proposed. Two people in different roles sign it, one with an approval: "
        f"radvigil suspension sign {made.label}"
    )


@app.command(rich_help_panel=ACT)
def sign(
    label: Return,
    reason: Reason,
    meaning: Annotated[str, typer.Option(help="author, review, approval.")] = "approval",
    home: Home = None,
) -> None:
    """Sign a resumption. Needs 'radvigil user login'; asks for the password again."""
    from cli.signing import sign_label
    from records.suspensions import Resumption

    with acting(home) as store:
        typer.echo(sign_label(store, Resumption, label, meaning=meaning, reason=reason))


@app.command(rich_help_panel=ACT)
def lift(label: Return, reason: Reason, home: Home = None) -> None:
    """Let the device run again, once two people have signed. Needs 'radvigil user login'."""
    from journeys.suspend import tell_resumed
    from records.suspensions import Resumption, resume_use

    with deciding(home, labelled(Resumption, label), "lifting", reason=reason) as one:
        ended = resume_use(one.tx, one.record, by=one.person, now=one.now)
        tell_resumed(one.tx, ended, now=one.now)
    told = _send(home, one.person.name)
    typer.echo(f"{ended.label} is lifted: the device runs at {ended.site} again. {told}")


@app.command("proposed-answers", rich_help_panel=LOOK)
def proposed_answers(
    label: Annotated[str, typer.Argument(help="The assessment, such as COA-0001.")],
    facts: Annotated[Path, typer.Option(help='JSON: {"rule_ids": [], "input": {...}}.')],
    zone: Annotated[str, typer.Option(help="Where it was initiated: Europe/Berlin.")] = "UTC",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What the rules answer for each regime, with the due day; 'assess' is a person's decision."""
    from cli.printing import print_rows
    from records.correction_assessments import CorrectionAssessment
    from records.lookup import find_record
    from regulatory import correction_proposals
    from regulatory.rules.facts_file import read_facts_file

    given = read_facts_file(facts)[1]
    with looking(home) as store, store.reader() as reader:
        asked = find_record(reader, CorrectionAssessment, label)
        found = correction_proposals.proposed_answers(reader, asked, given, zone=zone)
    rows = [
        {"regime": one.regime, "reportable": "open" if one.reportable is None else one.reportable,
         "due": one.due, "citation": one.citation, "text_checked": one.primary_text_checked,
         "missing": one.missing, "otherwise": one.otherwise}
        for one in found
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No regime is asked.")


@app.command(rich_help_panel=ACT)
def assess(
    label: Annotated[str, typer.Argument(help="The assessment, such as COA-0001.")],
    answer: Annotated[
        list[str], typer.Option(help="As '21 CFR 806=no: no risk to health, see CAPA-0001'.")
    ],
    reason: Reason,
    home: Home = None,
) -> None:
    """Answer for each regime whether the suspension is a correction that must be reported.

    Needs 'radvigil user login' as regulatory or responsible person.
    """
    from records.correction_assessments import CorrectionAssessment, assess_correction

    answers = dict(_answer(one) for one in answer)
    with deciding(home, labelled(CorrectionAssessment, label), "assessment", reason=reason) as one:
        assess_correction(one.tx, one.record, answers, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is assessed by {one.person.full_name}.")


def _answer(text: str) -> tuple[str, tuple[bool, str]]:
    regime, rest = named_value(text, "'21 CFR 806=no: the reason'")
    yes, _, why = rest.partition(":")
    if yes.strip() not in ("yes", "no") or not why.strip():
        raise typer.BadParameter(f"'{text}' is no answer such as '21 CFR 806=no: the reason'.")
    return regime, (yes.strip() == "yes", why.strip())


def _who(home: Path | None) -> str:
    with acting(home) as store:
        return acting_person(store).name


def _send(home: Path | None, actor: str) -> str:
    """Send what was queued, now; a server that does not answer is tried again by the next round."""
    with acting(home) as store:
        return _sent(store, actor)


def _sent(store: "Store", actor: str) -> str:
    from journeys.tell_people import TellReport, send_messages

    report = TellReport()
    send_messages(store, report, actor=actor, clock=lambda: now_of(store))
    waiting = f", {len(report.faults)} not delivered yet" if report.faults else ""
    return f"Messages delivered: {report.delivered}{waiting}."
