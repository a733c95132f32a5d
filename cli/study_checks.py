"""``radvigil study flags``, ``checks`` and ``check``: what arriving studies broke of the rules."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import looking
from cli.options import AsJson, Home, Last, Since, Until, day_of


def flags(
    site: Annotated[str | None, typer.Option(help="Only images of this site.")] = None,
    check: Annotated[str | None, typer.Option(help="Only this check, such as polarity.")] = None,
    since: Since = None,
    until: Until = None,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Images that broke a check of their device and were not refused: measure and limit.

    The device's definition says what is checked, within which limits, and what refuses a study.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.image_flags import flag_words, flagged_images
    from records.lookup import sites_named

    with looking(home) as store, store.reader() as reader:
        if site:
            sites_named(reader, [site])
        found = flagged_images(
            reader, site=site, check=check, since=day_of(since), until=day_of(until), last=last
        )
    rows = [
        asdict(one) if as_json
        else {**asdict(one), "flags": [flag_words(flag) for flag in one.flags]}
        for one in found
    ]
    print_rows(rows, as_json=as_json, empty="No image broke a check.")


def checks(last: Last = 50, as_json: AsJson = False, home: Home = None) -> None:
    """Acceptance checks of arrivals and datasets: passed or not, and how many rules were broken."""
    from cli.printing import print_rows
    from records.cases import GateResult
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "check": one.label, "scope": one.scope, "rows": one.n, "passed": one.passed,
                "rules": len(one.expectations),
                "broken": sum(not rule["passed"] for rule in one.expectations),
                "suite": one.suite, "suite_digest": one.suite_digest,
                "checked_at": one.checked_at,
            }
            for one in list_records(reader, GateResult, last=last)
        ]
    shown = rows if as_json else [
        {name: value for name, value in row.items() if name != "suite_digest"} for row in rows
    ]
    print_rows(shown, as_json=as_json, empty="Nothing was checked.")


def check(
    label: Annotated[str, typer.Argument(help="A label such as GTE-0001.")],
    html: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write it as a page that asks for nothing outside."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """One acceptance check, rule by rule, with the records that broke each."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from imaging.gate_sheet import gate_sheet, rule_outcomes
    from records.cases import GateResult
    from records.errors import InvalidInput
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        found = find_record(reader, GateResult, label)
        rows, page = [asdict(one) for one in rule_outcomes(found)], gate_sheet(found)
    if html is not None:
        try:
            html.write_text(page, encoding="utf-8")
        except OSError as failed:
            raise InvalidInput(f"{html} cannot be written: {failed.strerror}.") from failed
    print_rows(rows, as_json=as_json, empty="The check holds no rule.")
