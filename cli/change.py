"""``radvigil change``: change requests, from proposal to release or refusal (IEC 62304 8.2)."""

from functools import partial
from typing import Annotated

import typer

from cli.change_regimes import assess, check, review
from cli.deciding import deciding, labelled
from cli.opening import acting, acting_person, looking, now_of
from cli.options import ACT, LOOK, AsJson, Comment, Home, Reason, noun

app = noun("Change requests: check, assess, review, sign, release, refuse, take back.")

app.command(rich_help_panel=LOOK)(check)
app.command(rich_help_panel=ACT)(assess)
app.command(rich_help_panel=ACT)(review)

Label = Annotated[str, typer.Argument(help="A change request's label, such as CHR-0001.")]
Sites = Annotated[list[str], typer.Option("--site", help="Where it is to run; repeatable.")]


@app.command("list", rich_help_panel=LOOK)
def list_changes(as_json: AsJson = False, home: Home = None) -> None:
    """All change requests, the newest first."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.control_overview import change_requests

    with looking(home) as store, store.reader() as reader:
        rows = [asdict(one) for one in change_requests(reader)]
    short = ("label", "title", "status", "version", "proposed_by", "proposed_at", "outcome")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No change was proposed.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One change request: criteria, approvals, shadow runs, stages, and the way back."""
    from dataclasses import asdict

    from cli.printing import print_fields, print_rows
    from records.change_course import course_of
    from records.control_overview import change_requests
    from records.lookup import find_record
    from records.quality import ChangeRequest

    with looking(home) as store, store.reader() as reader:
        wanted = find_record(reader, ChangeRequest, label)
        found = next(one for one in change_requests(reader) if one.id == wanted.id)
        course = asdict(course_of(reader, wanted))
    fields = asdict(found) | ({"course": course} if as_json else {})
    if as_json:
        print_fields(fields, as_json=True)
        return
    criteria, signatures = fields.pop("criteria"), fields.pop("signatures")
    print_fields(fields, as_json=False)
    print_rows(criteria, as_json=False, empty="No criterion was judged.")
    print_rows(signatures, as_json=False, empty="Nobody has signed.")
    for part, rows in course.items():
        if rows:
            typer.echo(f"{part}:")
            print_rows([{name: one for name, one in row.items() if name != "figures"}
                        for row in rows], as_json=False, empty="")  # fmt: skip


@app.command(rich_help_panel=ACT)
def propose(
    model: Annotated[str, typer.Argument(help="A model version's label, such as MDV-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Propose a version for use; it is assessed against the declared criteria and the PCCP."""
    from journeys.release import propose_version
    from records.lookup import find_record
    from records.product import ModelVersion

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            version = find_record(reader, ModelVersion, model)
        change = propose_version(
            store, version, reason=reason, actor=person.name, now=now_of(store)
        )
    typer.echo(f"{change.label}: {change.title} ({change.status}).")


@app.command(rich_help_panel=ACT)
def sign(
    label: Label,
    meaning: Annotated[
        str, typer.Option(help="author, review, approval, release or responsible-person.")
    ],
    reason: Reason,
    comment: Comment = "",
    home: Home = None,
) -> None:
    """Sign an assessed change. Needs 'radvigil user login'; the password is asked for again."""
    from cli.signing import sign_label
    from records.quality import ChangeRequest

    with acting(home) as store:
        said = sign_label(
            store, ChangeRequest, label, meaning=meaning, reason=reason, comment=comment
        )
        typer.echo(said)


@app.command(rich_help_panel=ACT)
def release(label: Label, reason: Reason, site: Sites, home: Home = None) -> None:
    """Release and deploy to the sites: the release signature, so the password is asked for again.

    Refused without met criteria and two signatures.
    """
    from cli.signing import decide
    from journeys.release import release_change

    with acting(home) as store:
        made = decide(store, label, partial(release_change, sites=site), reason=reason)
    typer.echo(f"{made.label}: {label} is released to {', '.join(site)}.")


@app.command(rich_help_panel=ACT)
def refuse(label: Label, reason: Reason, home: Home = None) -> None:
    """Record that the version is not released, and why; the password is asked for again."""
    from cli.signing import decide
    from journeys.release import reject_change

    with acting(home) as store:
        made = decide(store, label, reject_change, reason=reason)
    typer.echo(f"{made.label}: {label} is refused ({made.reason}).")


@app.command(rich_help_panel=ACT)
def rollback(label: Label, reason: Reason, site: Sites, home: Home = None) -> None:
    """Put the version that ran before into use again, at all sites named at once, signed.

    Opens the question whether it is a reportable correction, and tells the sites. Needs 'radvigil
    user login'; asks for the password again.
    """
    from cli.signing import password_of
    from journeys.roll_back import roll_back
    from records.product import Deployment, ModelVersion
    from records.quality import ChangeRequest

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(ChangeRequest, label), "rollback", reason=reason) as one:
        made = roll_back(
            one.tx, one.record, site, grounds=reason, by=one.person, password=password,
            now=one.now,
        )
        said = [
            f"{back.label}: {ModelVersion.label_of(now_runs.model_version_id)} runs at {back.site} "
            f"again. Whether it must be reported: {asked.label} (radvigil suspension assess)."
            for back, asked in made
            for now_runs in [one.tx.get_one(Deployment, back.to_deployment_id)]
        ]
    for line in said:
        typer.echo(line)
