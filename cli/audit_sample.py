"""``radvigil audit sample``: a random sample of records, on record before anybody looks at it."""

from typing import Annotated

import typer

from cli.opening import acting, acting_person, now_of
from cli.options import AsJson, Home, Since, Until, day_of


def sample(
    of: Annotated[str, typer.Option("--of", help="The kind of record; a wrong one lists them.")],
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 5,
    year: Annotated[
        int | None, typer.Option(min=1990, max=2200, help="Only of this year (UTC).")
    ] = None,
    since: Since = None,
    until: Until = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw the same sample again; else one is drawn.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Draw records at random, such as five alerts of 2026. Needs 'radvigil user login'.

    Who drew, by which seed, from how many and which is an event before anything is shown. Each
    record is ranked by SHA-256 of 'seed:label', the lowest are drawn. An auditor draws from what
    was granted.
    """
    from dataclasses import asdict
    from datetime import date

    from cli.printing import print_json
    from records.accounts import require_on_record
    from records.errors import InvalidInput
    from records.kinds import Scope
    from records.people import find_actor
    from records.permissions import Action
    from records.sampling import draw_sample

    if year and (since or until):
        raise InvalidInput("Both a year and days were named.", hint="Name one of the two.")
    first, last = (date(year, 1, 1), date(year, 12, 31)) if year else (day_of(since), day_of(until))
    period = Scope(since=first, until=last)
    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        require_on_record(store, person, Action.DRAW_SAMPLE, now=now)
        with store.transaction(person.name, "random sample", now=now) as tx:
            drawn = draw_sample(
                tx, of, count, period=period, seed=seed, by=find_actor(tx, person.name),
                on=now.date(),
            )
    if as_json:
        print_json(asdict(drawn))
        return
    typer.echo(f"Drawn: {drawn.words}.")
    for label in drawn.drawn:
        typer.echo(label)
