"""``radvigil rollout``: a change comes to the sites stage by stage."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, looking, now_of
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("A change brought to the sites stage by stage, beside what is live.")

Label = Annotated[str, typer.Argument(help="The rollout, such as RLO-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_rollouts(as_json: AsJson = False, home: Home = None) -> None:
    """Every rollout with the stage that it has reached."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.quality import ChangeRequest
    from records.rollouts import Rollout

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"rollout": one.label, "change": ChangeRequest.label_of(one.change_request_id),
             "status": one.status, "stage": f"{len(one.progress)} of {len(one.stages)}",
             "halted_because": one.halted_because, "ended_at": one.ended_at}
            for one in list_records(reader, Rollout)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No rollout was planned.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """Stages, stopping rule, way back, and every look at the shadow beside the live version."""
    from cli.printing import print_fields, print_rows
    from records.lookup import find_record
    from records.quality import ChangeRequest
    from records.rollouts import Rollout, looks_of

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, Rollout, label)
        looks: list[dict[str, Any]] = [
            {"look": each.label, "at": each.looked_at, "stage": each.stage, "sites": each.sites,
             "studies": each.studies, "verdict": each.verdict, "figures": each.figures}
            for each in looks_of(reader, one)
        ]  # fmt: skip
    begun = {each["stage"]: each for each in one.progress}
    stages = [
        {"stage": number, **each, "began_at": begun.get(number, {}).get("at", ""),
         "by": begun.get(number, {}).get("by", "")}
        for number, each in enumerate(one.stages, start=1)
    ]  # fmt: skip
    fields: dict[str, Any] = {
        "label": one.label, "change": ChangeRequest.label_of(one.change_request_id),
        "status": one.status, "halted_because": one.halted_because, "way_back": one.way_back,
        "rule": one.rule, "proposed_by": one.proposed_by,
    }
    if as_json:
        print_fields(fields | {"stages": stages, "looks": looks}, as_json=True)
        return
    print_fields(fields, as_json=False)
    print_rows(stages, as_json=False, empty="No stage.")
    short = [
        {**{name: value for name, value in each.items() if name != "figures"},
         "agreement": each["figures"]["changed"]["agreement"]["value"],
         "tested": "; ".join(
             f"{row['measure']} {'not estimable' if row['value'] is None else row['verdict']}"
             for row in each["figures"]["tested"]
         )}
        for each in looks
    ]  # fmt: skip
    print_rows(short, as_json=False, empty="Nobody has looked at a shadow yet.")


@app.command(rich_help_panel=ACT)
def plan(
    change: Annotated[str, typer.Argument(help="The change request, such as CHR-0001.")],
    plan_file: Annotated[
        Path, typer.Argument(metavar="FILE", help="YAML: stages, rule and way_back.")
    ],
    reason: Reason,
    home: Home = None,
) -> None:
    """Plan the stages, the rule that stops it, and the way back; two people sign it then."""
    from journeys.roll_out import plan_from_file
    from records.lookup import find_record
    from records.quality import ChangeRequest

    with deciding_anew(home, "planning of a rollout", reason=reason) as one:
        made = plan_from_file(
            one.tx, find_record(one.tx, ChangeRequest, change), plan_file, by=one.person,
            now=one.now,
        )
    typer.echo(
        f"{made.label} is planned. Two people in different roles sign it, one with an approval: "
        f"radvigil rollout sign {made.label}"
    )


@app.command(rich_help_panel=ACT)
def sign(
    label: Label,
    reason: Reason,
    meaning: Annotated[str, typer.Option(help="author, review, approval.")] = "approval",
    home: Home = None,
) -> None:
    """Sign the plan. Needs 'radvigil user login'; asks for the password again."""
    from cli.signing import sign_label
    from records.rollouts import Rollout

    with acting(home) as store:
        typer.echo(sign_label(store, Rollout, label, meaning=meaning, reason=reason))


@app.command(rich_help_panel=ACT)
def advance(label: Label, reason: Reason, home: Home = None) -> None:
    """Begin the next stage at all its sites at once; asks for the password again.

    The first live stage releases the change. Refused while the stage before is not over.
    """
    from cli.signing import password_of
    from journeys.roll_out import advance as begin
    from records.rollouts import Rollout

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(Rollout, label), "advance", reason=reason) as one:
        made = begin(
            one.tx, one.record, by=one.person, password=password, reason=reason, now=one.now
        )
        stage = one.record.begun[-1]
        number = len(one.record.progress)
    typer.echo(
        f"{one.record.label}: stage {number} of {len(one.record.stages)} began, {stage.mode} at "
        f"{', '.join(stage.sites)} ({', '.join(each.label for each in made)})."
    )


@app.command(rich_help_panel=ACT)
def look(label: Label, reason: Reason, as_json: AsJson = False, home: Home = None) -> None:
    """Compare the shadow with the live version on the same studies; a failed rule halts it."""
    from cli.printing import print_json
    from journeys.roll_out import WHAT_NOW
    from journeys.roll_out import look as compare
    from records.lookup import find_record
    from records.rollouts import FAILED, Rollout

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            one = find_record(reader, Rollout, label)
        made = compare(store, one, actor=person, reason=reason, now=now_of(store))
    if as_json:
        print_json({"look": made.label, "studies": made.studies, "sites": made.sites,
                    "verdict": made.verdict, "figures": made.figures})  # fmt: skip
        return
    where = ", ".join(made.sites) or "no site: no shadow runs beside a live version"
    typer.echo(f"{made.label} at {where}: {made.studies} studies read by both: {made.verdict}.")
    for row in made.figures["tested"]:
        said = "not estimable" if row["value"] is None else (
            f"{row['value']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"
        )
        typer.echo(f"  {row['measure']}, n = {row['n']}: {said}, bound {row['bound']:+g}: "
                   f"{row['verdict']}")  # fmt: skip
    if made.verdict == FAILED:
        typer.echo(f"{label} is halted. {WHAT_NOW}")


@app.command(rich_help_panel=ACT)
def halt(label: Label, reason: Reason, home: Home = None) -> None:
    """Halt the rollout, or withdraw one that did not begin. Needs 'radvigil user login'."""
    from journeys.roll_out import halt as stop
    from records.rollouts import Rollout

    with deciding(home, labelled(Rollout, label), "halt", reason=reason) as one:
        stop(one.tx, one.record, because=reason, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is {one.record.status}.")


@app.command(rich_help_panel=ACT)
def tell(
    label: Label, reason: Reason,
    words: Annotated[str, typer.Option(help="What users are told; name no patient.")],
    site: Annotated[list[str], typer.Option(help="A site that was reached; repeatable.")],
    home: Home = None,
) -> None:
    """Tell the users at sites that the rollout has reached. Needs 'radvigil user login'."""
    from journeys.tell_people import TellReport, send_messages
    from journeys.tell_users import tell_sites
    from records.rollouts import Rollout

    with acting(home) as store:
        workspace = store.workspace
    with deciding(home, labelled(Rollout, label), "word to users", reason=reason) as one:
        told = tell_sites(one.tx, one.record, site, words=words, workspace=workspace,
                          by=one.person, now=one.now)  # fmt: skip
    with acting(home) as store:
        report = TellReport()
        send_messages(store, report, actor=one.person.name, clock=lambda: now_of(store))
    typer.echo(f"{label}: told over {told} routes; delivered {report.delivered}.")
