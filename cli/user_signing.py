"""``radvigil user policy``, ``acknowledge``, ``verify-identity``: what comes before signing."""

from typing import Annotated, Any

import typer

from cli.deciding import account, deciding, deciding_anew
from cli.opening import ask_password, looking
from cli.options import AsJson, Home, Reason, day_named


def policy(as_json: AsJson = False, home: Home = None) -> None:
    """The policy on electronic signatures, and who has acknowledged it as it stands."""
    from cli.printing import print_json
    from records.identity_checks import checks_of
    from records.lookup import list_records
    from records.people import Actor
    from records.signature_policy import has_acknowledged, signature_policy

    held = signature_policy()
    with looking(home) as store, store.reader() as reader:
        people = [one for one in list_records(reader, Actor) if one.kind == "person"]
        rows: list[dict[str, Any]] = [
            {
                "account": one.name, "acknowledged": has_acknowledged(reader, one),
                "identity_verified": [
                    f"{check.way} on {check.verified_on} by {check.verified_by}: {check.evidence}"
                    for check in checks_of(reader, one)
                ],
                "certification": [
                    check.certification for check in checks_of(reader, one) if check.certification
                ],
            }
            for one in people
        ]
    if as_json:
        print_json({"version": held.version, "digest": held.digest, "text": held.text,
                    "people": rows})  # fmt: skip
        return
    typer.echo(held.text)
    typer.echo(f"SHA-256 of this text: {held.digest}")
    for one in rows:
        said = "acknowledged" if one["acknowledged"] else "not acknowledged"
        known = "; ".join(one["identity_verified"]) or "identity not verified"
        typer.echo(f"{one['account']}: {said}; {known}")


def acknowledge(reason: Reason, home: Home = None) -> None:
    """Answer by the policy on electronic signatures, before your first signature.

    Needs 'radvigil user login'; the password is asked for again. Read it with 'user policy'.
    """
    from records.signature_policy import acknowledge_policy

    with deciding_anew(home, "acknowledgement", reason=reason) as one:
        made = acknowledge_policy(one.tx, one.person, password=ask_password(), now=one.now)
    typer.echo(
        f"{made.label}: {one.person.full_name} has acknowledged version {made.policy_version} of "
        "the policy on electronic signatures."
    )


def verify_identity(
    name: Annotated[str, typer.Argument(help="Whose identity was verified.")],
    way: Annotated[
        str, typer.Option(help="document-seen, employment-record or identity-provider.")
    ],
    evidence: Annotated[str, typer.Option(help="What was seen, and where its record is.")],
    on: Annotated[str, typer.Option(help="The day of the check, as 2027-01-31.")],
    reason: Reason,
    certification: Annotated[
        str,
        typer.Option(help="The certification to the FDA that covers the person, by reference."),
    ] = "",
    home: Home = None,
) -> None:
    """Record how it was verified who a person is; without it nobody signs.

    Needs 'radvigil user login' as administrator or quality; nobody records the own.
    """
    from records.identity_checks import verify_identity as record_check

    day = day_named(on)
    with deciding(home, account(name), "identity check", reason=reason) as one:
        made = record_check(
            one.tx, one.record, way=way, evidence=evidence, certification=certification,
            verified_on=day, by=one.person, now=one.now,
        )
    typer.echo(
        f"{made.label}: the identity of {one.record.full_name} was verified on {day}: {way}."
    )
