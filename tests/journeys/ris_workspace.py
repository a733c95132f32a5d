"""A live workspace with a registered RIS, and studies of patients that the RIS knows by number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from sqlmodel import select

from imaging.identity import ISSUER, Identity, identity_store, keep_identities
from imaging.pseudonyms import workspace_deidentifier
from imaging.ris.applying import message_journal
from imaging.ris.listening import Endpoint, Limits, Listener
from journeys.receive_messages import receive_messages
from records.application_entities import register_entity
from records.cases import Study
from records.clock import mark_workspace
from records.lookup import list_records
from records.people import Role, register_person
from records.product import WorkspaceKind
from records.queries import register_site
from records.store import Store
from records.study_corrections import Merges, StudyCorrection
from tests.conftest import NOW

SITE, LABEL = "northfield", "AET-0001"
SENDERS = {("RIS", "NORTH"): LABEL}


def prepare(store: Store, *, host: str = "127.0.0.1") -> None:
    """A live workspace in which one system is registered, with its address."""
    with store.transaction("setup", "setup", now=NOW) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=NOW)
        person = register_person(
            tx, "ada", full_name="ada", now=NOW, password="x" * 14, roles=[Role.QUALITY]
        )
        register_entity(tx, "RIS1", SITE, host=host, by=person, now=NOW)


def add_studies(
    store: Store, numbers: Sequence[str], *, issuer: str = "", born: str = "19610523",
    sex: str = "F", now: datetime = NOW, accession: bool = False, root: str = "1.2",
) -> list[str]:
    """A study of each patient number, as intake records it; the pseudonyms of the patients.

    accession: they have accession numbers, ACC1 and so on. root: of their Study Instance UIDs."""
    own = workspace_deidentifier(store, site=SITE)
    mapping, made = identity_store(store), []
    with store.reader() as reader:
        first = len(list_records(reader, Study)) + 1
    identities, rows = [], []
    for at, number in enumerate(numbers, start=first):
        patient, uid = own.patient_pseudonym(number), own.study_pseudonym(f"{root}.{at}")
        identities += [
            Identity(patient, "patient", (
                ("PatientID", number), ("PatientName", f"Zwetschkenbaum^{number}"),
                ("PatientBirthDate", born), (ISSUER, issuer),
            )),
            Identity(uid, "study", (
                ("StudyInstanceUID", f"{root}.{at}"), ("StudyDate", "20260104"),
                *([("AccessionNumber", f"ACC{at}")] if accession else []),
            )),
        ]  # fmt: skip
        rows.append((uid, patient))
        made.append(patient)
    keep_identities(store, mapping, identities)
    with store.transaction("service:intake", "intake", now=now) as tx:
        site = register_site(tx, SITE, origin="reported", now=now)
        known = Merges(tx)
        for uid, patient in rows:
            tx.add(Study(
                study_uid=uid, patient=known.current(patient), site_id=site.id or 0,
                purpose="clinical", arrived_on=date(2026, 1, 5), received_at=now, age_years=64.0,
                sex=sex, rows=8, columns=8,
            ))  # fmt: skip
    return made


def pseudonym(store: Store, number: str, *, issuer: str = "") -> str:
    """The pseudonym of a patient number."""
    return workspace_deidentifier(store, site=SITE, issuer=issuer).patient_pseudonym(number)


@contextmanager
def hearing(store: Store, *, limits: Limits | None = None) -> Iterator[Listener]:
    """A listener on loopback."""
    endpoint = Endpoint("127.0.0.1", 0, None, limits or Limits())
    with receive_messages(store, endpoint, SENDERS, actor="service:hl7") as listener:
        yield listener


def patients(store: Store) -> list[str]:
    """Whose each study is, in the order of the studies."""
    with store.reader() as reader:
        return [one.patient for one in reader.exec(select(Study).order_by(Study.id))]  # type: ignore[arg-type]


def corrections(store: Store) -> list[StudyCorrection]:
    """Every correction, oldest first."""
    with store.reader() as reader:
        return list_records(reader, StudyCorrection)


def states(store: Store) -> dict[tuple[str, str, str], int]:
    """How many messages of all senders, by kind, state and fault."""
    journal = message_journal(store)
    found = Counter[tuple[str, str, str]]()
    try:
        for one in journal.tallies():
            if one.state:
                found[one.kind, one.state, one.fault] += one.messages
    finally:
        journal.close()
    return dict(found)
