"""``radvigil monitor revalidate`` and what is signed and owed of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.monitor_week import tell
from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import AsJson, DeviceName, Home, Reason, Seed

if TYPE_CHECKING:
    from records.store import Store
    from records.surveillance import Revalidation


def revalidate(
    site: Annotated[
        list[str] | None, typer.Option(help="Judge this site now, due or not; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why now; needed with --site.")] = "",
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Judge the version in use again at every site that owes it by the plan.

    By the schedule, and at alerts whose rule demands it. The locked tests are asked again and
    compared with their evaluation; claims are held against their bounds there and on recent truth.
    What falls short opens a CAPA and proposes that use is suspended, or suspends it at once where a
    rule of the signed plan says so; people are told.
    """
    from cli.printing import print_json
    from journeys.revalidate import revalidate_due
    from records.reasons import require_reason

    if site:
        require_reason(reason)
    with acting(home) as store:
        name = device_name(store, device)
        actor = start_routine(store, "service:surveillance", task="revalidate")
        made = revalidate_due(
            store, name, actor=actor, now=now_of(store), sites=site or [], reason=reason.strip()
        )
        told = tell(store, name, actor=actor)
    if as_json:
        print_json({"revalidations": [_all_of(one) for one in made], "told": told})
        return
    for one in made:
        typer.echo(f"{one.label} {one.site}: {one.conclusion}")
        for note in one.judgement.get("notes", ()):
            typer.echo(f"  {note}.")
    if not made:
        typer.echo("Nothing is owed: see 'radvigil monitor revalidations'.")


def owed_now(store: "Store", name: str, *, actor: str) -> list[str]:
    """After a day of surveillance, what is owed by the plan; a failure ends nothing, and is told.
    """
    from journeys.revalidate import revalidate_owed
    from records.errors import RadvigilError

    try:
        made = revalidate_owed(store, name, actor=actor, now=now_of(store))
    except RadvigilError as failed:
        return [f"failed: {failed.message}"]
    return [f"{one.label} {one.site}: {one.conclusion}" for one in made]


def _all_of(one: "Revalidation") -> dict[str, Any]:
    return {
        "revalidation": one.label, "site": one.site, "trigger": one.trigger,
        "verdict": one.verdict, "outcome": one.outcome, "conclusion": one.conclusion,
        "judgement": one.judgement,
    }  # fmt: skip


def revalidations(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """What each site owes and when, and every revalidation with its verdict and signatures."""
    from cli.printing import print_json, print_rows
    from records.revalidation_overview import judged_rows_of, revalidation_standings

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        owed = _owed(reader, device_name(store, device), now)
        made = revalidation_standings(reader)
        if as_json:
            print_json({
                "owed": owed,
                "made": [one.as_dict() | {"rows": judged_rows_of(one)} for one in made],
            })  # fmt: skip
            return
    for line in owed:
        typer.echo(line["words"] + (" OVERDUE" if line["overdue"] else ""))
    print_rows([one.as_dict() for one in made], as_json=False, empty="None was made yet.")


def _owed(reader: Any, name: str, now: datetime) -> list[dict[str, Any]]:
    from journeys.tell_week import owed_of

    return [
        {"site": one.site, "due_on": one.due_on, "trigger": one.trigger,
         "overdue": one.overdue(now.date()), "words": one.words}
        for one in owed_of(reader, name)
    ]  # fmt: skip


def incident(
    site: Annotated[str, typer.Option(help="Where it happened; of an alert: its site.")] = "",
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Its first day.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day; else 14 days.")
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option(help="A study that was affected, STU-0007; repeatable.")
    ] = None,
    cause: Annotated[str, typer.Option(help="In words, or a knob such as 'noise=3'.")] = "",
    alert: Annotated[str, typer.Option(help="Closed as an incident, such as ALT-0003.")] = "",
    device: DeviceName = None,
    seed: Seed = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Hold a confirmed incident against the charts: which should have fired, and did it?

    The charts of the plan are stepped afresh through the stored studies of its days, and each is
    asked how small a change it could have found. The answer is on record.
    """
    from cli.printing import print_json, print_rows
    from journeys.replay_incident import Told, replay_incident

    told = Told(site, first.date() if first else None, until.date() if until else None, cause,
                tuple(study or ()), alert)  # fmt: skip
    with acting(home) as store:
        actor = start_routine(store, "service:surveillance", task="replay an incident")
        made = replay_incident(
            store, device_name(store, device), told, actor=actor, now=now_of(store),
            seed=seed_for(store, seed),
        )
    if as_json:
        print_json({"replay": made.label, "conclusion": made.conclusion, "charts": made.charts})
        return
    typer.echo(f"{made.label}: {made.conclusion}")
    short = ("chart", "verdict", "words")
    rows = [{name: one[name] for name in short} for one in made.charts]
    print_rows(rows, as_json=False, empty="")


def sign_revalidation(
    label: Annotated[str, typer.Argument(help="The revalidation, such as RVL-0001.")],
    reason: Reason,
    meaning: Annotated[str, typer.Option(help="author, review, approval or another.")] = "approval",
    home: Home = None,
) -> None:
    """Sign what a revalidation found. Needs 'radvigil user login'; asks for the password again."""
    from cli.signing import sign_label
    from records.surveillance import Revalidation

    with acting(home) as store:
        typer.echo(sign_label(store, Revalidation, label, meaning=meaning, reason=reason))
