"""What the RIS says of patients goes into records and identity mapping, and no link is lost.

Records first, then the mapping, then the journal: each step does no harm when it is done again, so
a kill between two of them is made good by applying the message once more.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session, col, select

from imaging.deidentify import Deidentifier
from imaging.identity import ISSUER, Identity, identity_store, keep_identities
from imaging.pseudonyms import workspace_deidentifier
from imaging.ris.facts import Facts, Merge, PatientNumber, Person, Purpose, read_facts
from imaging.ris.faults import Fault, MessageRefused
from imaging.ris.journal import Journal, Kept, Pseudonyms, State
from imaging.ris.message import read_header
from imaging.safe_harbor import OLDEST_YEARS
from imaging.sent_again import plain_value
from records.cases import Study
from records.errors import RadvigilError, Unavailable
from records.keys import workspace_key
from records.store import Store
from records.study_corrections import (
    Corrected,
    Merges,
    heard_before,
    record_corrections,
    record_merge,
    studies_of_patient,
)

log = logging.getLogger(__name__)


def message_journal(store: Store) -> Journal:
    """The HL7 messages of a workspace."""
    return Journal(store.workspace.messages, workspace_key(store, "pseudonym"))


def merge_arrived(
    store: Store, patients: Iterable[str], *, actor: str, now: datetime
) -> None:
    """Merges that the RIS told before there was a study of these patients hold for what has come.

    Where others apply messages just now, it is theirs to do.
    """
    if not store.workspace.messages.is_file():
        return
    journal = message_journal(store)
    try:
        if any(journal.waiting_of(patient) for patient in patients):
            with suppress(Unavailable), journal.alone():
                Applying(store, journal, actor=actor).apply_waiting(now=now)
    finally:
        journal.close()


@dataclass(frozen=True, slots=True)
class _Said:
    """One patient of a message, by pseudonym, with what it says of them; moved: studies that
    became theirs by it."""

    patient: str
    person: Person
    moved: frozenset[int] = frozenset()


@dataclass
class _Plan:
    """What a message of merges comes to: pairs to move by pseudonym, and those that wait."""

    moves: list[tuple[str, str, Merge]] = field(default_factory=list)
    waiting: list[tuple[int, Pseudonyms, Pseudonyms]] = field(default_factory=list)
    overlay: dict[str, str] = field(default_factory=dict)
    surviving: list[tuple[str, Person]] = field(default_factory=list)


class Applying:
    """Applies messages in the order of their arrival, as one service."""

    def __init__(self, store: Store, journal: Journal, *, actor: str) -> None:
        self._store, self._journal, self._actor = store, journal, actor
        self._mapping = identity_store(store)
        self._names: dict[tuple[str, str], Deidentifier] = {}

    def apply(self, one: Kept, *, now: datetime) -> Kept:
        """Apply a message that is on the disk; what has become of it.

        Raises:
            Unavailable: The records or the mapping are busy; it stays as it is.
            IntegrityBroken: The mapping is lost or damaged; it stays as it is.
        """
        try:
            facts = read_facts(read_header(one.content), one.content)
            if facts.purpose in (Purpose.ORDER, Purpose.RESULT):
                return self._journal.done(one, State.KEPT)
            if facts.purpose is Purpose.MERGE:
                return self._merge(one, facts, now)
            return self._update(one, facts, now)
        except MessageRefused as refused:
            return self._journal.done(one, State.REFUSED, fault=refused.fault)

    def apply_unapplied(self, *, now: datetime) -> int:
        """What a crash or a busy database left, in the order of its arrival; how many."""
        left = self._journal.unapplied()
        for one in left:
            try:
                self.apply(one, now=now)
            except RadvigilError:
                raise
            except Exception as failed:  # it holds up no other; its text may quote the message
                log.error("HL7 message %d was not applied: %s", one.number, type(failed).__name__)
        return len(left)

    def apply_waiting(self, *, now: datetime) -> int:
        """The merges of patients of whom studies have come since; how many messages are done."""
        done, tried = 0, set[int]()
        while ready := self._ready() - tried:
            for number in sorted(ready):
                tried.add(number)
                one = self._journal.message(number)
                done += self.apply(one, now=now).state is not State.WAITING
        return done

    def _ready(self) -> set[int]:
        priors = self._journal.priors()
        if not priors:
            return set()
        found = set()
        with self._store.reader() as reader:
            here = patients_here(reader, priors)
        for patient in here:
            for number, prior, _ in self._journal.waiting_of(patient):
                if self._resolved(prior) == patient:
                    found.add(number)
        return found

    def _merge(self, one: Kept, facts: Facts, now: datetime) -> Kept:
        plan = self._planned(one, facts.merges)
        digest = hashlib.sha256(one.content).hexdigest()
        keep_identities(
            self._store, self._mapping, [self._identity(*each) for each in plan.moves]
        )
        moved: dict[str, set[int]] = {}
        revised: list[Identity] = []
        said: list[_Said] = []
        with self._store.reader() as reader:
            heard = bool(heard_before(reader, [digest]))
        if plan.moves or heard:
            with self._store.transaction(self._actor, _reason(one), now=now) as tx:
                for prior, into, _ in plan.moves:
                    target = Merges(tx).current(into)
                    made = record_merge(
                        tx, prior, target, by=self._actor, now=now, source_digest=digest
                    )
                    if not made:  # a person has moved them meanwhile: planned anew
                        raise Unavailable("The studies were moved just now.", hint="Try again.")
                    moved.setdefault(target, set()).update(each.study_id for each in made)
                said = self._current(one, facts, plan.surviving, tx, moved)
                revised = self._corrected(
                    tx, said, digest, now=now, heard=heard and not plan.moves
                )
        self._mapping.revise(revised)
        return self._journal.done(
            one, State.WAITING if plan.waiting else State.APPLIED, waiting=plan.waiting,
            said=[(each.patient, facts.said_at) for each in said if facts.said_at],
        )

    def _planned(self, one: Kept, merges: Sequence[Merge]) -> _Plan:
        """What is to be moved, what waits, and what was said before.

        Raises:
            MessageRefused: SAME_PATIENT, CYCLE, MERGED_ELSEWHERE; then nothing of it is applied.
        """
        plan = _Plan()
        with self._store.reader() as reader:
            known = Merges(reader)
            for place, merge in enumerate(merges):
                both = (merge.prior, merge.surviving)
                names = [self._pseudonyms(one.site, each) for each in both]
                prior, into = (self._resolved(each) for each in names)
                if prior == into:
                    raise MessageRefused(Fault.SAME_PATIENT)
                plan.surviving.append((into, merge.person))
                stays = self._settled(known, into, plan, but=one.number)
                is_now = self._settled(known, prior, plan, but=one.number)
                if is_now == stays:
                    if prior == is_now:
                        raise MessageRefused(Fault.CYCLE)
                    continue
                if is_now != prior:
                    raise MessageRefused(Fault.MERGED_ELSEWHERE)
                if patients_here(reader, {prior}) or prior in {into for _, into, _ in plan.moves}:
                    plan.moves.append((prior, into, merge))
                else:
                    plan.waiting.append((place, names[0], names[1]))
                plan.overlay[prior] = into
        return plan

    def _settled(self, known: Merges, patient: str, plan: _Plan, *, but: int) -> str:
        """The patient that this one is by every merge: on record, waiting, and in this message."""
        seen = set()
        while patient not in seen:
            seen.add(patient)
            patient = known.current(patient)
            if patient in plan.overlay:
                patient = plan.overlay[patient]
                continue
            for number, prior, surviving in self._journal.waiting_of(patient):
                if number != but and self._resolved(prior) == patient:
                    patient = self._resolved(surviving)
                    break
        return patient

    def _update(self, one: Kept, facts: Facts, now: datetime) -> Kept:
        (person,) = facts.persons
        digest = hashlib.sha256(one.content).hexdigest()
        named = [self._resolved(self._pseudonyms(one.site, each)) for each in person.numbers]
        with self._store.reader() as reader:
            here = patients_here(reader, set(named))
        if not here:
            return self._journal.done(one, State.NOTHING)
        with self._store.transaction(self._actor, _reason(one), now=now) as tx:
            heard = bool(heard_before(tx, [digest]))
            said = self._current(one, facts, [(each, person) for each in named if each in here], tx)
            revised = self._corrected(tx, said, digest, now=now, heard=heard)
        self._mapping.revise(revised)
        return self._journal.done(
            one, State.APPLIED if said else State.NOTHING,
            said=[(each.patient, facts.said_at) for each in said if facts.said_at],
        )

    def _current(
        self, one: Kept, facts: Facts, persons: Sequence[tuple[str, Person]], tx: Session,
        moved: Mapping[str, set[int]] | None = None,
    ) -> list[_Said]:
        """Of whom a message is to be believed: a patient who was not given up, and of whom the
        sender has said nothing newer by its own clock."""
        known, moved = Merges(tx), moved or {}
        found = []
        for patient, person in persons:
            last = self._journal.last_word(one.sender, patient)
            older = last is not None and facts.said_at is not None and facts.said_at < last
            if known.current(patient) == patient and not older:
                found.append(_Said(patient, person, frozenset(moved.get(patient, ()))))
        return found

    def _corrected(
        self, tx: Session, said: Sequence[_Said], digest: str, *, now: datetime, heard: bool
    ) -> list[Identity]:
        """Record what is corrected, unless that was done before; what the mapping is to say."""
        revised = []
        before = self._mapping.known([each.patient for each in said])
        for each in said:
            told = before.get(each.patient, {})
            wanted = {"PatientName": each.person.name, "PatientBirthDate": each.person.born}
            others = {
                name: value for name, value in wanted.items()
                if value and plain_value(value) != plain_value(told.get(name, ""))
            }
            if not heard:
                studies = studies_of_patient(tx, each.patient)
                days = self._mapping.known([study.study_uid for study in studies])
                found = [_correction(study, each, others, days, digest) for study in studies]
                record_corrections(
                    tx, [one for one in found if one.attributes], by=self._actor, now=now
                )
            revised.append(Identity(each.patient, "patient", tuple(others.items())))
        return revised

    def _pseudonyms(self, site: str, number: PatientNumber) -> Pseudonyms:
        own = self._deidentifier(site, "").patient_pseudonym(number.number)
        other = self._deidentifier(site, number.issuer).patient_pseudonym(number.number)
        return Pseudonyms(own, other, number.issuer)

    def _deidentifier(self, site: str, issuer: str) -> Deidentifier:
        if (site, issuer) not in self._names:
            if len(self._names) > 1000:  # issuers come from outside
                self._names.clear()
            self._names[site, issuer] = workspace_deidentifier(
                self._store, site=site, issuer=issuer
            )
        return self._names[site, issuer]

    def _identity(self, prior: str, into: str, merge: Merge) -> Identity:
        """Who survives, for the mapping; what the message leaves out is as it was with the prior
        patient, who is the same person."""
        before = self._mapping.known([prior]).get(prior, {})
        return Identity(into, "patient", (
            ("PatientID", merge.surviving.number),
            ("PatientName", merge.person.name or before.get("PatientName", "")),
            ("PatientBirthDate", merge.person.born or before.get("PatientBirthDate", "")),
            (ISSUER, merge.surviving.issuer),
        ))  # fmt: skip

    def _resolved(self, names: Pseudonyms) -> str:
        """The pseudonym that counts, as in :func:`imaging.ingest.told_apart`."""
        if not names.issuer:
            return names.own
        first = self._mapping.known([names.own]).get(names.own, {}).get(ISSUER, "").strip()
        return names.other if first and first != names.issuer else names.own


def patients_here(reader: Session, patients: set[str]) -> set[str]:
    """Which of these patients any study is of by now."""
    found: set[str] = set()
    names = sorted(patients)
    for at in range(0, len(names), 500):
        query = select(Study.patient).where(col(Study.patient).in_(names[at : at + 500]))
        found.update(reader.exec(query.distinct()))
    return found


def _reason(one: Kept) -> str:
    return f"HL7 {one.kind} of {one.sender}, message {one.number}"


def _correction(
    study: Study, said: _Said, others: Mapping[str, str], days: Mapping[str, Mapping[str, str]],
    digest: str,
) -> Corrected:
    """What is corrected of a study: the details, and age and sex where they follow from them."""
    assert study.id is not None
    attributes, age, sex = set(others), study.age_years, said.person.sex or study.sex
    if "PatientBirthDate" in others or study.id in said.moved:
        taken = days.get(study.study_uid, {}).get("StudyDate", "")
        age = age_on(taken, said.person.born, unknown=study.age_years)
    if age != study.age_years:
        attributes.add("PatientAge")
    if sex != study.sex:
        attributes.add("PatientSex")
    return Corrected(study.id, said.patient, tuple(sorted(attributes)), age, sex, digest)


def age_on(day: str, born: str, *, unknown: float | None) -> float | None:
    """The age on a day in years as records hold it (months below 2 years, 90 above 89).

    day, born: YYYYMMDD; where one is no day, or birth lies after it: ``unknown``.

    >>> age_on("20260214", "19610523", unknown=None), age_on("20260214", "20250815", unknown=None)
    (64.0, 0.417)
    """
    try:
        then, first = date.fromisoformat(day), date.fromisoformat(born)
    except ValueError:
        return unknown
    months = (then.year - first.year) * 12 + then.month - first.month - (then.day < first.day)
    if months < 0:
        return unknown
    years = months // 12
    return float(min(years, OLDEST_YEARS)) if years >= 2 else round(months / 12, 3)
