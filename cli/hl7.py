"""``radvigil hl7``: what the RIS says of patients and studies, over HL7 v2 and MLLP."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, looking, start_routine
from cli.options import ACT, LOOK, AsJson, Home, named_value, noun

app = noun("HL7 v2 from the RIS: patient merges and updates applied, orders and results kept.")

Pem = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True)]


@app.command("list", rich_help_panel=LOOK)
def list_messages(as_json: AsJson = False, home: Home = None) -> None:
    """How many messages came, by system, kind and what became of them; no names, no numbers.

    Refused ones are counted by their fault, with the first and the last time: of them nothing else
    is kept.
    """
    from cli.printing import print_rows
    from imaging.ris.applying import message_journal

    with looking(home) as store:
        tallies = []
        if store.workspace.messages.is_file():
            journal = message_journal(store)
            tallies = journal.tallies()
            journal.close()
    rows = [
        {"system": one.sender or "not registered", "kind": one.kind or "not kept",
         "state": one.state or "not taken", "fault": one.fault or "none",
         "messages": one.messages, "first_at": one.first_at, "last_at": one.last_at}
        for one in tallies
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No HL7 message came.")


@app.command(rich_help_panel=ACT)
def run(
    sender: Annotated[
        list[str],
        typer.Option(help="A registered system and its MSH-3 and MSH-4: AET-0003=RIS@HOSPITAL."),
    ],
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 is every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 2575,
    certificate: Pem = None,
    key: Pem = None,
    authorities: Pem = None,
    max_megabytes: Annotated[
        int, typer.Option(min=1, max=64, help="The largest message that is read.")
    ] = 4,
    home: Home = None,
) -> None:
    """Receive HL7 messages until Ctrl+C. Patient merges and updates count at once.

    Only systems that were registered with their address ('radvigil node register --host') are
    heard, and only as the MSH-3 and MSH-4 of --sender; all others get AR. With --certificate and
    --key it speaks TLS; with --authorities callers must show a certificate that these have signed.
    """
    from signal import SIGINT, SIGTERM, signal
    from threading import Event

    from imaging.node.secured import server_context
    from imaging.ris.listening import Endpoint, Limits
    from journeys.receive_messages import receive_messages

    if (certificate is None) != (key is None) or (authorities and certificate is None):
        raise typer.BadParameter("--certificate and --key are given together, for TLS.")
    tls = server_context(certificate, key, authorities) if certificate and key else None
    senders = dict(_sender(one) for one in sender)
    endpoint = Endpoint(host, port, tls, Limits(message_bytes=max_megabytes * 1024 * 1024))
    stop = Event()
    with acting(home) as store:
        heard = ", ".join(sorted(sender))
        actor = start_routine(store, "service:hl7", task=f"receive HL7 messages of {heard}")
        with receive_messages(store, endpoint, senders, actor=actor) as listener:
            for one in (SIGINT, SIGTERM):
                signal(one, lambda *_: stop.set())
            typer.echo(
                f"HL7 is listened for on {host}:{listener.port}{' with TLS' if tls else ''} "
                "(end with Ctrl+C)."
            )
            stop.wait()
    told = listener.answers
    typer.echo(
        f"Ended: {told['AA']} accepted (AA), {told['AE']} could not be applied (AE), "
        f"{told['AR']} rejected (AR)."
    )


def _sender(text: str) -> tuple[tuple[str, str], str]:
    label, names = named_value(text, "AET-0003=RIS@HOSPITAL (number, MSH-3, MSH-4)")
    application, at, facility = names.partition("@")
    if not (application and at):
        raise typer.BadParameter(
            f"'{text[:60]}' names no system. Give its number, MSH-3 and MSH-4 as "
            "AET-0003=RIS@HOSPITAL; where MSH-4 is empty, AET-0003=RIS@."
        )
    return (application, facility), label
