"""Before day one of a deployment: freeze the references of its charts and solve their limits."""

from datetime import datetime
from typing import Any

from journeys.release import embedding_of, outputs_of, scored_rows
from journeys.watch_day import watch_of
from monitoring.baselines import NAMED_FACTS, QUALITY, prepare_baselines, record_baselines
from monitoring.output_columns import output_columns
from records.errors import Refused
from records.product import DatasetVersion
from records.queries import case_rows
from records.store import Store
from records.surveillance import ChartBaseline
from records.vault import Vault

IN_RECORDS = (*QUALITY, *NAMED_FACTS)
"""Facts of a reference study that are taken from the records, as those of operation are."""


def start_watch(
    store: Store, device_name: str, *, daily_n: int, seed: int, actor: str, now: datetime
) -> list[ChartBaseline]:
    """Freeze one baseline a chart and site, of the version that runs there; a chart that cannot run
    somewhere says why.

    Args:
        daily_n: Studies a day expected at each site.
        seed: Of the choice of reference studies and of tie-breaking.
    """
    with store.reader() as reader:
        watch = watch_of(reader, device_name)
        if watch.definition.external is not None:
            raise Refused(
                f"{device_name} is another maker's product: its charts begin by themselves.",
                hint="Each site's first studies are their reference: run 'radvigil monitor day'.",
            )
        datasets = [
            reader.get_one(DatasetVersion, one.version.own_dataset) for one in watch.each
        ]
        quality = {
            row["study_uid"]: row
            for row in case_rows(reader, purposes=("development", "external", "clinical"))
        }
    prepared = []
    for one, dataset in zip(watch.each, datasets, strict=True):
        rows: list[dict[str, Any]] = [
            row | {name: quality[row["study_uid"]][name] for name in IN_RECORDS}
            | output_columns(
                row["score"], outputs_of(one.version, row), strange=row["out_of_distribution"],
                embedding=embedding_of(row),
            )
            for row in scored_rows(Vault(store.workspace.vault), one.version, dataset)
        ]
        prepared.append(prepare_baselines(
            watch.definition, watch.parsed, rows,
            daily_n=dict.fromkeys(one.sites.values(), daily_n),
            watched_sites=len(watch.sites), seed=seed,
        ))
    with store.transaction(actor, "freeze chart baselines", now=now) as tx:
        return [
            made
            for one, found in zip(watch.each, prepared, strict=True)
            for made in record_baselines(tx, watch.plan, one.version, found, now=now)
        ]
