"""``radvigil rule``: what the law asks, applied to facts; each rule with its source."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("What the law asks: rules and clocks applied to facts, each with its source.")

Facts = Annotated[
    Path, typer.Option(help='JSON: {"rule_ids": ["R-803-03"], "input": {"death": false, ...}}.')
]
Rule = Annotated[str, typer.Argument(help="A rule, such as R-EU87-02.")]


@app.command("list", rich_help_panel=LOOK)
def list_rules(
    family: Annotated[str, typer.Option(help="Of this family only, such as 'EU vigilance'.")] = "",
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Every rule, and what of its sources was read when it was written down.

    'control' is a clause that this program meets itself; it is not applied to facts. No workspace
    is needed.
    """
    from cli.printing import print_rows
    from regulatory.rules.rule_sheet import rule_list

    print_rows(rule_list(family), as_json=as_json, empty="No rule is of that family.")


@app.command(rich_help_panel=LOOK)
def show(
    rule: Rule,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001
) -> None:
    """One rule: text, citation, whether the primary text was checked, parameters, calendars.

    No workspace is needed.
    """
    from cli.printing import print_fields, print_rows
    from regulatory.rules.rule_sheet import rule_sheet

    sheet = rule_sheet(rule)
    if as_json:
        print_fields(sheet, as_json=True)
        return
    tables = {name: sheet.pop(name) for name in ("clocks", "calendars", "questions")}
    print_fields(sheet, as_json=False)
    tables["clocks"] = [{"clock": name} | said for name, said in tables["clocks"].items()]
    for rows in tables.values():
        if rows:
            print_rows(rows, as_json=False, empty="")


@app.command(rich_help_panel=LOOK)
def apply(
    facts: Facts,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001
) -> None:
    """Apply rules to the facts of a file: classification, clocks, dates, with version and sources.

    A fact that is absent is missing, never 'no': the rule refuses and names it (exit 1). null is
    'not known'. Malformed files, unknown rules and coded values are refused (exit 2). Nothing is
    recorded; no workspace is needed. Not legal advice.
    """
    from cli.printing import print_fields, print_json, print_rows
    from regulatory.rules.applying import apply_rules
    from regulatory.rules.facts_file import read_facts_file

    answer = apply_rules(*read_facts_file(facts))
    if unread := answer["facts_not_known_here"]:
        typer.echo(f"radvigil: no rule knows {', '.join(unread)}: not looked at.", err=True)
    if as_json:
        print_json(answer)
        return
    left_out = ("by_rule", "citations", "checked", "data_digest", "trace", "clocks")
    print_fields({name: value for name, value in answer.items() if name not in left_out},
                 as_json=False)  # fmt: skip
    clocks = answer.get("clocks", [])
    columns = dict.fromkeys(name for one in clocks for name in one)
    if clocks:
        print_rows([{name: one.get(name) for name in columns} for one in clocks], as_json=False,
                   empty="")  # fmt: skip
    for name, citation in answer["citations"].items():
        typer.echo(f"{name}: {citation}\n  {answer['checked'][name]}")


@app.command(rich_help_panel=LOOK)
def approvals(as_json: AsJson = False, home: Home = None) -> None:
    """The rule sets in use, and whether each was approved: by whom, when, on which grounds."""
    from cli.opening import looking
    from cli.printing import print_rows
    from regulatory.rule_sets import standing

    with looking(home) as store, store.reader() as reader:
        rows = standing(reader)
    shown = rows if as_json else [one | {"digest": one["digest"][:16]} for one in rows]
    print_rows(shown, as_json=as_json, empty="")


@app.command(rich_help_panel=ACT)
def approve(
    reason: Reason,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="rules, question-trees, calendars, templates, forms; else all."),
    ] = None,
    home: Home = None,
) -> None:
    """Approve the rule sets in use by signature: the password is asked for.

    A decision that a release rests on is refused on rule sets that nobody approved. The reason says
    what was compared with which text.
    """
    from cli.opening import acting, acting_person, now_of
    from cli.signing import password_of
    from journeys.approve_rules import approve_rule_sets
    from regulatory.recomputing import outdated

    with acting(home) as store:
        person = acting_person(store)
        made = approve_rule_sets(
            store, kind or [], actor=person.name, password=password_of(person.name), reason=reason,
            now=now_of(store),
        )
        with store.reader() as reader:
            waiting = len(outdated(reader))
    for one in made:
        typer.echo(f"{one.label}: {one.kind}, version {one.version}, approved by {person.name}.")
    if waiting:
        typer.echo(f"Open clocks that other rules gave: {waiting}. 'radvigil rule recompute' "
                   "computes them anew.")  # fmt: skip


@app.command(rich_help_panel=ACT)
def recompute(reason: Reason, as_json: AsJson = False, home: Home = None) -> None:
    """Compute the open clocks anew that other rules or calendars gave; tells what differs.

    The old instance stays. Exit 1 where a clock could not be computed: the rules ask for facts that
    nobody has told. Needs 'radvigil user login' and approved rule sets.
    """
    from cli.deciding import deciding_anew
    from cli.printing import print_json
    from regulatory.recomputing import recompute_clocks

    with deciding_anew(home, "recomputing of clocks", reason=reason) as one:
        found = recompute_clocks(one.tx, grounds=reason, by=one.person, now=one.now)
    if as_json:
        print_json([one.to_dict() for one in found])
    else:
        for each in found:
            said = each.why_not or "; ".join(each.changes) or "nothing differs"
            typer.echo(f"{each.incident}, {each.jurisdiction}: {each.before} -> "
                       f"{each.after or 'not computed'}: {said}")  # fmt: skip
    if any(each.why_not for each in found):
        raise typer.Exit(1)
