"""``radvigil change assess``, ``review``, ``check``: a change under each regime, and the gate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.opening import acting, acting_person, looking, now_of
from cli.options import AsJson, Home, Reason

Label = Annotated[str, typer.Argument(help="A change request's label, such as CHR-0002.")]
Regimes = Annotated[
    list[str] | None,
    typer.Option("--regime", help="pccp, fda-labelling, fda-software, eu-change, udi or ai-act."),
]
PASSED, REFUSED = 0, 1


def assess(
    label: Label,
    facts: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="YAML or JSON with 'change' and 'regimes'."),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why; written to the audit trail. Needed with --facts.")
    ] = "",
    regime: Regimes = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What a change is under each regime: without --facts what is answered and open.

    With --facts the answers are recorded and signed: the password is asked for. What records show
    (weights, architecture, inputs, intended purpose, criteria, the plan) is filled in; it is stated
    otherwise only with the reason under 'overrides'. Another person then uses 'change review'.
    """
    if facts is None:
        _print_standing(label, regime or [], as_json=as_json, home=home)
        return
    from cli.options import _stated_reason
    from cli.signing import password_of
    from journeys.assess_change import assess_from_file

    why = _stated_reason(reason)
    with acting(home) as store:
        person = acting_person(store)
        made = assess_from_file(
            store, label, facts, person=person, ask_password=password_of, reason=why,
            now=now_of(store),
        )
    for one in made:
        typer.echo(f"{one.label}: {one.regime} is {one.result}, by {one.rule or 'declaration'}.")
    typer.echo(f"Another person reviews with 'radvigil change review {label} --reason ...'.")


def _print_standing(label: str, regimes: list[str], *, as_json: bool, home: Path | None) -> None:
    from cli.printing import print_json, print_rows
    from journeys.assess_change import standing_of
    from records.lookup import find_record
    from records.quality import ChangeRequest
    from regulatory.regime_answers import refuse_unknown

    refuse_unknown(set(regimes))
    with looking(home) as store, store.reader() as reader:
        rows = standing_of(reader, find_record(reader, ChangeRequest, label))
    rows = [one for one in rows if not regimes or one["regime"] in regimes]
    if as_json:
        print_json(rows)
        return
    columns = ("regime", "title", "status", "decision", "result", "assessed_by", "reviewed_by")
    print_rows(
        [{name: one[name] for name in columns} for one in rows], as_json=False,
        empty="The first version of a device: there is no change to assess.",
    )
    for row in rows:
        if row["status"] == "open" or regimes:
            typer.echo(f"\n{row['title']} ({row['regime']}): {row['because']}.")
            print_rows([_asked(one) for one in row["questions"]], as_json=False, empty="")


def _asked(question: dict[str, Any]) -> dict[str, Any]:
    """A question as a line: what is asked, by which facts it is answered, and what is known."""
    if "found" in question:
        known = "; ".join(
            f"{name}: {one['value']} ({one['because']})"
            for name, one in question["found"].items()
        )
        return {"question": question["id"], "ask": question["ask"],
                "facts": ", ".join(question["facts"]), "records show": known or "a person answers"}
    return {
        "question": question["id"], "ask": question["ask"],
        "answer": question["answer"] if question["reached"] else "not reached",
        "because": question["rationale"] if question["reached"] else question["why_not"],
    }  # fmt: skip


def review(
    label: Label,
    reason: Reason,
    regime: Regimes = None,
    send_back: Annotated[
        bool, typer.Option("--send-back", help="Do not agree: it has to be assessed anew.")
    ] = False,
    home: Home = None,
) -> None:
    """Review what somebody else assessed, all that waits or one regime; the password is asked for.

    Sending back is signed too, with its reason.
    """
    from cli.signing import password_of
    from journeys.assess_change import review_change

    with acting(home) as store:
        person = acting_person(store)
        done = review_change(
            store, label, regime or [], agrees=not send_back, actor=person.name,
            password=password_of(person.name), reason=reason, now=now_of(store),
        )
    for one in done:
        typer.echo(f"{one.label}: {one.regime} ({one.result}) is {one.status}.")


def check(
    model: Annotated[str, typer.Option(help="A model version's label, such as MDV-0002.")],
    site: Annotated[
        list[str] | None, typer.Option(help="Where it is to run; repeatable.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """A dry run of the whole gate before a release: nothing is recorded.

    Criteria, regimes, each line of the predetermined change control plan, signatures, risk file.
    Exit 1 where it would not pass.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from records.lookup import find_record
    from records.product import ModelVersion
    from regulatory.change_gate import gate_of, passes

    with looking(home) as store, store.reader() as reader:
        version = find_record(reader, ModelVersion, model)
        lines = gate_of(reader, version, sites=site)
    through, rows = passes(lines), [asdict(one) for one in lines]
    if as_json:
        print_json({"model_version": model, "passes": through, "lines": rows})
    else:
        print_rows(rows, as_json=False, empty="")
        typer.echo(f"{model} {'would pass' if through else 'would not pass'} the gate.")
    raise typer.Exit(PASSED if through else REFUSED)
