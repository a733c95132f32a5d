"""Reports go into the records: found, cleaned, read by the rules, kept, and then recorded.

What cannot be cleaned with certainty, or is of another patient, is held back in quarantine; what is
of a study that has not come waits. No text with an identity lies in the vault or in a record.
"""

import hashlib
import hmac
import logging
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from imaging.identity import identity_store
from imaging.reports.arrived import ArrivedReport
from imaging.reports.finding_studies import Located, StudyFinder
from imaging.reports.holding_back import hold_back
from imaging.reports.identifiers import (
    KnownIdentities,
    checked_text,
    clean_report,
    name_parts,
)
from imaging.reports.reading import Reading, read_text
from imaging.reports.truth import findings_of_devices, record_report_truth
from imaging.reports.versions import Proposed, newest_versions, record_versions
from imaging.reports.waiting import WaitingReport, waiting_reports
from records.cases import Study
from records.keys import workspace_key
from records.queries import studies_by_uid
from records.reports import CANCELLED
from records.store import Store
from records.vault import Vault

log = logging.getLogger(__name__)
NOT_CLEAN = "report: not cleaned with certainty"
FUTURE = "report: dated in the future"
BEFORE_STUDY = "report: dated before its study was made"
CONTRADICTED = "report: another of its study, day and status says otherwise"
ZONES = timedelta(days=1)
"""A report's day is of its place, and the clock's of UTC."""
AT_ONCE = 500
"""Reports a transaction."""
_CODE = re.compile(r"[A-Za-z]{0,4}[-_]?\d{1,6}")
_TOLD = ("PatientName", "ReferringPhysicianName")
_NUMBERED = ("PatientID", "AccessionNumber", "StudyInstanceUID", "StudyID")


class Outcome(StrEnum):
    """What became of an arrived report."""

    RECORDED = "recorded"
    KNOWN = "known before"
    OLDER = "older than what is on record"
    WAITING = "waiting for its study"
    HELD = "held back"
    NOTHING = "cancels what never came"


@dataclass
class ReportsTaken:
    """How many reports came to what, and how many truths were recorded of them."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    truths: int = 0

    def add(self, other: "ReportsTaken") -> None:
        """Count others in."""
        self.outcomes += other.outcomes
        self.truths += other.truths


class ReportIntake:
    """Takes the reports of one workspace in, as one service."""

    def __init__(self, store: Store, *, actor: str) -> None:
        self._store, self._actor = store, actor
        self._key = workspace_key(store, "pseudonym")
        self._vault = Vault(store.workspace.vault)
        self._mapping = identity_store(store)
        self.waiting = waiting_reports(store)
        self.finder = StudyFinder(store)

    def take(
        self, reports: Sequence[ArrivedReport], *, site: str, now: datetime
    ) -> ReportsTaken:
        """Take these reports in, in their order; what waits is on the disk when this returns.

        site: whose they are, by their sender.

        Raises:
            Unavailable: The records are busy; nothing of the rest was taken, and all may be given
                again.
        """
        taken, contradicted = ReportsTaken(), self._contradicted(reports, site)
        for first, end in _parts(reports):
            taken.add(self._take(reports[first:end], site, now, contradicted))
        return taken

    def _contradicted(self, reports: Sequence[ArrivedReport], site: str) -> set[str]:
        """The source digests of those that came together, without a clock, and say different
        things of one report: which of them is the later one, nobody can tell. A table refuses its
        own lines; these name the study in different ways."""
        without = [one for one in reports if one.said_at is None]
        if len({(bool(one.study), one.study[:4].upper() == "STU-") for one in without}) < 2:
            return set()
        said: dict[tuple[object, ...], dict[tuple[str, str], list[str]]] = {}
        for at in range(0, len(without), AT_ONCE):
            with self._store.reader() as reader:
                located = self.finder.locate(reader, site, without[at : at + AT_ONCE])
            for study, one in ((each.study, each.report) for each in located):
                if study is not None:
                    slot = (self._report_key(one, study), study.id, one.reported_on, one.status)
                    contents = said.setdefault(slot, {})
                    contents.setdefault((one.text, one.reader), []).append(one.source_digest)
        return {
            digest for contents in said.values() if len(contents) > 1
            for digests in contents.values() for digest in digests
        }  # fmt: skip

    def take_arrived(self, *, now: datetime) -> ReportsTaken:
        """Take in the waiting reports of which the study has come; what waited too long is
        forgotten."""
        taken = ReportsTaken()
        awaited = self.waiting.awaited()
        if not awaited:
            return taken
        forgotten = self.waiting.forget_old(now=now)
        if forgotten:
            log.warning("%d reports waited too long for their study and were deleted", forgotten)
        by_site: dict[str, list[WaitingReport]] = {}
        for one in self.waiting.opened(self._come(awaited)):
            by_site.setdefault(one.site, []).append(one)
        for site, several in by_site.items():
            for first, end in _parts([one.report for one in several]):
                part = several[first:end]
                taken.add(self._take([one.report for one in part], site, now))
                self.waiting.done([one.number for one in part])
        return taken

    def _come(self, awaited: Sequence[tuple[int, str, str]]) -> list[int]:
        """The numbers of those whose study is here now."""
        if any(accession and not study for _, study, accession in awaited):
            self.finder.accessions.refresh()
        named = {
            number: {study} if study else self.finder.accessions.studies(accession)
            for number, study, accession in awaited
        }
        wanted = sorted({uid for uids in named.values() for uid in uids})
        here: set[str] = set()
        with self._store.reader() as reader:
            for at in range(0, len(wanted), AT_ONCE):
                here |= set(studies_by_uid(reader, wanted[at : at + AT_ONCE]))
        return [number for number, uids in named.items() if uids & here]

    def _take(
        self, reports: Sequence[ArrivedReport], site: str, now: datetime,
        contradicted: Collection[str] = (),
    ) -> ReportsTaken:  # fmt: skip
        taken = ReportsTaken()
        with self._store.reader() as reader:
            located = [
                replace(one, study=None, held=CONTRADICTED)
                if one.report.source_digest in contradicted else one
                for one in self.finder.locate(reader, site, reports)
            ]
            proposed, held = self.prepared(reader, located, now)
        for one in located:
            if one.study is None and not one.held:
                self.waiting.keep(site, one.awaits, one.report, now=now)
                taken.outcomes[Outcome.WAITING] += 1
        if not (proposed or held):
            return taken
        words = self.waiting.last_words([one.word for one in proposed])
        with self._store.transaction(self._actor, f"reports of {site}", now=now) as tx:
            taken.outcomes[Outcome.HELD] += len(held)
            hold_back(self._store, tx, held, site=site, now=now)
            recorded, counted = record_versions(tx, proposed, words, now=now)
            taken.outcomes += Counter({Outcome(name): n for name, n in counted.items()})
            taken.truths = record_report_truth(tx, recorded, findings_of_devices(tx), now=now)
        self.waiting.remember_words(
            (one.word, one.said_at) for one in proposed if one.said_at is not None
        )
        return taken

    def prepared(
        self, reader: Session, located: Sequence[Located], now: datetime, *, cleared: bool = False
    ) -> tuple[list[Proposed], list[tuple[ArrivedReport, str, str]]]:
        """The versions to record, with their clean texts in the vault; and what is held back.

        cleared: a person has taken the identities out, so that the text is kept as it is unless it
        holds what is known or written like an identity.
        """
        held = [(one.report, one.held, "") for one in located if one.held]
        found = [(one.report, one.study) for one in located if one.study is not None]
        uids = {name for _, study in found for name in (study.study_uid, study.patient)}
        told = self._mapping.known(sorted(uids))
        keys = {(study.id or 0, self._report_key(report, study)) for report, study in found}
        before = newest_versions(reader, keys)
        proposed = []
        for report, study in found:
            key = self._report_key(report, study)
            known = _known(report, told, study)
            if impossible := _impossible(report, told.get(study.study_uid, {}), now):
                held.append((report, impossible, ""))
                continue
            clean = (checked_text if cleared else clean_report)(report.text, known)
            if clean.doubts and report.status != CANCELLED:
                held.append((report, NOT_CLEAN, "; ".join(clean.doubts)))
                continue
            text = clean.text
            last = before.get((study.id or 0, key))
            if report.addendum and last is not None:
                earlier = self._vault.fetch(last.text_digest, of=last.label).decode()
                text = f"{earlier}\n{text}"
            reading = Reading.nothing() if report.status == CANCELLED else read_text(
                text, study.modality
            )
            kept = last.text_digest if last else ""
            digest = self._vault.put(text.encode()) if text else kept
            proposed.append(Proposed(
                study_id=study.id or 0, report_key=key,
                word=self._named("word", key + study.study_uid), origin=report.origin,
                status=report.status, text_digest=digest,
                source_digest=report.source_digest, reading=reading,
                reader=self.reader_pseudonym(report.reader),
                reported_on=report.reported_on or now.date(), said_at=report.said_at,
            ))  # fmt: skip
        return proposed, held

    def _report_key(self, report: ArrivedReport, study: Study) -> str:
        """The pseudonym of the report's own number; without one a study has one report a way."""
        return self._named("report", report.number or f"{report.origin} {study.study_uid}")

    def reader_pseudonym(self, reader: str) -> str:
        """A code such as R07 as it is; in place of a name R and 12 hexadecimal digits, the same
        for the same name however it is written."""
        if not reader or _CODE.fullmatch(reader):
            return reader
        parts = sorted(one for one in name_parts([reader]) if len(one) > 1)
        return "R" + self._named("reader", " ".join(parts) or reader.casefold())[:12]

    def _named(self, *parts: str) -> str:
        message = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256).hex()[:32]


def _parts(reports: Sequence[ArrivedReport]) -> Iterator[tuple[int, int]]:
    """From where to where they are taken at once: an addendum begins anew, as what it is added to
    has to be on record before."""
    starts = [at for at, one in enumerate(reports) if one.addendum or at == 0]
    for first, end in zip(starts, [*starts[1:], len(reports)], strict=True):
        for at in range(first, end, AT_ONCE):
            yield at, min(at + AT_ONCE, end)


def _impossible(report: ArrivedReport, original: dict[str, str], now: datetime) -> str:
    """Why a report cannot be of the day that it states; '' where it can, or states none."""
    if report.reported_on is None:
        return ""
    if report.reported_on > (now + ZONES).date():
        return FUTURE
    try:
        made = date.fromisoformat(original.get("StudyDate", ""))
    except ValueError:  # it is not kept, or the source stated none
        return ""
    return BEFORE_STUDY if report.reported_on < made - ZONES else ""


def _known(
    report: ArrivedReport, told: dict[str, dict[str, str]], study: Study
) -> KnownIdentities:
    """What the message and the identity mapping tell of this study's people and numbers."""
    originals = [told.get(name, {}) for name in (study.study_uid, study.patient)]
    names = [one[name] for one in originals for name in _TOLD if one.get(name)]
    numbers = [one[name] for one in originals for name in _NUMBERED if one.get(name)]
    own = report.known
    return replace(own, names=(*own.names, *names), numbers=(*own.numbers, *numbers))


def reports_arrived(store: Store, *, actor: str, now: datetime) -> None:
    """Reports that came before their study are taken in as soon as it is here."""
    if store.workspace.messages.is_file():
        intake = ReportIntake(store, actor=actor)
        if intake.waiting.awaited():
            intake.take_arrived(now=now)
