"""``radvigil field-action``: corrections and removals in the field, consignee by consignee."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("Field actions: open, approve, notify, answer, close; who is silent.")

Label = Annotated[str, typer.Argument(help="The field action, such as FSA-0001.")]
Site = Annotated[str, typer.Option(help="The consignee.")]
On = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it happened; else today.")
]


@app.command("list", rich_help_panel=LOOK)
def list_actions(as_json: AsJson = False, home: Home = None) -> None:
    """Every field action with its reconciliation."""
    from cli.printing import print_rows
    from records.field_actions import FieldAction
    from records.field_notices import consigned, notices_of, reconciled
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        found = list_records(reader, FieldAction)
        steps = notices_of(reader, found)
        rows = [
            {"record": one.label, "kind": one.kind, "status": one.status,
             "versions": one.versions, "opened_at": one.opened_at,
             "told": reconciled(consigned(one, steps[one.id or 0])).words}
            for one in found
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No field action was opened.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One action: scope by the ledger, notice, each consignee, totals, reminders owed, checks."""
    from cli.printing import print_fields, print_rows
    from records.field_actions import FieldAction, sites_not_covered
    from records.field_notices import checks_of, ledger_of, reconciled, remind_by
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, FieldAction, label)
        rows = ledger_of(reader, one)
        fields: dict[str, Any] = {"record": one.label, **one.model_dump(exclude={"id"})}
        fields |= {
            "totals": reconciled(rows).words,
            "not_covered": sites_not_covered(reader, one),
            "checks": [f"{each.label}: {each.result} by {each.decided_by}: {each.words}"
                       for each in checks_of(reader, one)],
        }  # fmt: skip
        told = [
            {"site": each.site, "status": each.status, "installations": each.installations,
             "corrected": each.corrected, "notified": each.notified_on,
             "reminded": each.reminders, "answered": each.answered_on, "done": each.done_on,
             "remind_by": remind_by(one, each), "words": each.words}
            for each in rows
        ]  # fmt: skip
    if as_json:
        print_fields(fields | {"consignees": told}, as_json=True)
        return
    print_fields(fields, as_json=False)
    print_rows(told, as_json=False, empty="No consignee.")


@app.command("open", rich_help_panel=ACT)
def open_one(
    file: Annotated[Path, typer.Argument(help="YAML: what, where, why; docs/field-actions.md.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Open an action; the ledger names its consignees. Needs 'radvigil user login'."""
    from journeys.plan_field_action import open_from_file

    with deciding_anew(home, "opening a field action", reason=reason) as one:
        made = open_from_file(one.tx, file, by=one.person, now=one.now)
    typer.echo(f"{made.label} is planned: {len(made.scope)} installations at "
               f"{', '.join(made.sites)}. Another person signs it: "
               f"radvigil field-action approve {made.label}")  # fmt: skip


@app.command(rich_help_panel=ACT)
def approve(label: Label, reason: Reason, home: Home = None) -> None:
    """Sign the action and its notice; consignees are told then.

    Needs 'radvigil user login' as another than who opened it; asks for the password again.
    """
    from records.field_actions import FieldAction, put_in_force

    password = _password(home)
    with deciding(home, labelled(FieldAction, label), "approval", reason=reason) as one:
        put_in_force(one.tx, one.record, by=one.person, password=password, reason=reason,
                     now=one.now)  # fmt: skip
    typer.echo(f"{one.record.label} is in force: notify {', '.join(one.record.sites)}.")


@app.command(rich_help_panel=ACT)
def withdraw(label: Label, reason: Reason, home: Home = None) -> None:
    """Withdraw an action of which nobody was told. Needs 'radvigil user login'."""
    from records.field_actions import FieldAction, withdraw_field_action

    with deciding(home, labelled(FieldAction, label), "withdrawal", reason=reason) as one:
        withdraw_field_action(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is withdrawn.")


@app.command(rich_help_panel=ACT)
def notify(
    label: Label,
    site: Site,
    reason: Reason,
    channel: Annotated[str, typer.Option(help="Such as letter, e-mail, telephone.")] = "",
    addressee: Annotated[str, typer.Option(help="The function that was told; no name.")] = "",
    on: On = None,
    home: Home = None,
) -> None:
    """Record that a consignee was told, or reminded where it is silent. Nothing is sent.

    Needs 'radvigil user login'.
    """
    from records.field_actions import FieldAction
    from records.field_notices import notify_consignee

    with deciding(home, labelled(FieldAction, label), "notice", reason=reason) as one:
        made = notify_consignee(one.tx, one.record, site, channel=channel, addressee=addressee,
                                on=_day(on, one.now), by=one.person, now=one.now)  # fmt: skip
    typer.echo(f"{made.label}: {made.site} was {made.step} on {made.happened_on}.")


@app.command(rich_help_panel=ACT)
def answer(
    label: Label,
    site: Site,
    words: Annotated[str, typer.Option(help="What the site answered.")],
    reason: Reason,
    done: Annotated[
        int | None, typer.Option(help="It is done: how many installations were corrected.")
    ] = None,
    on: On = None,
    home: Home = None,
) -> None:
    """Record what a consignee answered, or with --done that it is done. Needs 'user login'."""
    from records.field_actions import FieldAction
    from records.field_notices import answer_notice, ledger_of

    with deciding(home, labelled(FieldAction, label), "answer", reason=reason) as one:
        made = answer_notice(one.tx, one.record, site, words=words, on=_day(on, one.now),
                             installations=done, by=one.person, now=one.now)  # fmt: skip
        stands = next(each for each in ledger_of(one.tx, one.record) if each.site == site)
    typer.echo(f"{made.label}: {made.site} is '{stands.status}' on {made.happened_on}; "
               f"{stands.corrected or 0} of {stands.installations} installations corrected.")


@app.command(rich_help_panel=ACT)
def close(
    label: Label,
    finding: Annotated[str, typer.Option(help="What was found against the criterion.")],
    reason: Reason,
    not_effective: Annotated[
        bool, typer.Option("--not-effective", help="It did not work: the action stays in force.")
    ] = False,
    home: Home = None,
) -> None:
    """Sign whether it worked; an action that worked is closed when every consignee is done.

    Needs 'radvigil user login' as another than who opened it; asks for the password again.
    """
    from records.field_actions import FieldAction
    from records.field_notices import check_effectiveness

    password = _password(home)
    with deciding(home, labelled(FieldAction, label), "check and closing", reason=reason) as one:
        made = check_effectiveness(one.tx, one.record, effective=not not_effective, words=finding,
                                   by=one.person, password=password, now=one.now)  # fmt: skip
    typer.echo(f"{made.label}: {made.result}. {one.record.label} is '{one.record.status}'.")


def _day(on: datetime | None, now: datetime) -> date:
    return on.date() if on else now.date()


def _password(home: Path | None) -> str:
    from cli.signing import password_of

    with acting(home) as store:
        return password_of(acting_person(store).name)
