"""Take in the studies collected to make and test the model, with the truth known by then."""

from collections.abc import Callable
from datetime import datetime

from imaging.arriving_files import find_files
from imaging.ingest import Arrival, IngestReport, ingest
from journeys.check_arrivals import check_arrivals
from journeys.make_studies import DEVELOPMENT_TRUTH, Arrivals
from journeys.receive_truth import receive_truth
from journeys.watch_day import scope_of
from records.definition import DeviceDefinition
from records.queries import find_device
from records.store import Store


def take_in_development(
    store: Store,
    device_name: str,
    arrivals: Arrivals,
    *,
    actor: str,
    now: datetime,
    workers: int,
    progress: Callable[[int, int], None],
) -> IngestReport:
    """Ingest every development and external batch, check it, and receive its truth."""
    with store.reader() as reader:
        definition = DeviceDefinition.model_validate(
            find_device(reader, device_name).definition
        )
    day = now.date()
    batches = [
        (batch, find_files(store.workspace.incoming / batch.folder).paths)
        for batch in arrivals.batches
    ]
    total, done = sum(len(paths) for _, paths in batches), 0
    report = IngestReport()

    def tick(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    for batch, paths in batches:
        arrival = Arrival(
            batch.site, batch.purpose, day, origin=batch.origin, assigned=batch.assigned
        )
        report.add(
            ingest(
                store, paths, arrival, actor=actor, now=now, requirements=scope_of(definition),
                workers=workers, progress=tick,
            )
        )
    check_arrivals(
        store, day, purposes=("development", "external"), actor=actor, now=now
    )
    receive_truth(
        store, task=definition.task, until=day, actor=actor, now=now, name=DEVELOPMENT_TRUTH,
        adjudicated=True, volume=definition.volume,
    )
    return report
