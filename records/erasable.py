"""Which bytes could be deleted, and from which day: images with their outlines, refused files,
exported copies.

Nothing else is ever selected: no row, no event of the audit trail, no document, no frozen dataset
or model (21 CFR 11.10(e): the trail is kept as long as its records, and these are kept for ever).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select as columns_of
from sqlmodel import Session, col, func, select

from records.base import Record
from records.cases import Instance, Quarantine, ReferenceStandard, Study
from records.errors import InvalidInput
from records.export_check import exported_files
from records.legal_holds import HELD_KINDS, LegalHold, standing_holds
from records.product import DatasetVersion, Site
from records.retention import Facts, Periods, Retention, retention_of
from records.retention_facts import facts_on_record, legal_basis_of
from records.store import Store
from records.study_corrections import former_patients
from records.vault import Vault

JURISDICTIONS = ("EU", "US")
"""Both always count: the longest period of either is kept."""

KIND_OF_RECORD = {
    "image": "STUDY_IMAGE", "quarantine": "QUARANTINED_FILE", "export": "EXPORTED_COPY",
}
"""The kind in retention.yaml of each kind of bytes."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which bytes are meant: of one kind, and of a site or a patient where one is named."""

    kind: str
    site: str = ""
    patient: str = ""
    subjects: frozenset[str] = frozenset()
    """Only these records' bytes, as the audit trail names them; none: not limited so."""

    def __post_init__(self) -> None:
        if self.kind not in HELD_KINDS:
            raise InvalidInput(
                f"'{self.kind}' is no kind of bytes that can be deleted.",
                hint=f"Known: {', '.join(HELD_KINDS)}. Rows and events are kept for ever.",
            )
        if self.patient and self.kind != "image":
            raise InvalidInput(f"Of '{self.kind}' it is not known whose they are.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """Bytes that lie here: what they belong to, where, how long they are kept and what stands in
    the way beside that."""

    subject: str
    name: str
    digest: str
    path: Path
    retention: Retention
    holds: tuple[str, ...] = ()
    obstacle: str = ""

    def is_due(self, today: date) -> bool:
        """Whether they may be deleted today."""
        return not self.holds and not self.obstacle and self.retention.allows_deletion(today)

    def why_not(self, today: date) -> str:
        """What keeps them, in words; empty where nothing does."""
        if self.holds:
            return f"held by {', '.join(self.holds)}"
        if self.obstacle:
            return self.obstacle
        if self.retention.retain_until is None:
            return "; ".join(self.retention.reasons)
        if not self.retention.allows_deletion(today):
            return f"kept until {self.retention.retain_until}"
        return ""


def erasable(
    store: Store, reader: Session, wanted: Selection, periods: Periods
) -> Iterator[Erasable]:
    """The bytes of a selection that lie here, in the order of their records."""
    holds = standing_holds(reader)
    if wanted.kind == "image":
        images = _Images(store, reader, wanted, periods, holds)
        yield from images.stored()
        yield from images.outlines()
    elif wanted.kind == "quarantine":
        yield from _quarantined(store, reader, wanted, periods, holds)
    else:
        yield from _exports(store, reader, periods, holds)


class _Images:
    """The stored images of a selection, and the true outlines in them: both go by one rule."""

    def __init__(
        self, store: Store, reader: Session, wanted: Selection, periods: Periods,
        holds: list[LegalHold],
    ) -> None:
        self._vault, self._reader, self._wanted = Vault(store.workspace.vault), reader, wanted
        self._holds, self._known = holds, facts_on_record(reader)
        self._frozen_at = reader.exec(select(func.max(DatasetVersion.frozen_at))).one()
        self._former = former_patients(reader)
        # A million rows are read for a count: columns, not objects, each period computed once.
        self._retention = cache(partial(_retention, "image", periods=periods))

    def stored(self) -> Iterator[Erasable]:
        """Each image whose bytes lie here, in the order of the records."""
        for number, digest, *study in self._rows(Instance, "digest", self._wanted):
            path = self._vault.path_of(digest)
            if path.is_file():
                yield self._erasable(Instance, number, digest, path, study)

    def outlines(self) -> Iterator[Erasable]:
        """Each mask that lies here of these studies; one that several name is kept as long as any
        of them asks."""
        masks = {row[1]: row[0] for row in self._rows(ReferenceStandard, "region", self._wanted)}
        if not masks:
            return
        everybody, found = Selection("image"), dict[str, list[Erasable]]()
        for number, digest, *study in self._rows(ReferenceStandard, "region", everybody):
            if digest in masks and (path := self._vault.path_of(digest)).is_file():
                one = self._erasable(ReferenceStandard, number, digest, path, study)
                found.setdefault(digest, []).append(one)
        for digest, several in found.items():
            mine = next(one for one in several if _number(one) == masks[digest])
            longest = max(several, key=lambda one: one.retention.retain_until or date.max)
            yield replace(
                mine, retention=longest.retention,
                holds=tuple(dict.fromkeys(label for one in several for label in one.holds)),
                obstacle=next((one.obstacle for one in several if one.obstacle), ""),
            )

    def _rows(self, table: type[Record], column: str, wanted: Selection) -> Any:
        study, fields = cast(Any, Study), cast(Any, table)
        digest = getattr(fields, column)
        query = (
            columns_of(
                fields.id, digest, study.patient, study.purpose, study.received_at,
                col(Site.name), study.id,
            )
            .join(Study, col(Study.id) == fields.study_id)
            .join(Site, col(Site.id) == col(Study.site_id))
            .where(digest != "").order_by(fields.id)
        )
        if wanted.site:
            query = query.where(col(Site.name) == wanted.site)
        if wanted.patient:
            query = query.where(study.patient == wanted.patient)
        if wanted.subjects:
            named = [one.partition(":") for one in wanted.subjects]
            numbers = [int(number) for kind, _, number in named if kind == table.__name__]
            query = query.where(fields.id.in_(numbers))
        return self._reader.execute(query.execution_options(yield_per=1000))

    def _erasable(
        self, table: type[Record], number: int, digest: str, path: Path, study: Sequence[Any]
    ) -> Erasable:
        patient, purpose, received_at, site, study_id = study
        facts = Facts(legal_basis_ends=legal_basis_of(self._known, site=site, patient=patient))
        frozen_at = self._frozen_at
        frozen = purpose != "clinical" and frozen_at is not None and received_at <= frozen_at
        return Erasable(
            subject=table.subject_of(number), name=table.label_of(number), digest=digest,
            path=path, retention=self._retention(facts),
            holds=_held_on(self._holds, site, patient, self._former.get(study_id, ())),
            obstacle="a frozen dataset may hold a copy, and frozen datasets are kept whole"
            if frozen else "",
        )


def _number(one: Erasable) -> int:
    return int(one.subject.partition(":")[2])


def _held_on(
    holds: list[LegalHold], site: str, patient: str, before: Iterable[str]
) -> tuple[str, ...]:
    """The holds on an image; one on a patient whom its study left by a correction counts too."""
    found = (_held_by(holds, "image", site=site, patient=one) for one in (patient, *sorted(before)))
    return tuple(dict.fromkeys(label for labels in found for label in labels))


def _quarantined(
    store: Store, reader: Session, wanted: Selection, periods: Periods, holds: list[LegalHold]
) -> Iterator[Erasable]:
    """Refused files; one that several sites sent lies here once and is kept as long as any asks."""
    query = select(Quarantine, Site.name).join(Site, col(Site.id) == col(Quarantine.site_id))
    newest: dict[str, tuple[Quarantine, set[str]]] = {}
    for one, site in reader.exec(query.order_by(col(Quarantine.id))):
        before = newest.get(one.source_digest)
        sites = (before[1] if before else set()) | {site}
        last = one if before is None or one.arrived_on >= before[0].arrived_on else before[0]
        newest[one.source_digest] = (last, sites)
    for digest, (one, sites) in newest.items():
        path = store.workspace.quarantine / digest
        if (wanted.site and wanted.site not in sites) or not path.is_file():
            continue
        held = {label for site in sites for label in _held_by(holds, "quarantine", site=site)}
        yield Erasable(
            subject=one.subject, name=one.label, digest=digest, path=path,
            retention=_retention("quarantine", Facts(event_date=one.arrived_on), periods),
            holds=tuple(sorted(held)),
        )


def _exports(
    store: Store, reader: Session, periods: Periods, holds: list[LegalHold]
) -> Iterator[Erasable]:
    for told in exported_files(reader):
        path = store.workspace.exports / told.name
        if path.is_file():
            yield Erasable(
                subject=f"Export:{told.sequence}", name=told.name, digest=told.digest, path=path,
                retention=_retention("export", Facts(event_date=told.day), periods),
                holds=_held_by(holds, "export"),
            )


def _retention(kind: str, facts: Facts, periods: Periods) -> Retention:
    return retention_of(KIND_OF_RECORD[kind], JURISDICTIONS, facts, periods)


def _held_by(
    holds: list[LegalHold], kind: str, *, site: str = "", patient: str = ""
) -> tuple[str, ...]:
    return tuple(one.label for one in holds if one.covers(kind, site=site, patient=patient))
