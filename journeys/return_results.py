"""What the device read goes back to the hospital: results made, queued, identified, sent, settled.

What may be returned and is not on its way yet is found from the records, and every attempt is
written down before it is made: a kill at any moment loses nothing, and what may have arrived is
asked for before it is sent again. Reading never waits for it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path

from sqlmodel import Session

from imaging.node.calling import Called
from imaging.node.dicomweb import Web
from imaging.node.secured import client_context
from imaging.pixels import parse_file
from imaging.results.delivering import Address, deliver
from imaging.results.identified import Identifying, note_reidentification
from imaging.results.make import make_results
from imaging.results.statement import statement_of
from journeys.answer_links import AnswerLinks, Fetch, end_of_unsent, issue_for, linked
from journeys.answer_results import end_expired_links
from journeys.choose_images import images_of
from journeys.gather_volumes import slices_of
from journeys.outline_images import predicted_masks
from records.application_entities import ACTIVE, ApplicationEntity
from records.cases import Prediction, Study
from records.errors import RadvigilError, Refused, Unavailable
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.result_deliveries import (
    BEGUN,
    DELIVERED,
    WAITING,
    Kept,
    ResultDelivery,
    begin_attempt,
    due_deliveries,
    queue_results,
    readings_to_return,
    settle,
)  # fmt: skip
from records.series_choices import images_read
from records.store import Store
from records.vault import Vault

AT_ONCE = 50
"""Objects a call: what a kill leaves unknown, and asks for again, is not more."""


@dataclass(frozen=True, slots=True)
class Ways:
    """As whom other systems are called, and the PEM files for those that want TLS."""

    title: str = "RADVIGIL"
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    answers: AnswerLinks | None = None
    """By which links readers answer; None: results go without."""


@dataclass
class ReturnReport:
    """What one round did: objects queued and delivered, and what failed, in words by label."""

    queued: int = 0
    delivered: int = 0
    faults: dict[str, str] = field(default_factory=dict)


def return_results(
    store: Store, ways: Ways, *, actor: str, clock: Callable[[], datetime]
) -> ReturnReport:
    """One round: queue what was read since the last one, and send what is due.

    Raises:
        Unavailable: Another process returns results of this workspace just now.
    """
    report = ReturnReport()
    with _alone(store):
        end_expired_links(store, actor=actor, now=clock())
        _queue(store, report, actor=actor, clock=clock)
        with store.reader() as reader:
            due = due_deliveries(reader, clock())
        for entity_id, rows in groupby(
            sorted(due, key=lambda one: (one.entity_id, one.id or 0)), lambda one: one.entity_id
        ):
            whole = list(rows)
            for at in range(0, len(whole), AT_ONCE):
                some = whole[at : at + AT_ONCE]
                _send(store, entity_id, some, ways, report, actor=actor, clock=clock)
    return report


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """One process at a time: two would send the same objects twice."""
    descriptor = os.open(store.workspace.home / "results.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Unavailable(
            "Another process returns results of this workspace just now.",
            hint="'radvigil node run' does so by itself; look with 'radvigil node results'.",
        ) from None
    finally:
        os.close(descriptor)


def _queue(
    store: Store, report: ReturnReport, *, actor: str, clock: Callable[[], datetime]
) -> None:
    with store.reader() as reader:
        waiting = readings_to_return(reader)
    for _, pairs in groupby(waiting, lambda pair: pair[0].id):
        found = list(pairs)
        prediction, entities = found[0][0], [entity for _, entity in found]
        try:
            objects = keep_results(store, prediction)
        except RadvigilError as wrong:  # one study must not hold up the others
            report.faults[prediction.label] = wrong.message
            continue
        with store.transaction(actor, "return results", now=clock()) as tx:
            current = tx.get_one(Prediction, prediction.id)
            queued = queue_results(tx, current, objects, entities, now=clock())
        report.queued += len(queued)


def keep_results(store: Store, prediction: Prediction) -> list[Kept]:
    """Make the results of a reading over the images that it is of, and keep them in the vault.

    Raises:
        Refused: The version that made it was never released, or outlines something else now.
        IntegrityBroken: An image of the study is missing or altered.
    """
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        statement = statement_of(reader, prediction)
        images = images_read(reader, prediction)
        version = reader.get_one(ModelVersion, prediction.model_version_id)
        volume = definition_of(reader.get_one(Device, version.device_id)).volume
        if volume:  # what is on record as read is its middle slice
            held = images_of(reader, [prediction.study_id])[prediction.study_id]
            images, _ = slices_of(vault, held, volume)
    sources = [
        parse_file(vault.fetch(one.digest, of=f"the image {one.label}")) for one in images
    ]
    masks = predicted_masks(store, prediction, sources)
    return [
        Kept(str(one.kind), one.sop_class, one.uid, vault.put(one.content))
        for one in make_results(statement, sources, masks=masks)
    ]


def _send(
    store: Store, entity_id: int, rows: Sequence[ResultDelivery], ways: Ways,
    report: ReturnReport, *, actor: str, clock: Callable[[], datetime],
) -> None:
    """One attempt for some objects to one system: noted, made, settled. What was given up since the
    round began (use was suspended) is not sent."""
    vault = Vault(store.workspace.vault)
    with store.transaction(actor, "return results", now=clock()) as tx:
        rows = [one for one in rows if tx.get_one(ResultDelivery, one.id).status == WAITING]
        if not rows:
            return
        numbers = [one.id for one in rows]
        unknown = [one.outcome == BEGUN for one in rows]
        entity = tx.get_one(ApplicationEntity, entity_id)
        for number in numbers:
            begin_attempt(tx, tx.get_one(ResultDelivery, number), now=clock())
        for study, count in _studies(tx, rows):
            purpose = f"result to {entity.label}"
            note_reidentification(tx, study, purpose=purpose, objects=count)
        links = issue_for(tx, rows, entity.title, ways.answers, by=actor, now=clock())
    fetched: list[Fetch] = [partial(vault.fetch, one.digest, of=one.label) for one in rows]
    for at, link in links.items():
        assert ways.answers is not None
        fetched[at] = linked(fetched[at], link, ways.answers.readers[entity.title])
    try:
        address = address_of(entity, ways)
    except RadvigilError as wrong:
        faults = [wrong.message] * len(rows)
    else:
        faults = deliver(address, fetched, Identifying(store), ask_first=unknown)
    with store.transaction(actor, "return results", now=clock()) as tx:
        for number, fault in zip(numbers, faults, strict=True):
            one = tx.get_one(ResultDelivery, number)
            settle(tx, one, fault=fault, now=clock())
            end_of_unsent(tx, one, entity.title, ways.answers)
            if one.status == DELIVERED:
                report.delivered += 1
            else:
                report.faults[one.label] = fault


def _studies(reader: Session, rows: Sequence[ResultDelivery]) -> list[tuple[Study, int]]:
    """The studies that these results are of, each with their number."""
    found: dict[int, int] = {}
    for one in rows:
        study = reader.get_one(Prediction, one.prediction_id).study_id
        found[study] = found.get(study, 0) + 1
    return [(reader.get_one(Study, study), count) for study, count in found.items()]


def address_of(entity: ApplicationEntity, ways: Ways) -> Address:
    """Where and how a registered system is reached.

    Raises:
        Refused: It was retired, or wants TLS and nobody was named who vouches for it.
        InvalidInput: A PEM file cannot be used.
    """
    if entity.status != ACTIVE:
        raise Refused(f"{entity.label} was retired.", hint="Register the system that follows it.")
    if entity.web:
        return Web(entity.title, entity.web, ways.authorities, ways.certificate, ways.key)
    if entity.tls and ways.authorities is None:
        raise Refused(
            f"{entity.label} is called over TLS only.",
            hint="Name who vouches for it with --pacs-authorities.",
        )
    tls = (
        client_context(ways.authorities, ways.certificate, ways.key)
        if entity.tls and ways.authorities else None
    )
    return Called(entity.title, entity.host, entity.port or 0, ways.title, tls, seconds=30.0)
