"""Reports of an incident: versions, attempts to submit, acknowledgements, questions to sites."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting
from cli.options import Home, Reason

Label = Annotated[str, typer.Argument(help="The incident, such as INC-0001.")]
Place = Annotated[str, typer.Argument(help="US, EU, AI-ACT, or a country such as JP.")]


def follow_up(
    label: Label,
    jurisdiction: Place,
    reason: Reason,
    changed: Annotated[str, typer.Option(help="What this version tells that is new.")],
    received: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the news came.")
    ] = None,
    event_type: Annotated[str, typer.Option(help="As DEATH, SERIOUS_INJURY, MALFUNCTION.")] = "",
    form: Annotated[str, typer.Option(help="Form and version, as 'MIR 7.3.1'.")] = "",
    filled: Annotated[
        str, typer.Option(help="The filled form that goes out, such as FRM-0001.")
    ] = "",
    no_form: Annotated[
        str, typer.Option(help="Why no form is filled here, in the US and EU.")
    ] = "",
    final: Annotated[bool, typer.Option("--final", help="The final version.")] = False,
    home: Home = None,
) -> None:
    """Prepare the report's next version; the first is the initial report.

    Needs 'radvigil user login'.
    """
    from records.form_versions import form_of_label
    from records.incidents import Incident
    from records.regulatory_reports import prepare_report, versions_of_report
    from records.reportabilities import day_of_version, reportability_in
    from regulatory.reportability import follow_up as following

    with deciding(home, labelled(Incident, label), "version of a report", reason=reason) as one:
        row = reportability_in(one.tx, one.record, jurisdiction, now=one.now)
        version = form_of_label(one.tx, filled) if filled else None
        if versions_of_report(one.tx, row):
            came = received.date() if received else one.now.date()
            made = following(one.tx, row, changed=changed, received=came, event_type=event_type,
                             form=form, final=final, filled=version, no_form=no_form,
                             by=one.person, now=one.now)  # fmt: skip
        else:
            made = prepare_report(one.tx, row, kind="initial", changed=changed, form=form,
                                  event_type=event_type, filled=version, no_form=no_form,
                                  by=one.person, now=one.now)  # fmt: skip
        day = day_of_version(one.tx, row, made.version, made.due)
    said = f"Due {day}." if day else "No rule sets a day for this version."
    typer.echo(f"{made.label} is version {made.version} ({made.kind}). {said}")


Authority = Annotated[str, typer.Option(help="Such as FDA or BfArM.")]
Channel = Annotated[str, typer.Option(help="Such as ESG, EUDAMED, e-mail.")]
Outcome = Annotated[str, typer.Option(help="What came of the attempt.")]
Failed = Annotated[bool, typer.Option("--failed", help="It did not arrive.")]
Acknowledgement = Annotated[
    Path | None, typer.Option(help="The authority's answer, a file: kept and hashed.")
]
Number = Annotated[str, typer.Option(help="The number it assigned.")]
NumberStatus = Annotated[str, typer.Option(help="assigned, pending, unknown.")]


def submit(
    report: Annotated[str, typer.Argument(help="The version, such as RGR-0001.")],
    reason: Reason,
    authority: Authority,
    channel: Channel = "",
    outcome: Outcome = "",
    failed: Failed = False,
    acknowledgement: Acknowledgement = None,
    reference: Number = "",
    reference_status: NumberStatus = "pending",
    home: Home = None,
) -> None:
    """Record an attempt to submit a version, or its acknowledgement.

    Needs 'radvigil user login'.
    """
    from records.regulatory_reports import RegulatoryReport, submit_report

    _submitted(RegulatoryReport, report, submit_report, authority=authority, channel=channel,
               outcome=outcome, sent=not failed, acknowledgement=acknowledgement,
               reference=reference, reference_status=reference_status, reason=reason,
               home=home)  # fmt: skip


def submit_a_form(
    label: Annotated[str, typer.Argument(help="The form of a correction, such as FRM-0002.")],
    reason: Reason,
    authority: Authority,
    channel: Channel = "",
    outcome: Outcome = "",
    failed: Failed = False,
    acknowledgement: Acknowledgement = None,
    reference: Number = "",
    reference_status: NumberStatus = "pending",
    home: Home = None,
) -> None:
    """Record an attempt to submit the form of a field action or correction, or its acknowledgement.

    The form of an incident goes out with its report ('incident submit'). Needs 'user login'.
    """
    from records.form_versions import FormVersion
    from records.regulatory_reports import submit_form

    _submitted(FormVersion, label, submit_form, authority=authority, channel=channel,
               outcome=outcome, sent=not failed, acknowledgement=acknowledgement,
               reference=reference, reference_status=reference_status, reason=reason,
               home=home)  # fmt: skip


def _submitted(
    table: Any, label: str, submitting: Any, *, authority: str, channel: str, outcome: str,
    sent: bool, acknowledgement: Path | None, reference: str, reference_status: str, reason: str,
    home: Path | None,
) -> None:
    """An attempt, or where an acknowledgement is given what the authority answered."""
    from records.errors import InvalidInput, NotFound
    from records.regulatory_reports import acknowledge_submission, submission_to
    from records.vault import Vault

    digest = ""
    if acknowledgement is not None:
        try:
            content = acknowledgement.read_bytes()
        except OSError as wrong:
            raise InvalidInput(
                f"{acknowledgement.name} cannot be read: {wrong.strerror}."
            ) from wrong
        with acting(home) as store:
            digest = Vault(store.workspace.vault).put(content)
    with deciding(home, labelled(table, label), "submission", reason=reason) as one:
        if acknowledgement is None:
            made = submitting(one.tx, one.record, authority=authority, channel=channel,
                              outcome=outcome, sent=sent, by=one.person, now=one.now)  # fmt: skip
        else:
            found = submission_to(one.tx, one.record, authority)
            if found is None:
                raise NotFound(f"{one.record.label} was not submitted to '{authority}'.")
            made = acknowledge_submission(one.tx, found, digest=digest, reference=reference,
                                          reference_status=reference_status, by=one.person,
                                          now=one.now)  # fmt: skip
    typer.echo(f"{made.label} to {made.authority} is '{made.status}'; reference "
               f"{made.reference or made.reference_status}.")  # fmt: skip


def request(
    label: Annotated[str, typer.Argument(help="The incident, or IRQ-0001 to answer.")],
    reason: Reason,
    asked: Annotated[str, typer.Option(help="Site and function that is asked.")] = "",
    channel: Annotated[str, typer.Option(help="Over which channel.")] = "",
    question: Annotated[str, typer.Option(help="What is asked.")] = "",
    answer: Annotated[str, typer.Option(help="What was answered, or that nothing was.")] = "",
    home: Home = None,
) -> None:
    """Record what a site was asked about an incident, or what it answered.

    Needs 'radvigil user login'.
    """
    from records.incidents import Incident
    from records.regulatory_reports import InformationRequest, answer_request, ask_site

    if label.upper().startswith("IRQ"):
        with deciding(home, labelled(InformationRequest, label), "answer", reason=reason) as known:
            answer_request(known.tx, known.record, answer, by=known.person, now=known.now)
        typer.echo(f"{known.record.label} is answered.")
        return
    with deciding(home, labelled(Incident, label), "question to a site", reason=reason) as one:
        made = ask_site(one.tx, one.record, asked=asked, channel=channel, question=question,
                        by=one.person, now=one.now)  # fmt: skip
    typer.echo(f"{made.label} is on record.")
