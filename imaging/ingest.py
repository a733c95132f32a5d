"""From arriving files to records: a study and its instances, or quarantine with the reason."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from imaging.examining import examine_many
from imaging.headers import ScopeRequirements
from imaging.identity import (
    ISSUER,
    Identity,
    IdentityStore,
    identity_store,
    keep_identities,
)
from imaging.keeping import Keeping
from imaging.pseudonyms import workspace_deidentifier
from imaging.quarantine import keep_in_quarantine
from imaging.reception import Received, Rejection, examine
from imaging.reports.intake import reports_arrived
from imaging.ris.applying import merge_arrived
from imaging.sent_again import SentAgain, sent_again
from records.cases import Instance, Quarantine, Study
from records.clock import workspace_mark
from records.errors import Unavailable
from records.product import WorkspaceKind
from records.queries import (
    find_site,
    known_instances,
    quarantined_digests,
    register_site,
    sites_of_sources,
    studies_by_uid,
)  # fmt: skip
from records.settings import current_settings
from records.store import Store
from records.study_corrections import (
    CorrectionKind,
    Merges,
    record_corrections,
    record_rejection,
)
from records.vault import Vault

Outcome = Received | Rejection

BATCH = 1000
"""Files a transaction: an interrupted intake loses at most this much work, and no file."""


@dataclass
class IngestReport:
    """What became of every file: stored, a duplicate, or in quarantine by reason.

    ``unread`` of those in quarantine are recorded, but their bytes could not be read: they are not
    accounted for. ``skipped`` files were left out on purpose and are not among ``files``.
    ``conflicts`` of one batch differ from what is stored under their UID. ``elsewhere``: of the
    duplicates those that are stored as images of another site, by its name. ``sent_again``: of
    the duplicates those by which their sender says something of a stored study for the first
    time, by what was corrected. ``rejected``: images that their sender took back.
    """

    files: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    unread: int = 0
    skipped: int = 0
    conflicts: list[Rejection] = field(default_factory=list)
    elsewhere: dict[str, int] = field(default_factory=dict)
    sent_again: Counter[CorrectionKind] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def corrected(self) -> int:
        """Files that moved a study or corrected its details, and images that were taken back."""
        said = self.sent_again
        return said[CorrectionKind.PATIENT] + said[CorrectionKind.DETAILS] + self.rejected

    def to_dict(self) -> dict[str, Any]:
        """The four keys that outsiders rely on; more only where there are such files."""
        found: dict[str, Any] = {
            "files": self.files, "stored": self.stored, "duplicate": self.duplicate,
            "quarantined": dict(sorted(self.quarantined.items())),
        }
        more = {
            "unread": self.unread, "skipped": self.skipped, "elsewhere": self.elsewhere,
            "corrected": self.corrected, "rejected": self.rejected,
            "sent_again": {str(kind): n for kind, n in sorted(self.sent_again.items()) if n},
        }
        return found | {name: count for name, count in more.items() if count}

    def add(self, other: "IngestReport") -> None:
        """Count another batch in."""
        self.files += other.files
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.unread += other.unread
        self.skipped += other.skipped
        self.sent_again += other.sent_again
        self.rejected += other.rejected
        for reason, count in other.quarantined.items():
            self.quarantined[reason] = self.quarantined.get(reason, 0) + count
        for name, count in other.elsewhere.items():
            self.elsewhere[name] = self.elsewhere.get(name, 0) + count


@dataclass(frozen=True)
class Arrival:
    """Where a batch comes from and how it is to be recorded.

    ``purpose`` is development, external or clinical. ``assigned`` names the facts that the source
    lacked and that were assigned from the seed.
    """

    site: str
    purpose: str
    arrived_on: date
    origin: str = "reported"
    assigned: tuple[str, ...] = ()


def ingest(
    store: Store,
    paths: Sequence[Path],
    arrival: Arrival,
    *,
    actor: str,
    now: datetime,
    requirements: ScopeRequirements | None = None,
    workers: int = 1,
    outcomes: Iterator[Outcome] | None = None,
    progress: Callable[[int], None] | None = None,
) -> IngestReport:
    """Take files in: examine and de-identify each once, keep the bytes, then record the batch.

    Every file is accounted for. What says that it is synthetic goes to quarantine in a live
    workspace, unless a setting says that it is one for tests. Files taken in before count as
    duplicates; a file that differs from the stored instance of the same UID goes to quarantine,
    never over it. ``outcomes``: the examinations of exactly these files, where they run ahead.
    """
    report, withdrawn, arrived = IngestReport(), list[Rejection](), set[str]()
    vault = Vault(store.workspace.vault)
    patients_only = takes_patients_only(store)
    examined = outcomes or examine_many(
        paths, workspace_deidentifier(store, site=arrival.site), requirements, workers=workers
    )
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        received: list[Received] = []
        rejected: list[Rejection] = []
        places: dict[str, Path] = {}
        with Keeping(vault) as keeping:
            for path, outcome in zip(batch, examined, strict=False):
                if isinstance(outcome, Received) and outcome.synthetic and patients_only:
                    outcome = outcome.as_synthetic()
                if isinstance(outcome, Received):
                    keeping.put(outcome.content, outcome.digest)
                    received.append(outcome.without_content())
                    places[outcome.source_digest] = path
                else:
                    rejected.append(keep_in_quarantine(store, path, outcome))
                    report.unread += outcome.unread
                if progress is not None:
                    progress(1)
        if len(received) + len(rejected) != len(batch):
            raise Unavailable("The examination of files ended early.", hint="Run it again.")
        mapping = identity_store(store)
        received = told_apart(store, mapping, received, places, arrival.site, requirements)
        keep_identities(store, mapping, [who for one in received for who in one.identities])
        arrived.update(one.header.patient_id for one in received)
        with store.reader() as reader:
            again = sent_again(
                reader, vault, mapping, _as_arrived(received, places), arrival.site
            )
        with store.transaction(actor, f"intake from {arrival.site}", now=now) as tx:
            said = record_corrections(tx, again.corrected, by=actor, now=now)
            counted = record_ingest(tx, received, rejected, arrival=arrival, now=now, again=again)
            counted.sent_again = said
            for conflict in counted.conflicts:  # bytes first, then the record
                keep_in_quarantine(store, places[conflict.source_digest], conflict)
        if again.revised:  # last: done again where a kill came between
            identity_store(store).revise(again.revised)
        withdrawn += [one for one in rejected if one.withdrawn]
        report.add(counted)
    if withdrawn:  # after every image of this intake is on record
        with store.transaction(actor, f"images rejected by {arrival.site}", now=now) as tx:
            report.rejected += _take_back(tx, withdrawn, arrival.site, by=actor, now=now)
    merge_arrived(store, arrived, actor=actor, now=now)
    reports_arrived(store, actor=actor, now=now)
    return report


def _take_back(
    tx: Session, notes: Sequence[Rejection], site: str, *, by: str, now: datetime
) -> int:
    known = find_site(tx, site)
    assert known is not None
    assert known.id is not None
    return sum(
        record_rejection(tx, one.withdrawn, one.check, site_id=known.id, by=by, now=now)
        for one in notes
    )


def _as_arrived(received: Sequence[Received], places: Mapping[str, Path]) -> list[Received]:
    """In the order in which the files came to lie where they are: the last one to speak counts."""
    def came(one: Received) -> float:
        try:
            return places[one.source_digest].stat().st_mtime
        except OSError:
            return 0.0

    return sorted(received, key=came)


def told_apart(
    store: Store, mapping: IdentityStore, received: Sequence[Received],
    places: Mapping[str, Path], site: str, requirements: ScopeRequirements | None,
) -> list[Received]:
    """The same files, with equal numbers of two issuers as two patients (IssuerOfPatientID).

    The first issuer that is known for a number keeps the pseudonym; another one gets its own.
    """
    patients = [_patient_of(one) for one in received]
    issuers = {
        name: original.get(ISSUER, "")
        for name, original in mapping.known(
            {identity.pseudonym for identity, issuer in patients if issuer}
        ).items()
    }
    told = []
    for one, (identity, issuer) in zip(received, patients, strict=True):
        if issuer and (issuers.get(identity.pseudonym) or issuer) != issuer:
            other = examine(
                places[one.source_digest],
                workspace_deidentifier(store, site=site, issuer=issuer), requirements,
            )
            if not isinstance(other, Received):
                raise Unavailable("A file changed while it was taken in.", hint="Run it again.")
            Vault(store.workspace.vault).put(other.content, digest=other.digest)
            told.append(other.without_content())
            continue
        if issuer:
            issuers[identity.pseudonym] = issuer
        told.append(one)
    return told


def _patient_of(one: Received) -> tuple[Identity, str]:
    identity = next(identity for identity in one.identities if identity.kind == "patient")
    return identity, dict(identity.original).get(ISSUER, "").strip()


def takes_patients_only(store: Store) -> bool:
    """Whether synthetic images are refused: in a live workspace that is not set up for tests."""
    with store.reader() as reader:
        mark = workspace_mark(reader)
    live = mark is not None and mark.kind == WorkspaceKind.LIVE.value
    return live and not current_settings().test_workspace


def record_ingest(
    tx: Session,
    received: Sequence[Received],
    rejected: Sequence[Rejection],
    *,
    arrival: Arrival,
    now: datetime,
    again: SentAgain | None = None,
) -> IngestReport:
    """Record a batch that was examined: studies and instances, duplicates, quarantine.

    again: which of them are stored images under corrected names; they count as duplicates.
    """
    same = again.same if again else set()
    site = register_site(tx, arrival.site, origin=arrival.origin, now=now)
    assert site.id is not None
    report = IngestReport(files=len(received) + len(rejected))
    stored, by_uid = known_instances(
        tx,
        digests=[one.source_digest for one in received],
        uids=[one.header.instance_uid for one in received],
    )
    studies = studies_by_uid(tx, {one.header.study_uid for one in received})
    merges = Merges(tx)
    fresh: list[Received] = []
    for one in received:
        uid = one.header.instance_uid
        known = one.source_digest in stored or by_uid.get(uid) == one.digest
        if known or one.source_digest in same:
            report.duplicate += 1
        elif _is_of_another(merges, one, studies.get(one.header.study_uid)):
            report.conflicts.append(one.as_conflict("another patient than its study's"))
        elif uid in by_uid:
            report.conflicts.append(one.as_conflict())
        else:
            by_uid[uid] = one.digest
            fresh.append(one)
    for one in fresh:
        if one.header.study_uid not in studies:
            patient = merges.current(one.header.patient_id)
            studies[one.header.study_uid] = study_of(one, arrival, site.id, now, patient)
            tx.add(studies[one.header.study_uid])
    tx.flush()
    tx.add_all(instance_of(one, studies[one.header.study_uid]) for one in fresh)
    report.stored = len(fresh)
    report.elsewhere = sites_of_sources(
        tx, {one.source_digest for one in received} & stored, other_than=site.id
    )
    refused = [*rejected, *report.conflicts]
    for rejection in _not_yet(tx, site.id, refused):
        tx.add(_quarantine_of(rejection, arrival, site.id, now))
    for rejection in refused:
        report.quarantined[rejection.code] = report.quarantined.get(rejection.code, 0) + 1
    return report


def _is_of_another(merges: Merges, one: Received, study: Study | None) -> bool:
    """Whether a stored study is of another patient than this image of it says."""
    named = one.header.patient_id
    if study is None or study.patient == named:
        return False
    return merges.current(named) != study.patient


def study_of(
    one: Received, arrival: Arrival, site_id: int, now: datetime, patient: str
) -> Study:
    """The study record of a file taken in."""
    header = one.header
    return Study(
        study_uid=header.study_uid, patient=patient, site_id=site_id,
        purpose=arrival.purpose, arrived_on=arrival.arrived_on, received_at=now,
        modality=header.modality or "", body_part=header.body_part or "",
        view=header.view or "", age_years=header.age_years, sex=header.sex or "",
        manufacturer=header.manufacturer or "", model_name=header.model_name or "",
        software_version=header.software_version or "",
        tube_voltage_kv=header.tube_voltage_kv, exposure_mas=header.exposure_mas,
        spacing_mm=header.spacing_mm[0] if header.spacing_mm else None,
        rows=header.rows or 0, columns=header.columns or 0,
        invalid_tags=list(header.invalid_tags), assigned=list(arrival.assigned),
    )


def instance_of(one: Received, study: Study) -> Instance:
    """The instance record of a file taken in."""
    assert study.id is not None
    return Instance(
        study_id=study.id, instance_uid=one.header.instance_uid, digest=one.digest,
        source_digest=one.source_digest, deidentification=dict(one.deidentification),
        flags=[flag.to_dict() for flag in one.flags],
        **_six(one.quality),
    )


def _six(quality: Mapping[str, float]) -> dict[str, Any]:
    """The quality measures by the names of their columns."""
    return dict(quality)


def _not_yet(tx: Session, site_id: int, rejected: Sequence[Rejection]) -> Iterator[Rejection]:
    seen = quarantined_digests(tx, site_id, [one.source_digest for one in rejected])
    for one in rejected:
        if one.source_digest not in seen:
            seen.add(one.source_digest)
            yield one


def _quarantine_of(
    one: Rejection, arrival: Arrival, site_id: int, now: datetime
) -> Quarantine:
    return Quarantine(
        source_digest=one.source_digest, site_id=site_id, reason=one.code,
        detail=one.detail, size_bytes=one.size, arrived_on=arrival.arrived_on, received_at=now,
    )
