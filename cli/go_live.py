"""``radvigil go-live``: a version tried at a site as a shadow before it runs live there."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, looking, now_of
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

if TYPE_CHECKING:
    from records.go_lives import GoLive

app = noun("A version tried at a site before it runs live there.")

Label = Annotated[str, typer.Argument(help="The trial, such as GLV-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_trials(as_json: AsJson = False, home: Home = None) -> None:
    """Every trial with its state and verdict."""
    from cli.printing import print_rows
    from records.go_lives import GoLive
    from records.lookup import list_records
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"go_live": one.label, "site": one.site,
             "version": ModelVersion.label_of(one.model_version_id), "status": one.status,
             "verdict": one.verdict, "clinician": one.clinician, "started_at": one.started_at,
             "decided_at": one.decided_at}
            for one in list_records(reader, GoLive)
        ]  # fmt: skip
    print_rows(
        rows, as_json=as_json,
        empty="No trial was planned. A device whose definition has no section 'go_live' needs "
        "none: a released version runs live at a confirmed site.",
    )


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """The go-live report: plan, what was found, decision and signatures; of a running one what is
    still missing."""
    from cli.printing import print_fields, print_rows
    from journeys.go_live import standing, told_of
    from records.go_lives import RUNNING, GoLive
    from records.lookup import find_record

    with looking(home) as store:
        now = now_of(store)
        with store.reader() as reader:
            one = find_record(reader, GoLive, label)
            told = told_of(reader, one)
            if one.status == RUNNING:
                found = standing(store, reader, one, now=now)
                told["stands"] = found.conclusion if found.verdict == "not estimable" else (
                    f"enough studies: 'radvigil go-live judge {one.label}'"
                )
    if as_json:
        print_fields(told, as_json=True)
        return
    bounds, signatures = told.pop("bounds"), told.pop("signatures")
    judgement = told.pop("judgement")
    planned = told.pop("planned")
    told["planned"] = f"{planned['diseased']} diseased, {planned['healthy']} healthy with truth"
    if judgement:
        told["found"] = judgement["conclusion"]
    print_fields(told, as_json=False)
    print_rows(bounds, as_json=False, empty="No bound.")
    print_rows(signatures, as_json=False, empty="Nobody has signed.")


@app.command(rich_help_panel=LOOK)
def report(
    label: Label,
    out: Annotated[Path, typer.Option(help="Where the PDF is written.")],
    as_json: AsJson = False, home: Home = None,
) -> None:
    """Write the go-live report of a trial as PDF: plan, studies, figures, decision, gaps."""
    from cli.printing import print_json
    from journeys.print_go_live import write_go_live
    from records.go_lives import GoLive
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, GoLive, label)
        write_go_live(store, reader, one, out, now=now_of(store))
    if as_json:
        print_json({"go_live": one.label, "file": str(out)})
    else:
        typer.echo(f"{one.label}: {out}")


@app.command(rich_help_panel=ACT)
def plan(
    site: Annotated[str, typer.Argument(help="The site.")],
    model: Annotated[str, typer.Option(help="The version, such as MDV-0002.")],
    clinician: Annotated[str, typer.Option(help="Who answers for the site and will decide.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Plan the trial, with the number of studies the device's section 'go_live' calls for."""
    from journeys import go_live
    from records.lookup import find_record
    from records.people import find_actor
    from records.product import ModelVersion

    with deciding_anew(home, "planning of a go-live", reason=reason) as one:
        made = go_live.plan(
            one.tx, find_record(one.tx, ModelVersion, model), site,
            clinician=find_actor(one.tx, clinician), by=one.person, now=one.now,
        )
        planned = made.planned
    typer.echo(
        f"{made.label} is planned: {planned['diseased']} diseased and {planned['healthy']} healthy "
        f"studies with truth are needed. Next: radvigil go-live start {made.label}"
    )


@app.command(rich_help_panel=ACT)
def start(label: Label, reason: Reason, home: Home = None) -> None:
    """Run the version at the site as a shadow from now on; what is live there goes on."""
    from journeys import go_live
    from records.go_lives import GoLive

    with deciding(home, labelled(GoLive, label), "start of a go-live", reason=reason) as one:
        made = go_live.start(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} runs: {made.label} reads as a shadow at {one.record.site}.")


@app.command(rich_help_panel=ACT)
def judge(label: Label, reason: Reason, home: Home = None) -> None:
    """Hold what the shadow said against the bounds, once the planned studies are there."""
    from journeys import go_live
    from records.go_lives import GoLive
    from records.lookup import find_record

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            one = find_record(reader, GoLive, label)
        found = go_live.judge(store, one, actor=person, reason=reason, now=now_of(store))
    typer.echo(f"{one.label}: {found.conclusion}.")


@app.command(rich_help_panel=ACT)
def accept(label: Label, reason: Reason, home: Home = None) -> None:
    """The clinician of the site signs that the version may run live; asks for the password again.
    """
    from records.go_lives import accept_go_live

    _decide(home, label, reason, accept_go_live, "acceptance")


@app.command(rich_help_panel=ACT)
def decline(label: Label, reason: Reason, home: Home = None) -> None:
    """The clinician of the site signs that it does not, and why; asks for the password again."""
    from records.go_lives import decline_go_live

    _decide(home, label, reason, decline_go_live, "declining")


def _decide(
    home: Path | None, label: str, reason: str, decision: Callable[..., "GoLive"], deed: str
) -> None:
    from cli.signing import password_of
    from records.go_lives import GoLive

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(GoLive, label), deed, reason=reason) as one:
        decision(one.tx, one.record, by=one.person, password=password, reason=reason, now=one.now)
    typer.echo(f"{one.record.label} is {one.record.status} by {one.person.full_name}.")
