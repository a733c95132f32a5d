"""``radvigil retention``: until when what is kept, legal holds, and deletion by two people."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, ask_password, looking, now_of
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

if TYPE_CHECKING:
    from records.erasable import Selection

app = noun("Until when what is kept; legal holds; deletion of bytes by two people.")

Kind = Annotated[str, typer.Option(help="image, quarantine or export.")]
OfSite = Annotated[str, typer.Option(help="Of this site only.")]
OfPatient = Annotated[str, typer.Option(help="Of this patient only (a pseudonym).")]
Label = Annotated[str, typer.Argument(help="The deletion, such as DEL-0001.")]


@app.command(rich_help_panel=LOOK)
def due(as_json: AsJson = False, home: Home = None) -> None:
    """Every kind of record with rule and date, and which bytes are due, held or kept.

    Rows and events are never deleted; the date says what the law asks for.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from records.retention_overview import due_bytes, kept_tables

    with looking(home) as store, store.reader() as reader:
        today = now_of(store).date()
        tables = [asdict(one) for one in kept_tables(reader)]
        files = [asdict(one) for one in due_bytes(store, reader, today)]
    if as_json:
        print_json({"today": today, "records": tables, "bytes": files})
        return
    print_rows(tables, as_json=False, empty="")
    print_rows(files, as_json=False, empty="")


@app.command(rich_help_panel=LOOK)
def show(
    record: Annotated[str, typer.Argument(help="A record, such as DOC-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Until when one record is kept by the law, by which rule, or what is not known."""
    from dataclasses import asdict

    from cli.printing import print_fields
    from records.history import subject_named
    from records.lookup import find_record
    from records.retention_overview import retention_of_record
    from records.tables import RECORDS

    subject = subject_named(record)
    table = next(one for one in RECORDS if one.__name__ == subject.partition(":")[0])
    with looking(home) as store, store.reader() as reader:
        found = find_record(reader, table, subject.partition(":")[2])
        print_fields({"record": found.label} | asdict(retention_of_record(reader, found)),
                     as_json=as_json)  # fmt: skip


@app.command(rich_help_panel=ACT)
def fact(
    name: Annotated[
        str,
        typer.Argument(
            help="expected_life_years, device_lifetime_years, last_unit_placed or legal_basis_ends."
        ),
    ],
    about: Annotated[str, typer.Argument(help="A device; for legal_basis_ends a site or patient.")],
    value: Annotated[str, typer.Argument(help="Years, or a day as 2027-12-31.")],
    evidence: Annotated[str, typer.Option(help="What shows it: a document, a contract.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record what only a person knows and a period is counted from. Needs 'radvigil user login'."""
    from records.retention_facts import record_fact

    refused = {"name": name, "about": about}
    with deciding_anew(home, "fact of retention", reason=reason, refused=refused) as one:
        made = record_fact(
            one.tx, name, about, value, evidence=evidence, by=one.person, now=one.now
        )
    typer.echo(f"{made.label}: {name} of '{about}' is {value}.")


@app.command(rich_help_panel=LOOK)
def facts(as_json: AsJson = False, home: Home = None) -> None:
    """Every fact that was recorded; the newest about the same thing counts."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.retention_facts import RetentionFact

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"fact": one.label, "name": one.name, "about": one.about, "value": one.value,
             "evidence": one.evidence, "by": one.recorded_by, "at": one.recorded_at}
            for one in list_records(reader, RetentionFact)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No fact was recorded.")


@app.command(rich_help_panel=ACT)
def hold(
    reason: Reason,
    device: Annotated[str, typer.Option(help="A device; it holds every kind of bytes.")] = "",
    site: OfSite = "",
    patient: OfPatient = "",
    kind: Annotated[
        list[str] | None, typer.Option(help="image, quarantine or export; repeatable. Else all.")
    ] = None,
    home: Home = None,
) -> None:
    """Place a legal hold: nothing that it covers is deleted until it is lifted.

    Without a scope it covers everything. Needs 'radvigil user login'.
    """
    from records.legal_holds import place_hold

    with deciding_anew(home, "legal hold", reason=reason) as one:
        placed = place_hold(
            one.tx, by=one.person, reason=reason, now=one.now, device=device, site=site,
            patient=patient, kinds=kind,
        )
    typer.echo(f"{placed.label} holds {placed.scope}.")


@app.command(rich_help_panel=ACT)
def lift(
    label: Annotated[str, typer.Argument(help="The hold, such as HLD-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Lift a legal hold. Needs 'radvigil user login'."""
    from records.legal_holds import LegalHold, lift_hold

    with deciding(home, labelled(LegalHold, label), "lifting", reason=reason) as one:
        lift_hold(one.tx, one.record, by=one.person, reason=reason, now=one.now)
    typer.echo(f"{one.record.label} is lifted.")


@app.command(rich_help_panel=LOOK)
def holds(as_json: AsJson = False, home: Home = None) -> None:
    """Every legal hold: its scope, who placed it, why, and who lifted it."""
    from cli.printing import print_rows
    from records.legal_holds import LegalHold
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"hold": one.label, "scope": one.scope, "reason": one.reason, "by": one.placed_by,
             "since": one.placed_at, "status": one.status, "lifted_by": one.lifted_by,
             "lifted_because": one.lifted_because}
            for one in list_records(reader, LegalHold)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No hold was placed.")


@app.command(rich_help_panel=ACT)
def propose(
    kind: Kind,
    reason: Reason,
    site: OfSite = "",
    patient: OfPatient = "",
    home: Home = None,
) -> None:
    """Propose that bytes that are due are deleted: 10,000 files at most; nothing is deleted yet.

    Needs 'radvigil user login'. Somebody else, in another role, confirms it.
    """
    from records.counting import counted
    from records.deletions import propose_deletion

    wanted = _selection(kind, site, patient)
    with acting(home) as store:
        person = acting_person(store)
        made = propose_deletion(store, wanted, by=person.name, reason=reason, now=now_of(store))
    typer.echo(f"{made.label}: {counted(len(made.items), 'file')} proposed ({made.rule}).")


def _selection(kind: str, site: str, patient: str) -> "Selection":
    from records.erasable import Selection

    return Selection(kind, site=site, patient=patient)


@app.command(rich_help_panel=ACT)
def confirm(label: Label, reason: Reason, home: Home = None) -> None:
    """Confirm a deletion that somebody else proposed, with a signature, and delete the bytes.

    Needs 'radvigil user login'; the password is asked for again. It cannot be undone.
    """
    from records.counting import counted
    from records.deletions import Deletion, confirm_deletion
    from records.lookup import find_record

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            known = find_record(reader, Deletion, label)
        done = confirm_deletion(
            store, known, by=person.name, password=ask_password(f"Password of {person.name}"),
            reason=reason, now=now_of(store),
        )
    typer.echo(f"{done.label} is done: {counted(len(done.items), 'file')} deleted.")


@app.command(rich_help_panel=ACT)
def withdraw(label: Label, reason: Reason, home: Home = None) -> None:
    """Withdraw a deletion that nobody confirmed yet. Needs 'radvigil user login'."""
    from records.accounts import acting_on
    from records.deletions import Deletion, withdraw_deletion
    from records.lookup import find_record
    from records.people import find_actor

    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        with store.reader() as reader:
            known = find_record(reader, Deletion, label)
        with acting_on(store, known, "withdrawal", actor=person.name, reason=reason, now=now) as tx:
            withdraw_deletion(
                tx, find_record(tx, Deletion, label), by=find_actor(tx, person.name), now=now
            )
    typer.echo(f"{known.label} is withdrawn; nothing was deleted.")


@app.command(rich_help_panel=ACT)
def resume(home: Home = None) -> None:
    """Go on with confirmed deletions that broke off. Needs 'radvigil user login'."""
    from records.deletions import resume_deletions

    done = []
    with acting(home) as store:
        person = acting_person(store)
        for one in resume_deletions(store, by=person.name, now=now_of(store)):
            done.append(one)
            typer.echo(f"{one.label} is done.")
    if not done:
        typer.echo("No deletion broke off.")


@app.command(rich_help_panel=LOOK)
def deletions(as_json: AsJson = False, home: Home = None) -> None:
    """Every deletion: what, by which rule, by which two people; --json names each file."""
    from cli.printing import print_rows
    from records.deletions import Deletion
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"deletion": one.label, "kind": one.kind, "files": one.items if as_json
             else len(one.items), "rule": one.rule, "grounds": one.grounds, "status": one.status,
             "proposed_by": one.proposed_by, "decided_by": one.decided_by, "done_at": one.done_at}
            for one in list_records(reader, Deletion)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nothing was deleted, and nothing is proposed.")
