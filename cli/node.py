"""``radvigil node``: studies arrive from the hospital's systems, and results return (DICOM)."""

from pathlib import Path
from typing import Annotated

import typer

from cli import node_folder, node_results
from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, device_name, looking, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, noun

app = noun("The DICOM node: which systems may send or receive; studies in, results out.")
app.command("results", rich_help_panel=LOOK)(node_results.results)
app.command("send", rich_help_panel=ACT)(node_results.send)
app.command("fetch", rich_help_panel=ACT)(node_results.fetch)
app.command("resend", rich_help_panel=ACT)(node_results.resend)
app.command("watch", rich_help_panel=ACT)(node_folder.watch)

Pem = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True)]


@app.command("list", rich_help_panel=LOOK)
def list_entities(as_json: AsJson = False, home: Home = None) -> None:
    """Every system that was registered, with its site and whether it may send."""
    from cli.printing import print_rows
    from records.application_entities import ApplicationEntity
    from records.lookup import list_records
    from records.product import Site

    with looking(home) as store, store.reader() as reader:
        sites = {one.id: one.name for one in list_records(reader, Site)}
        rows = [
            {
                "system": one.label, "title": one.title, "site": sites[one.site_id],
                "host": one.host or "any", "port": one.port or "none", "status": one.status,
                "results": (one.web or ("C-STORE, TLS" if one.tls else "C-STORE"))
                if one.receives else "none",
                "asks": "worklist" if one.asks else "nothing",
                "registered_by": one.registered_by,
            }
            for one in list_records(reader, ApplicationEntity)
        ]
    print_rows(rows, as_json=as_json, empty="No system is registered.")


@app.command(rich_help_panel=LOOK)
def echo(
    label: Annotated[str, typer.Argument(help="The system, such as AET-0001.")],
    title: Annotated[str, typer.Option(help="The AE title to call as.")] = "RADVIGIL",
    authorities: Pem = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Ask a registered system whether it answers (C-ECHO); over TLS with --authorities."""
    from cli.printing import print_json
    from imaging.node.calling import Called
    from imaging.node.calling import echo as ask
    from imaging.node.secured import client_context
    from records.application_entities import ApplicationEntity, check_title
    from records.errors import InvalidInput
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        known = find_record(reader, ApplicationEntity, label)
    if not known.port:
        raise InvalidInput(
            f"Where {known.label} listens is not known.",
            hint="Register it with --host and --port.",
        )
    tls = client_context(authorities) if authorities else None
    seconds = ask(Called(known.title, known.host, known.port, check_title(title), tls))
    if as_json:
        print_json({"system": known.label, "title": known.title, "seconds": seconds})
    else:
        typer.echo(f"'{known.title}' answers after {seconds * 1000:.0f} ms.")


@app.command(rich_help_panel=ACT)
def register(
    title: Annotated[str, typer.Argument(help="Its AE title, 16 characters at most.")],
    site: Annotated[str, typer.Option(help="The site that its studies are of.")],
    reason: Reason,
    host: Annotated[
        str, typer.Option(help="The only address that it may call from; else any.")
    ] = "",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where it listens; needs --host.")
    ] = None,
    receives: Annotated[
        bool, typer.Option("--receives", help="It gets the results of the site's studies.")
    ] = False,
    web: Annotated[
        str, typer.Option(help="Where: the address of its DICOMweb services; else C-STORE.")
    ] = "",
    tls: Annotated[bool, typer.Option("--tls", help="It is called over TLS only.")] = False,
    asks: Annotated[
        bool, typer.Option("--asks", help="It may ask for the site's worklist, with names.")
    ] = False,
    home: Home = None,
) -> None:
    """Let a system send studies of a site. Needs 'radvigil user login' as quality or administrator.

    With --receives it gets results too: of what is read from now on. A node that runs knows it
    within five seconds.
    """
    from records.application_entities import Receiving, register_entity

    if (web or tls) and not receives:
        raise typer.BadParameter("--web and --tls say how it --receives results.")

    refused = {"title": title, "site": site}
    with deciding_anew(home, "registration of a system", reason=reason, refused=refused) as one:
        entity = register_entity(
            one.tx, title, site, host=host, port=port,
            receiving=Receiving(web, tls) if receives else None, asks=asks, by=one.person,
            now=one.now,
        )
    gets = f"{', get their results' if receives else ''}{', ask for the worklist' if asks else ''}"
    typer.echo(f"{entity.label}: '{entity.title}' may send studies of '{site}'{gets}.")


@app.command(rich_help_panel=ACT)
def retire(
    label: Annotated[str, typer.Argument(help="The system, such as AET-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Take a system's right to send. Needs 'radvigil user login' as quality or administrator."""
    from records.application_entities import ApplicationEntity, retire_entity

    with deciding(home, labelled(ApplicationEntity, label), "retirement", reason=reason) as one:
        retire_entity(one.tx, one.record, by=one.person)
    typer.echo(f"{one.record.label} ('{one.record.title}') may send nothing any more.")


@app.command(rich_help_panel=ACT)
def run(
    title: Annotated[str, typer.Option(help="The AE title that this node answers to.")] = (
        "RADVIGIL"
    ),
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 is every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 11112,
    certificate: Pem = None,
    key: Pem = None,
    authorities: Pem = None,
    results: Annotated[
        bool, typer.Option("--results", help="Return results too, as they come.")
    ] = False,
    worklist: Annotated[
        bool, typer.Option("--worklist", help="Tell what waits to be read to those who may ask.")
    ] = False,
    device: DeviceName = None,
    pacs_authorities: Pem = None,
    answers_at: node_results.AnswersAt = "",
    answer_reader: node_results.AnswerReaders = None,
    answer_days: node_results.AnswerDays = 14,
    home: Home = None,
) -> None:
    """Receive studies until Ctrl+C. What arrives is taken in by the day's surveillance.

    Only registered systems are let in ('radvigil node register'). With --certificate and --key it
    speaks TLS; with --authorities callers must show a certificate that these have signed.
    With --results, what was read is returned every 15 seconds; systems that want TLS are checked
    by --pacs-authorities and shown the same certificate. With --worklist, systems that were
    registered with --asks are told what waits at their site, in the order of the device.
    """
    from signal import SIGINT, SIGTERM, signal
    from threading import Event

    from imaging.node.secured import server_context
    from imaging.node.storage import NodeSettings
    from journeys.run_node import run_node
    from records.application_entities import check_title

    if (certificate is None) != (key is None) or (authorities and certificate is None):
        raise typer.BadParameter("--certificate and --key are given together, for TLS.")
    ways = node_results.ways(title, pacs_authorities, certificate, key)
    ways = node_results.answered_by(ways, answers_at, answer_reader or [], answer_days)
    tls = server_context(certificate, key, authorities) if certificate and key else None
    settings = NodeSettings(check_title(title), host, port, tls)
    stop = Event()
    with acting(home) as store:
        actor = start_routine(store, "service:node", task=f"receive studies as '{title}'")
        order = device_name(store, device) if worklist else ""
        with run_node(store, settings, actor=actor, worklist_of=order) as node:
            for one in (SIGINT, SIGTERM):
                signal(one, lambda *_: stop.set())
            typer.echo(
                f"'{settings.title}' listens on {host}:{node.port}"
                f"{' with TLS' if tls else ''} (end with Ctrl+C)."
            )
            if results:
                node_results.send_until(stop, store, ways)
            stop.wait()
    told = f", {node.asked} queries answered" if worklist else ""
    typer.echo(
        f"Ended: {node.stored} stored, {node.failed} failed, {node.refused} calls refused{told}."
    )
