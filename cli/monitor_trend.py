"""``radvigil monitor trend`` and what is recorded and decided of trends (MDR Art. 88)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting, acting_person, device_name, looking, now_of, start_routine
from cli.options import AsJson, DeviceName, Home, Reason

if TYPE_CHECKING:
    from records.store import Store
    from regulatory.trend_standing import TrendStanding
    from regulatory.trends import PeriodLook


def trend(
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Periods over at the end of this day; else of "
                     "yesterday."),
    ] = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Whether events come more often, or are graver, than the plan expects (MDR Art. 88).

    The last period that is over, by the plan in force when it began, and the counts of the one
    that runs. On what is known now; nothing is recorded.
    """
    from cli.printing import print_json
    from regulatory.trend_standing import trend_standing

    with looking(home) as store, store.reader() as reader:
        until = as_of.date() if as_of else now_of(store).date() - timedelta(days=1)
        found = trend_standing(reader, device_name(store, device), until=until)
    if as_json:
        print_json(_all_of(found))
    else:
        _print(found)


def _print(found: "TrendStanding") -> None:
    from regulatory.trend_standing import running_words, spent_words

    typer.echo(spent_words(found))
    if found.closed is not None:
        _table(found, found.closed)
    if found.running is not None:
        typer.echo(running_words(found))
        _table(found, found.running)


def _table(found: "TrendStanding", look: "PeriodLook") -> None:
    from cli.printing import print_rows
    from regulatory.trend_standing import baseline_words, decided_words, notes_of, p_words, shown

    rows = [
        {"question": one["question"], "count": one["count"], "undecided": one["undecided"],
         "serious": one["serious"], "of": f"{one['exposure']} {one['unit']}",
         "rate (95 %)": shown(one["rate"]), "baseline": baseline_words(one),
         "ratio (95 %)": shown(one["ratio"]),
         "p": p_words(one)[0], "alpha": p_words(one)[1],
         "verdict": one["verdict"] + (f": {one['reason']}" if one["reason"] else ""),
         "decided": ": ".join(filter(None, decided_words(
             found, one, closed=look is found.closed)))}
        for one in look.rows
    ]  # fmt: skip
    print_rows(rows, as_json=False, empty="")
    for words in notes_of(look):
        typer.echo(words)


def _all_of(found: "TrendStanding") -> dict[str, Any]:
    def told(look: "PeriodLook | None") -> dict[str, Any] | None:
        if look is None:
            return None
        counts = look.counts
        return {
            "from": look.period.first, "until": look.period.last, "rows": look.rows,
            "sites": counts.sites, "sites_without_data": list(counts.silent),
            "events_by_site": counts.events_by_site, "serious": list(counts.serious),
            "outside": counts.outside, "unscreened": counts.unscreened,
            "duplicates": list(counts.duplicates), "alpha": look.rules.period_alpha,
            "alpha_year": look.rules.alpha,
        }  # fmt: skip

    return {
        "device": found.device, "as_of": found.until, "why_none": found.why_none,
        "closed": told(found.closed), "running": told(found.running),
        "look": found.recorded.label if found.recorded else None, "spent": found.spent,
        "decisions": {name: {"decision": one.label, "outcome": one.outcome,
                             "next_look_on": one.next_look_on}
                      for name, one in found.decisions.items()},
    }  # fmt: skip


def trend_look(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """Record a look at every period that is over: once each, and again where counts changed.

    'radvigil monitor day' and the server's job do the same each day.
    """
    from cli.printing import print_rows
    from journeys.look_at_trends import look_at_trends

    with acting(home) as store:
        actor = start_routine(store, "service:surveillance", task="look at trends")
        made = look_at_trends(store, device_name(store, device), actor=actor, now=now_of(store))
    rows = [
        {"look": one.label, "from": one.period_from, "until": one.period_to, "question":
         row["question"], "verdict": row["verdict"], "decide_by": one.decide_by}
        for one in made for row in one.rows
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Every period that is over was looked at.")


def trends_now(store: "Store", name: str, *, actor: str) -> list[str]:
    """After a day of surveillance, the looks that are due; a failure ends nothing, and is told."""
    from journeys.look_at_trends import look_at_trends
    from records.errors import RadvigilError

    try:
        made = look_at_trends(store, name, actor=actor, now=now_of(store))
    except RadvigilError as failed:
        return [f"failed: {failed.message}"]
    return [
        f"{one.label} {one.period_from} to {one.period_to}: "
        + "; ".join(f"{row['question']}: {row['verdict']}" for row in one.rows)
        for one in made
    ]  # fmt: skip


def trend_decide(
    label: Annotated[str, typer.Argument(help="The look, such as TLK-0001.")],
    reason: Reason,
    question: Annotated[
        list[str] | None,
        typer.Option(help="A category, or severity; repeatable. Else all that are no trend."),
    ] = None,
    benefit_risk: Annotated[
        str, typer.Option(help="May the effect on benefit-risk be significant? yes or no.")
    ] = "",
    unacceptable_risk: Annotated[
        str, typer.Option(help="May it lead to unacceptable risks? yes or no.")
    ] = "",
    home: Home = None,
) -> None:
    """Decide, signed, what a look comes to: reported, internal action, or no trend.

    A trend needs both answers; the reason is kept as the grounds. Needs 'radvigil user login' as
    regulatory or responsible person; asks for the password again.
    """
    from cli.signing import password_of
    from records.trends import TrendLook
    from regulatory.trend_decisions import OUTCOMES, decide_trend

    gates = _yes_no("--benefit-risk", benefit_risk), _yes_no("--unacceptable-risk",
                                                             unacceptable_risk)  # fmt: skip
    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(TrendLook, label), "decision on trends", reason=reason) as one:
        made = decide_trend(
            one.tx, one.record, questions=question or (), benefit_risk=gates[0],
            unacceptable_risk=gates[1], grounds=reason, by=one.person, password=password,
            now=one.now,
        )
    typer.echo(f"{made.label}: {', '.join(made.proposed)}: {OUTCOMES[made.outcome]}.")
    if made.against_rules:
        typer.echo("The numbers do not show a trend; it is reported on a person's word.")
    day = made.internal_due or made.answer.get("statement", "")
    typer.echo(f"Next look on {made.next_look_on}." + (f" Report by: {day}." if day else ""))


def _yes_no(option: str, said: str) -> bool | None:
    known = {"": None, "yes": True, "no": False}
    if said not in known:
        raise typer.BadParameter(f"{option}: '{said}' is neither yes nor no.")
    return known[said]
