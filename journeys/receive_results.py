"""Results of another maker's product: read, joined to the studies, on record as Predictions.

By whichever way a result comes it goes one way from here: without identities, once, in any order. A
result whose study is not here waits for it. A version that was not seen before is recorded, with
where and since when it runs. Nothing of the files or messages is kept but their digest; what cannot
be read with certainty goes to quarantine with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session, select

from imaging.external import capture, fhir, message, structured_report, table
from imaging.external.saying import ResultRefused, SaidOutside, Why
from imaging.named_studies import ACCESSION, NamedStudies, StudyNamed
from imaging.quarantine import keep_in_quarantine
from imaging.reception import Reason, Rejection
from imaging.sources.base import SourceRefused
from imaging.sources.fhir_bundle import is_fhir
from imaging.study_days import days_taken
from records.base import digest_of
from records.batches import add_batch
from records.cases import Quarantine
from records.external_product import ExternalProduct
from records.external_recording import (
    Heard,
    ResultsReport,
    product_of,
    record_heard,
)
from records.external_results import waiting_results
from records.product import Site
from records.queries import quarantined_digests, register_site, studies_by_uid
from records.store import Store
from records.vault import file_digest

ZONES = timedelta(days=1)
"""A study's day is of its place, and a result's time may be of another."""


def receive_results(
    store: Store, device_name: str, files: Sequence[Path], *, site: str, actor: str, now: datetime
) -> ResultsReport:
    """Take results in from files: DICOM SR and secondary captures, HL7 ORU, CSV, FHIR.

    site: where they come from, for results whose study is not here yet.

    Raises:
        Refused: The device is made here, or its definition is not in force.
        SourceRefused: A table has a wrong line; nothing of any file was recorded then.
        InvalidInput: No site may have the name.
    """
    with store.reader() as reader:
        _, definition = product_of(reader, device_name)
    product = definition.external
    assert product is not None
    report, said, refused = ResultsReport(), list[tuple[SaidOutside, str]](), list[Rejection]()
    for number, path in enumerate(files, start=1):
        digest, place = file_digest(path), f"file {number}, " if len(files) > 1 else ""
        try:
            for one in read_results(product, path):
                if isinstance(one, ResultRefused):
                    refused.append(_rejection(path, digest, one.why))
                else:  # a file's name may hold a patient's: it is told by its number
                    said.append((replace(one, where=f"{place}{one.where}") if one.where else one,
                                 digest))  # fmt: skip
        except ResultRefused as wrong:
            refused.append(_rejection(path, digest, wrong.why))
        except SourceRefused:
            if path.suffix.casefold() == ".csv":
                raise
            refused.append(_rejection(path, digest, Why.NOT_A_RESULT))
    _quarantine(store, files, refused, site=site, actor=actor, now=now)
    report.refused.update(one.check for one in refused)
    return record_said(
        store, device_name, said, site=site, actor=actor, now=now, report=report
    )


def read_results(product: ExternalProduct, path: Path) -> Iterator[SaidOutside | ResultRefused]:
    """What a file says, whichever of the forms it has.

    Raises:
        ResultRefused: It is none of them, or does not say what is needed.
        SourceRefused: A table has a wrong line, or FHIR an element that is not valid.
    """
    if path.suffix.casefold() == ".csv":
        yield from table.read_table(product, path, zone=UTC)
        return
    if is_fhir(path):
        yield from fhir.read_fhir_results(product, path, zone=UTC)
        return
    with path.open("rb") as handle:
        start = handle.read(4)
    if start.lstrip(b"\x0b")[:3] == b"MSH":
        content = path.read_bytes().strip(b"\x0b\x1c\r\n").replace(b"\r\n", b"\r")
        content = content.replace(b"\n", b"\r")
        yield message.read_message(product, content, zone=UTC)
        return
    dataset = structured_report.read_object(path)
    if structured_report.is_report(dataset):
        yield structured_report.read_report(product, dataset, zone=UTC)
    else:
        yield capture.read_capture(product, dataset, zone=UTC)


def receive_message(
    store: Store, device_name: str, content: bytes, *, site: str, actor: str, now: datetime,
    named: NamedStudies | None = None,
) -> ResultsReport:  # fmt: skip
    """Take in what a watched product says in an HL7 message; nothing of it is quarantined, as the
    journal keeps what is refused (:mod:`imaging.ris.routing` tells whose a message is). named: the
    look-up of studies of whoever gives message after message.

    Raises:
        Refused: The device is made here, or its definition is not in force.
    """
    with store.reader() as reader:
        _, definition = product_of(reader, device_name)
    product = definition.external
    assert product is not None
    report = ResultsReport()
    try:
        said = [(message.read_message(product, content, zone=UTC), digest_of(content.hex()))]
    except ResultRefused as refused:
        report.refused[str(refused.why)] += 1
        return report
    heard = _pseudonymous(store, said, site, now, report, named)
    return _record(store, device_name, heard, actor=actor, now=now, report=report)


def record_said(
    store: Store, device_name: str, said: Sequence[tuple[SaidOutside, str]], *, site: str,
    actor: str, now: datetime, report: ResultsReport,
) -> ResultsReport:
    """Put what was said on record, and what waited for studies that have come since."""
    heard = _pseudonymous(store, said, site, now, report)
    return _record(store, device_name, heard, actor=actor, now=now, report=report)


def _record(
    store: Store, device_name: str, heard: Sequence[Heard], *, actor: str, now: datetime,
    report: ResultsReport,
) -> ResultsReport:  # fmt: skip
    with store.reader() as reader:
        product_of(reader, device_name)
        if not heard and not waiting_results(reader, device_name):
            return report
    with store.transaction(actor, f"results of {device_name}", now=now) as tx:
        device, definition = product_of(tx, device_name)
        record_heard(tx, device, definition, heard, now=now, report=report)
    return report


def apply_waiting(store: Store, device_name: str, *, actor: str, now: datetime) -> ResultsReport:
    """Put results on record whose studies have come since."""
    return record_said(
        store, device_name, [], site="", actor=actor, now=now, report=ResultsReport()
    )


def _pseudonymous(
    store: Store, said: Sequence[tuple[SaidOutside, str]], site: str, now: datetime,
    report: ResultsReport, named: NamedStudies | None = None,
) -> list[Heard]:
    """The results under the pseudonyms of their studies; what names none that can be is refused."""
    named = named or NamedStudies(store)
    with store.reader() as reader:
        means = named.pseudonyms(reader, {one.study for one, _ in said})
        elsewhere = _of_other_sites(reader, means, site)
    found: list[tuple[Heard, datetime]] = []
    for one, digest in said:
        uids = [uid for uid in means[one.study] if uid not in elsewhere[one.study]]
        uid = uids[0] if len(uids) == 1 else ""
        at = one.said_at or now
        if not uid:
            report.refuse(str(Why.NO_STUDY), one.where)
        elif at > now:
            report.refuse(str(Why.FUTURE), one.where)
        else:
            heard = Heard(uid, site, one.software, one.score, one.decision, at.astimezone(UTC),
                          one.origin, digest, one.where)  # fmt: skip
            found.append((heard, at))
    return _possible(store, found, report)


def _of_other_sites(
    reader: Session, means: Mapping[StudyNamed, Sequence[str]], site: str
) -> dict[StudyNamed, set[str]]:
    """Of each accession number the studies of other sites than the sender's: sites give the same
    numbers. A UID and a label name one study, wherever the result comes from."""
    numbers = {name: uids for name, uids in means.items() if name.by == ACCESSION}
    here = studies_by_uid(reader, {uid for uids in numbers.values() for uid in uids})
    sites = {one.id: one.name for one in reader.exec(select(Site))}
    return {
        name: {uid for uid in uids if uid in here and sites[here[uid].site_id] != site}
        if name in numbers else set()
        for name, uids in means.items()
    }


def _possible(
    store: Store, heard: Sequence[tuple[Heard, datetime]], report: ResultsReport
) -> list[Heard]:
    """Those that were not said before their study was made, where its day is kept."""
    taken = days_taken(store, {one.study_uid for one, _ in heard})
    found = []
    for one, at in heard:
        if one.study_uid in taken and at.date() < taken[one.study_uid] - ZONES:
            report.refuse(str(Why.BEFORE_STUDY), one.where)
        else:
            found.append(one)
    return found


def _rejection(path: Path, digest: str, why: Why) -> Rejection:
    return Rejection(
        Reason.EXTERNAL_RESULT, "", digest, path.stat().st_size, check=str(why)
    )


def _quarantine(
    store: Store, files: Sequence[Path], refused: Sequence[Rejection], *, site: str, actor: str,
    now: datetime,
) -> None:
    """Keep refused files under their digests, each once, and record why."""
    if not refused:
        return
    places = {file_digest(path): path for path in files}
    once = {one.source_digest: one for one in refused}
    for digest, one in once.items():
        keep_in_quarantine(store, places[digest], one)
    with store.transaction(actor, f"results refused from {site}", now=now) as tx:
        place = register_site(tx, site, origin="reported", now=now)
        assert place.id is not None
        known = quarantined_digests(tx, place.id, once)
        add_batch(tx, Quarantine, [
            {
                "source_digest": digest, "site_id": place.id, "reason": one.code,
                "size_bytes": one.size, "arrived_on": now.date(), "received_at": now,
            }
            for digest, one in once.items() if digest not in known
        ])  # fmt: skip
