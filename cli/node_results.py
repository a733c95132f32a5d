"""``radvigil node results``, ``send``, ``resend``, ``fetch``: results go back, studies come."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting, looking, now_of, start_routine
from cli.options import AsJson, Home, Last, Reason, named_value

if TYPE_CHECKING:
    from threading import Event

    from journeys.return_results import ReturnReport, Ways
    from records.store import Store

EVERY_SECONDS = 15.0
Pem = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True)]
Title = Annotated[str, typer.Option(help="The AE title to call as.")]
AnswersAt = Annotated[
    str,
    typer.Option(help="Reports carry a link by which readers answer: the address by which they "
                 "reach 'reader serve', such as https://answers.hospital.example."),
]
AnswerReaders = Annotated[
    list[str] | None,
    typer.Option("--answer-reader", help="Who reads at a system, as PACS1=R07; repeatable."),
]
AnswerDays = Annotated[int, typer.Option(min=1, max=90, help="For how many days a link counts.")]


def results(
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="Only what has not arrived.")
    ] = False,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Results on their way, delivered, or given up with the reason; the newest that fit."""
    from cli.printing import print_rows
    from records.application_entities import ApplicationEntity
    from records.clock import now_in
    from records.lookup import list_records
    from records.result_deliveries import DELIVERED, ResultDelivery, is_late

    with looking(home) as store, store.reader() as reader:
        systems = {one.id: one for one in list_records(reader, ApplicationEntity)}
        found = [
            one for one in list_records(reader, ResultDelivery)
            if not (undelivered and one.status == DELIVERED)
        ]
        now = now_in(reader)
        rows = [
            {
                "result": one.label, "reading": f"PRE-{one.prediction_id:04d}", "kind": one.kind,
                "system": systems[one.entity_id].label, "status": one.status,
                "late": is_late(one, now), "attempts": one.attempts, "outcome": one.outcome,
                "queued_at": one.queued_at, "tried_at": one.tried_at,
            }
            for one in found[-last:]
        ]
    print_rows(rows, as_json=as_json, empty="No result is on its way.")


def send(
    title: Title = "RADVIGIL",
    pacs_authorities: Pem = None,
    certificate: Pem = None,
    key: Pem = None,
    answers_at: AnswersAt = "",
    answer_reader: AnswerReaders = None,
    answer_days: AnswerDays = 14,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Return what was read to the systems that receive, once; 'node run' does so by itself.

    Exit code 1 where something was not delivered: it stays on the list ('node results') and is
    sent again. Systems that want TLS are checked by --pacs-authorities.
    """
    from cli.printing import print_json

    how = ways(title, pacs_authorities, certificate, key)
    how = answered_by(how, answers_at, answer_reader or [], answer_days)
    with acting(home) as store:
        actor = start_routine(store, "service:results", task="return results")
        report = one_round(store, how, actor)
    if as_json:
        print_json({"queued": report.queued, "delivered": report.delivered,
                    "faults": report.faults})  # fmt: skip
    else:
        typer.echo(f"{report.queued} queued, {report.delivered} delivered.")
        for label, fault in report.faults.items():
            typer.echo(f"  {label}: {fault}")
    if report.faults:
        raise typer.Exit(1)


def resend(
    label: Annotated[str, typer.Argument(help="The result, such as RSD-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Put a result that was given up on its way again. Needs 'radvigil user login'."""
    from records.result_deliveries import ResultDelivery
    from records.result_deliveries import resend as put_back

    with deciding(home, labelled(ResultDelivery, label), "sending again", reason=reason) as one:
        put_back(one.tx, one.record, by=one.person)
    typer.echo(f"{one.record.label} is on its way again.")


def one_round(store: "Store", ways: "Ways", actor: str) -> "ReturnReport":
    """Queue and send what is due, by the workspace's clock."""
    from journeys.return_results import return_results

    return return_results(store, ways, actor=actor, clock=lambda: now_of(store))


def send_until(stop: "Event", store: "Store", ways: "Ways") -> None:
    """Return results every 15 seconds until told to stop; what fails waits for the next round."""
    from records.errors import RadvigilError

    actor = start_routine(store, "service:results", task="return results while the node runs")
    told: set[str] = set()
    while not stop.is_set():
        try:
            report = one_round(store, ways, actor)
            words = {f"results: {label}: {fault}" for label, fault in report.faults.items()}
        except RadvigilError as wrong:
            words = {f"results: {wrong.message}"}
        for line in sorted(words - told):  # what is wrong for hours is said once
            typer.echo(line, err=True)
        told = words
        stop.wait(EVERY_SECONDS)


def ways(
    title: str, authorities: Path | None, certificate: Path | None, key: Path | None
) -> "Ways":
    """How other systems are called; a certificate needs its key."""
    from journeys.return_results import Ways
    from records.application_entities import check_title

    if (certificate is None) != (key is None):
        raise typer.BadParameter("--certificate and --key are given together, for TLS.")
    return Ways(check_title(title), authorities, certificate, key)


def answered_by(how: "Ways", at: str, readers: list[str], days: int) -> "Ways":
    """The same ways, with links by which readers answer where an address is named."""
    from dataclasses import replace

    from journeys.answer_links import AnswerLinks
    from records.application_entities import check_title

    pairs = [named_value(one, "PACS1=R07") for one in readers]
    if bool(at) != bool(pairs):
        raise typer.BadParameter(
            "--answers-at and --answer-reader (as PACS1=R07) are given together."
        )
    if not at:
        return how
    named = {check_title(title): reader for title, reader in pairs}
    return replace(how, answers=AnswerLinks(at, named, days))


def fetch(
    label: Annotated[str, typer.Argument(help="The system, such as AET-0001.")],
    accession: Annotated[str, typer.Argument(help="The accession number of the study.")],
    pacs_authorities: Pem = None,
    certificate: Pem = None,
    key: Pem = None,
    home: Home = None,
) -> None:
    """Fetch a study by its accession number (DICOMweb) into the day's arrivals.

    Needs 'radvigil user login'; the number is not kept. The day's surveillance takes it in.
    """
    from cli.opening import acting_person
    from journeys.fetch_study import fetch_study
    from records.accounts import require_on_record
    from records.application_entities import ApplicationEntity
    from records.counting import counted
    from records.lookup import find_record
    from records.permissions import Action

    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        require_on_record(store, person, Action.TAKE_IN, now=now)
        with store.reader() as reader:
            entity = find_record(reader, ApplicationEntity, label)
        found = fetch_study(
            store, entity, accession, ways("RADVIGIL", pacs_authorities, certificate, key),
            by=person, now=now,
        )
    rest = f"; {counted(found.left_out, 'object')} left out: no image" if found.left_out else ""
    typer.echo(f"{counted(found.kept, 'image')} fetched{rest}.")
