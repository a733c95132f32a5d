"""``radvigil identity``: who may ask who is behind a pseudonym, asking, and the mapping's end."""

from typing import Annotated

import typer

from cli.deciding import account, deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, ask_password, looking, now_of
from cli.options import ACT, LOOK, AsJson, Home, Reason, day_named, noun

app = noun("Who is behind a pseudonym: grant, ask, report, merge, destroy the mapping.")

Pseudonym = Annotated[str, typer.Argument(help="Of a patient (P...), study or image (2.25...)")]
Purpose = Annotated[str, typer.Option(help="What the identity is needed for; it goes on record.")]


@app.command(rich_help_panel=LOOK)
def grants(as_json: AsJson = False, home: Home = None) -> None:
    """Who may ask for identities, on which days and what for; what is over included."""
    from cli.printing import print_rows
    from records.identity_access import IdentityGrant
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"grant": one.label, "holder": one.holder, "from": one.first_day,
             "until": one.last_day, "purpose": one.purpose, "status": one.status,
             "granted_by": one.granted_by}
            for one in list_records(reader, IdentityGrant)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nobody may ask who is behind a pseudonym.")


@app.command(rich_help_panel=ACT)
def grant(
    name: Annotated[str, typer.Argument(help="The account that may ask.")],
    first_day: Annotated[str, typer.Option("--from", help="The first day, as 2027-03-01.")],
    last_day: Annotated[str, typer.Option("--to", help="The last day; 90 days at most.")],
    purpose: Annotated[str, typer.Option(help="What identities are needed for.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Let somebody else ask for identities, for some days. Needs 'radvigil user login'."""
    from records.identity_access import grant_identity

    first, last = day_named(first_day), day_named(last_day)
    with deciding(home, account(name), "grant of identities", reason=reason) as one:
        made = grant_identity(
            one.tx, one.record, purpose=purpose, first_day=first, last_day=last, by=one.person,
            now=one.now,
        )
    typer.echo(f"{made.label}: '{name}' may ask for identities on the days {first} to {last}.")


@app.command(rich_help_panel=ACT)
def withdraw(
    label: Annotated[str, typer.Argument(help="The grant, such as IDG-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End a grant at once. Needs 'radvigil user login'."""
    from records.identity_access import IdentityGrant, withdraw_identity_grant

    with deciding(home, labelled(IdentityGrant, label), "withdrawal", reason=reason) as one:
        withdraw_identity_grant(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is withdrawn.")


@app.command(rich_help_panel=ACT)
def reveal(
    pseudonym: Pseudonym, purpose: Purpose, as_json: AsJson = False, home: Home = None
) -> None:
    """Who is behind a pseudonym; needs a grant, and each asking goes on record first.

    Needs 'radvigil user login'.
    """
    from cli.printing import print_fields
    from journeys.reveal_identity import reveal_identity

    with acting(home) as store:
        person = acting_person(store)
        found = reveal_identity(
            store, pseudonym, by=person.name, purpose=purpose, now=now_of(store)
        )
    print_fields(found, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def report(
    patient: Annotated[str, typer.Argument(help="The pseudonym of a patient (P...).")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What was done about one patient's data: who asked for the identity, when, and what for."""
    from cli.printing import print_rows
    from records.identity_access import access_report

    with looking(home) as store, store.reader() as reader:
        rows = access_report(reader, patient)
    print_rows(rows, as_json=as_json, empty="Nobody asked who this patient is.")


@app.command(rich_help_panel=ACT)
def merge(
    patient: Annotated[str, typer.Argument(help="The pseudonym (P...) that is given up.")],
    into: Annotated[str, typer.Option(help="The pseudonym (P...) that stays.")],
    reason: Reason,
    study: Annotated[
        str, typer.Option(help="Only this study, such as STU-0001, is of the other patient.")
    ] = "",
    home: Home = None,
) -> None:
    """Put on record that two patients are one, or with --study that one study is another's.

    Needs 'radvigil user login'. Images, readings, truth and results stay with their studies; what
    goes out from now on bears the patient that stays. With --study the other way it is taken back.
    """
    from records.cases import Study
    from records.counting import counted
    from records.lookup import find_record
    from records.study_corrections import merge_patients

    refused = {"patient": patient, "into": into, "study": study}
    with deciding_anew(home, "merge of patients", reason=reason, refused=refused) as one:
        only = find_record(one.tx, Study, study) if study else None
        made = merge_patients(one.tx, patient, into, by=one.person, now=one.now, study=only)
    typer.echo(f"{counted(len(made), 'study', 'studies')} of {patient} moved to {into}.")


@app.command(rich_help_panel=ACT)
def destroy(reason: Reason, home: Home = None) -> None:
    """Propose that the mapping is destroyed, so that nobody can be named again; it stays till then.

    Needs 'radvigil user login'. Somebody else, in another role, confirms it. Copies in backups
    stay: see to them first.
    """
    from records.mapping_destruction import propose_destruction

    with acting(home) as store:
        person = acting_person(store)
        made = propose_destruction(store, by=person.name, reason=reason, now=now_of(store))
    typer.echo(f"{made.label}: the identity mapping is proposed for destruction.")


@app.command(rich_help_panel=ACT)
def confirm(
    label: Annotated[str, typer.Argument(help="The proposal, such as DEL-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Confirm with a signature that the mapping is destroyed, and destroy it.

    Needs 'radvigil user login'; the password is asked for again. It cannot be undone.
    """
    from records.deletions import Deletion
    from records.lookup import find_record
    from records.mapping_destruction import confirm_destruction

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            known = find_record(reader, Deletion, label)
        done = confirm_destruction(
            store, known, by=person.name, password=ask_password(f"Password of {person.name}"),
            reason=reason, now=now_of(store),
        )
    typer.echo(f"{done.label} is done: the identity mapping is destroyed.")
