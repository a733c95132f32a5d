"""``radvigil submission``: forms of authorities filled from facts, and what they lack by number."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.incident_reports import submit_a_form
from cli.options import ACT, LOOK, AsJson, Home, noun
from cli.submission_records import (
    SiteCountry,
    countries_told,
    export,
    keep,
    list_kept,
    show,
    sign,
)

if TYPE_CHECKING:
    from regulatory.forms.codes import CodeList

app = noun("What is submitted to authorities: forms, their fields, and filled data sets.")

FormId = Annotated[str, typer.Argument(help="The form, such as MIR or 3500A.")]


app.command("list", rich_help_panel=LOOK)(list_kept)
app.command(rich_help_panel=LOOK)(show)
app.command(rich_help_panel=LOOK)(export)
app.command(rich_help_panel=ACT)(keep)
app.command(rich_help_panel=ACT)(sign)
app.command("submit", rich_help_panel=ACT)(submit_a_form)


@app.command("forms", rich_help_panel=LOOK)
def list_forms(
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Every form: edition, fields, how many are needed, whether the primary text was checked.

    No workspace is needed.
    """
    from cli.printing import print_rows
    from regulatory.forms.form_sheet import form_list

    print_rows(form_list(), as_json=as_json, empty="There is no form.")


@app.command(rich_help_panel=LOOK)
def fields(
    form: FormId,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001
) -> None:
    """One form: its fields by number, which are needed when, and what of its source was seen.

    No workspace is needed.
    """
    from cli.printing import print_fields, print_rows
    from regulatory.forms.form_sheet import form_sheet

    sheet = form_sheet(form)
    if as_json:
        print_fields(sheet, as_json=True)
        return
    rows = sheet.pop("fields")
    print_fields(sheet, as_json=False)
    print_rows(rows, as_json=False, empty="")


@app.command(rich_help_panel=LOOK)
def fill(
    form: FormId,
    facts: Annotated[
        Path | None, typer.Option(help='JSON: {"facts": {"report_type": "INITIAL", ...}}.')
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A new file for the data set as JSON.")
    ] = None,
    device: Annotated[
        str, typer.Option(help="A device of the workspace, whose definition fills what it knows.")
    ] = "",
    incident: Annotated[
        str, typer.Option(help="An incident, such as INC-0001, whose record fills what it knows.")
    ] = "",
    field_action: Annotated[
        str, typer.Option(help="A field action, such as FSA-0001, that fills what it knows.")
    ] = "",
    site_country: SiteCountry = None,
    follows: Annotated[
        Path | None,
        typer.Option(help="The data set of the version before: what changed is listed."),
    ] = None,
    codes: Annotated[
        Path | None, typer.Option(help="IMDRF codes as CSV with code, term and, if any, until.")
    ] = None,
    xml: Annotated[bool, typer.Option("--xml", help="As XML, where it can be made.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Fill a form from facts: the data set, what is missing by field number, what is wrong.

    A fact is a value, null, {"unknown": WHY, "attempts": [...]} or {"not_applicable": WHY}. Where
    there is a workspace, texts are held against the patients whose studies are in it; a patient's
    name or number is refused. Nothing is recorded ('submission keep' does), nothing is sent. Not
    legal advice.
    """
    from cli.printing import print_fields, print_json
    from regulatory.forms.codes import NOT_LOADED, read_codes
    from regulatory.forms.facts_file import read_data_set, read_form_facts
    from regulatory.forms.writing import as_json as bytes_of
    from regulatory.forms.writing import as_xml, refilled, write_new

    about = incident or field_action
    if facts is None and not (device or about):
        raise typer.BadParameter("Name a file of facts, a device, an incident or a field action.")
    content = _filled(
        form, read_form_facts(facts) if facts else {}, device=device, about=about, home=home,
        countries=countries_told(site_country), codes=read_codes(codes) if codes else NOT_LOADED,
        follows=read_data_set(follows) if follows else None,
    )  # fmt: skip
    if xml:
        as_xml(refilled(content))
    if out is not None:
        write_new(out, bytes_of(content))
    if as_json:
        print_json(content)
        return
    shown = ("form", "edition", "primary_text_checked", "reference", "sequence", "facts_digest")
    print_fields(
        {name: content[name] for name in shown}
        | {"filled": len(content["fields"]), "missing": len(content["missing"]),
           "wrong": len(content["faults"]), "codes": content["codes"]["release"]},
        as_json=False,
    )  # fmt: skip
    for one in content["missing"]:
        typer.echo(f"missing  {one['number']} {one['name']}: {one['why']}")
    for one in content["faults"]:
        typer.echo(f"wrong    {one['number']} {one['words']}")
    for one in content.get("told_otherwise", ()):
        typer.echo(f"against  {one['number']} {one['words']}")
    for one in content["changed"] or ():
        typer.echo(f"{one['change']:<8} {one['number']} {one['name']}")
    if out is not None:
        typer.echo(f"Written: {out}")


def _filled(
    form: str, facts: dict[str, Any], *, device: str, about: str, home: Path | None,
    codes: "CodeList", follows: dict[str, Any] | None, countries: dict[str, str],
) -> dict[str, Any]:
    from cli.opening import looking, now_of, wall_clock
    from journeys.fill_submission import (
        fill_submission,
        fill_submission_about,
        fill_submission_of_device,
    )
    from records.settings import find_workspace
    from regulatory.rule_sets import approval_words

    if not (device or about or home or find_workspace(home).exists):
        return fill_submission(form, facts, codes=codes, follows=follows)
    with looking(home) as store, store.reader() as reader:
        typer.echo(f"Forms approved for use: {approval_words(reader, 'forms')}.", err=True)
        if about:
            return fill_submission_about(
                reader, store.workspace, form, about, facts, codes=codes, follows=follows,
                countries=countries, now=now_of(store),
            )
        return fill_submission_of_device(
            reader, store.workspace, form, facts, device=device, codes=codes, follows=follows,
            now=wall_clock(),
        )
