"""Filled forms as records: keep, sign, list, show, export."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting, looking, now_of, who_exports
from cli.options import AsJson, Home, OutFolder, Reason, named_value

Label = Annotated[str, typer.Argument(help="The filled form, such as FRM-0001.")]
SiteCountry = Annotated[
    list[str] | None,
    typer.Option("--site-country",
                 help="Another country of a site than its record says: 'north=DE'."),
]


def countries_told(told: list[str] | None) -> dict[str, str]:
    """Site and country of each word of the form 'north=DE'."""
    return dict(named_value(words, "site=DE", last=True) for words in told or ())


def keep(
    form: Annotated[str, typer.Argument(help="The form, such as MIR or 3500A.")],
    about: Annotated[
        str, typer.Argument(help="What it reports: INC-0001, FSA-0001 or COA-0001.")
    ],
    reason: Reason,
    facts: Annotated[
        Path | None, typer.Option(help='JSON: {"facts": {"report_type": "INITIAL", ...}}.')
    ] = None,
    follows: Annotated[
        str, typer.Option(help="The version before, such as FRM-0001: what changed is kept.")
    ] = "",
    codes: Annotated[
        Path | None, typer.Option(help="IMDRF codes as CSV with code, term and, if any, until.")
    ] = None,
    site_country: SiteCountry = None,
    home: Home = None,
) -> None:
    """Fill a form about an incident, a field action or a correction, and keep it as a record.

    Records fill what they know; a fact of the file comes first. It may lack fields: it does not
    count as submitted then. Needs 'radvigil user login'.
    """
    from journeys.fill_submission import about_table
    from journeys.keep_submission import keep_submission
    from records.form_versions import form_of_label
    from regulatory.forms.codes import NOT_LOADED, read_codes
    from regulatory.forms.facts_file import read_form_facts

    said = read_form_facts(facts) if facts else {}
    listed = read_codes(codes) if codes else NOT_LOADED
    with acting(home) as store:
        workspace = store.workspace
    find = labelled(about_table(about), about)
    with deciding(home, find, f"filling form {form}", reason=reason) as one:
        made = keep_submission(
            one.tx, workspace, form, one.record, said, by=one.person, now=one.now, codes=listed,
            follows=form_of_label(one.tx, follows) if follows else None,
            countries=countries_told(site_country),
        )
    typer.echo(f"{made.label} is version {made.version} of {made.form} {made.edition} about "
               f"{made.about}: {len(made.sources)} fields by records, {len(made.missing)} missing, "
               f"{len(made.unknown)} unknown, {len(made.faults)} wrong.")  # fmt: skip
    for each in made.missing:
        typer.echo(f"missing  {each['number']} {each['name']}: {each['why']}")
    for each in made.faults:
        typer.echo(f"wrong    {each['number']} {each['words']}")
    for each in made.changed:
        typer.echo(f"{each['change']:<8} {each['number']} {each['name']}")


def sign(
    label: Label,
    reason: Reason,
    meaning: Annotated[
        str, typer.Option(help="responsible-person (MIR, FSCA, TREND), approval.")
    ] = "responsible-person",
    home: Home = None,
) -> None:
    """Sign what a form says now. Needs 'radvigil user login'; asks for the password again."""
    from cli.signing import sign_label
    from records.form_versions import FormVersion

    with acting(home) as store:
        typer.echo(sign_label(store, FormVersion, label, meaning=meaning, reason=reason))


def list_kept(as_json: AsJson = False, home: Home = None) -> None:
    """Every filled form that was kept, and whether it counts as submitted."""
    from cli.printing import print_rows
    from records.form_versions import FormVersion, readiness
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        found = list_records(reader, FormVersion)
        lacking = readiness(reader, found)
        rows = [
            {"record": one.label, "form": one.form, "edition": one.edition, "about": one.about,
             "version": one.version, "missing": len(one.missing), "unknown": len(one.unknown),
             "wrong": len(one.faults), "ready": not lacking[one.label],
             "filled_by": one.filled_by, "filled_at": one.filled_at}
            for one in found
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No form was kept.")


def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One filled form: its fields with their records, what it lacks, what changed, who signed."""
    from cli.printing import print_fields
    from journeys.keep_submission import data_set_of
    from records.form_versions import FormVersion, why_not_ready
    from records.lookup import find_record
    from records.signatures import is_valid, signatures_on

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, FormVersion, label)
        content = data_set_of(store.workspace, one)
        lacking = why_not_ready(reader, one)
        signed = [
            f"{each.printed_name}, {each.meaning}, {each.signed_at.isoformat()}"
            f"{'' if is_valid(each, one) else ' (not valid)'}"
            for each in signatures_on(reader, one)
        ]  # fmt: skip
    fields = {"record": one.label, **one.model_dump(exclude={"id", "missing", "changed"})}
    fields |= {"signed": signed}
    if as_json:
        print_fields(fields | {"does_not_count_because": lacking, "data_set": content},
                     as_json=True)  # fmt: skip
        return
    inside = {"sources", "unknown", "faults"}
    print_fields({name: said for name, said in fields.items() if name not in inside},
                 as_json=False)  # fmt: skip
    for each in content["fields"]:
        source = f"  [{', '.join(each['from'])}]" if each.get("from") else ""
        typer.echo(f"{each['number']} {each['name']}: {_said(each)}{source}")
    for each in content.get("told_otherwise", ()):
        typer.echo(f"against  {each['number']} {each['words']}")
    for each in content["changed"] or ():
        typer.echo(f"{each['change']:<8} {each['number']} {each['name']}: was {each['was']}, "
                   f"is {each['is']}")  # fmt: skip
    for words in lacking:
        typer.echo(f"lacks    {words}")


def _said(field: dict[str, Any]) -> str:
    """What stands in a field, a table row by row."""
    if field["state"] != "value":
        tried = f" (tried: {'; '.join(field['attempts'])})" if field.get("attempts") else ""
        return f"{field['state']}: {field.get('reason', '')}{tried}"
    said = field["written"]
    if not isinstance(said, list):
        return str(said)
    if said and isinstance(said[0], dict):
        return "".join(
            f"\n    {', '.join(f'{name} {cell}' for name, cell in row.items())}" for row in said
        )
    return ", ".join(map(str, said))


def export(
    label: Label, out: OutFolder, as_json: AsJson = False, home: Home = None
) -> None:
    """Write a filled form's JSON into a folder; that it left is an event. Nothing is submitted."""
    from cli.printing import print_json
    from journeys.keep_submission import export_submission
    from records.form_versions import FormVersion
    from records.lookup import find_record

    with acting(home) as store:
        with store.reader() as reader:
            found = find_record(reader, FormVersion, label)
        path = export_submission(store, found, out, now=now_of(store),
                                 actor=who_exports(store, task="form export"))  # fmt: skip
    if as_json:
        print_json({"record": found.label, "file": str(path), "digest": found.digest})
        return
    typer.echo(f"Written: {path}")
