"""``radvigil reader``: links by which readers answer results, and the page that they open."""

from pathlib import Path
from typing import Annotated

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting, device_name, looking, now_of, start_routine
from cli.options import (
    ACT,
    LOOK,
    AsJson,
    DeviceName,
    Home,
    Last,
    Reason,
    Since,
    Until,
    day_of,
    noun,
)
from cli.reader_site import discordance, here

app = noun("Readers answer results: links to one result and one reader, and their page.")

app.command(rich_help_panel=LOOK)(here)
app.command(rich_help_panel=LOOK)(discordance)

_DAYS = typer.Option(min=1, max=90, help="For how many days a link counts.")


@app.command("list", rich_help_panel=LOOK)
def list_links(
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only those that nobody answered.")
    ] = False,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Links with their result, reader and standing; never the token."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.reader_link_acts import Standing, standing_of
    from records.reader_links import ReaderLink

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        rows = [
            {
                "link": one.label, "result": f"PRE-{one.prediction_id:04d}", "reader": one.reader,
                "standing": str(standing_of(one, now)), "issued_at": one.issued_at,
                "issued_by": one.issued_by, "expires_at": one.expires_at, "used_at": one.used_at,
            }
            for one in list_records(reader, ReaderLink)
            if not (unanswered and standing_of(one, now) is Standing.USED)
        ]
    print_rows(rows[-last:], as_json=as_json, empty="No link was issued.")


@app.command(rich_help_panel=LOOK)
def show(
    by: Annotated[
        str, typer.Option(help="Told for each site, reader or month, beside all together.")
    ] = "reader",
    since: Since = None,
    until: Until = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What readers accept, overrule and never answer, with intervals; and whether they follow it
    where later truth says that it was wrong.

    A link that expired unused is 'not answered'. Answers of one reader resemble each other: the
    intervals over several readers are too short by that.
    """
    from cli.printing import print_rows
    from monitoring.reader_behaviour import (
        GROUPS,
        IN_WORDS,
        behaviour_by,
        behaviour_of,
        results_met,
    )

    if by not in GROUPS:
        raise typer.BadParameter(f"'{by}' is none of {', '.join(GROUPS)}.")
    with looking(home) as store, store.reader() as reader:
        met = results_met(
            reader, device_name(store, device), now=now_of(store), since=day_of(since),
            until=day_of(until),
        )
    rows = [
        {
            by: group.name, "measure": one.measure if as_json else IN_WORDS[one.measure],
            "n": one.n, "value": one.value,
            "low": one.low, "high": one.high, "reason": one.reason,
        }
        for group in ([behaviour_of(met), *behaviour_by(met, by)] if met else [])
        for one in group.estimates
    ]
    print_rows(rows, as_json=as_json, empty="No result has met a reader yet.")


@app.command(rich_help_panel=ACT)
def link(
    study: Annotated[str, typer.Argument(help="The study, such as STU-0001.")],
    reader: Annotated[str, typer.Option(help="Who is addressed: a code such as R07, no name.")],
    at: Annotated[
        str, typer.Option(help="By which address readers reach 'reader serve'.")
    ] = "http://127.0.0.1:8444",
    days: Annotated[int, _DAYS] = 14,
    home: Home = None,
) -> None:
    """Make a link to what the device said of a study last, and show it, once.

    Whoever has the link can answer in the reader's place: give it to nobody else. What comes by it
    is marked 'by link, identity not verified' and is no signature.
    """
    from journeys.answer_results import address_of_answer, link_to_study
    from records.cases import Study
    from records.lookup import find_record
    from records.reader_link_acts import require_reader

    require_reader(reader)
    with acting(home) as store:
        actor = start_routine(store, "service:results", task="a link to a result")
        now = now_of(store)
        with store.transaction(actor, "a link to a result", now=now) as tx:
            found = find_record(tx, Study, study)
            made, token = link_to_study(tx, found, reader, by=actor, now=now, days=days)
        label, until = made.label, made.expires_at
    typer.echo(
        f"{label} for {reader} counts once, until {until:%Y-%m-%d %H:%M} UTC. It is shown this "
        "once:", err=True,
    )  # fmt: skip
    typer.echo(address_of_answer(at, token))


@app.command(rich_help_panel=ACT)
def receive(
    files: Annotated[
        list[Path], typer.Argument(help="DICOM structured reports and HL7 v2 messages (ORU^R01).")
    ],
    reader: Annotated[
        str, typer.Option(help="Who read, as a code, where a structured report says none.")
    ] = "",
    home: Home = None,
) -> None:
    """Record what readers answered to results, from files; a table goes to 'study assessments'.

    An answer names the result by its SOP Instance UID or label. One that cannot be taken is told by
    file and place, and leaves the others alone; exit code 1 then. What says otherwise than the
    record is a correction, a new version.
    """
    from journeys.receive_responses import receive_responses
    from records.counting import counted
    from records.reader_link_acts import require_reader

    if reader:
        require_reader(reader)
    with acting(home) as store:
        now = now_of(store)
        actor = start_routine(store, "service:readers", task="receive answers of readers")
        report = receive_responses(store, files, actor=actor, now=now, reader=reader)
    typer.echo(
        f"{counted(report.recorded, 'answer')} recorded "
        f"({counted(report.corrections, 'correction')}), {report.known} known before, "
        f"{len(report.refused)} refused."
    )
    for place, why in report.refused.items():
        typer.echo(f"  {place}: {why}", err=True)
    if report.refused:
        raise typer.Exit(1)


@app.command(rich_help_panel=ACT)
def withdraw(
    label: Annotated[str, typer.Argument(help="The link, such as RLK-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End a link at once. Needs 'radvigil user login'."""
    from records.reader_link_acts import withdraw_link
    from records.reader_links import ReaderLink

    with deciding(home, labelled(ReaderLink, label), "withdrawal", reason=reason) as one:
        withdraw_link(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is withdrawn.")


@app.command(rich_help_panel=ACT)
def serve(
    address: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only with a certificate.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8444,
    certificate: Annotated[
        Path | None, typer.Option(help="HTTPS: the certificate with its chain (PEM).")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    home: Home = None,
) -> None:
    """Serve the page behind the links in results until Ctrl+C.

    Opening a link records nothing; its button does, once.
    """
    from cli.becoming_server import Listening, become_server
    from records.certificates import require_encrypted
    from records.clock import require_no_demonstration

    require_encrypted(address, certificate, key)
    with acting(home) as store:  # what is missing or not allowed is said here
        actor = start_routine(store, "service:readers", task="serve the page behind links")
        with store.reader() as reader:
            require_no_demonstration(reader)
        workspace = store.workspace
    at = Listening(address, port, certificate, key)
    become_server("gateway.serve_readers", ["--actor", actor], workspace, at, what="Answers")
