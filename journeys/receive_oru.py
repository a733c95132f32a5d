"""Give what the results that the HL7 journal keeps hold to those who are to have it, once."""

import logging
from datetime import datetime

from sqlmodel import func, select

from imaging.external.saying import Why
from imaging.named_studies import NamedStudies
from imaging.reports.intake import ReportIntake
from imaging.ris.journal import Journal, Kept, State
from imaging.ris.message import read_header
from imaging.ris.routing import Routed, route_result
from journeys.receive_responses import receive_answers
from journeys.receive_results import receive_message
from records.cases import Study
from records.errors import RadvigilError
from records.external_recording import watched_products
from records.store import Store

log = logging.getLogger(__name__)


class MessageResults:
    """Takes what is read out of the results that the HL7 journal keeps; the rest stays there.

    A message is done with, and its content deleted, when all that was found in it is on record,
    waits sealed, or is held back. Whatever ends in between, it is taken again at the next start:
    what is known by then adds nothing. A product's result whose accession number is of no study
    is taken again when studies have come.
    """

    def __init__(self, store: Store, journal: Journal, *, actor: str) -> None:
        self._store, self._journal, self._actor = store, journal, actor
        self._named = NamedStudies(store)
        self._seen, self._newest = 0, 0
        self._without_study: list[int] = []
        self._intake: ReportIntake | None = None

    def take(self, *, now: datetime) -> None:
        """Take the results that came since; where the records are busy, from there on again."""
        kept = [*self._named_before_their_study(), *self._journal.results(after=self._seen)]
        if not kept:
            return
        with self._store.reader() as reader:
            products = watched_products(reader)
        for at, one in enumerate(kept):
            try:
                routed = route_result(read_header(one.content), one.content, products)
                if not routed.for_nobody and self._given(one, routed, now):
                    self._journal.done(one, State.APPLIED)
            except RadvigilError as failed:
                log.error("a result was not taken in: %s", type(failed).__name__)
                left = [each.number for each in kept[at:] if each.number <= self._seen]
                self._without_study, self._newest = [*self._without_study, *left], 0
                return
            except Exception as failed:  # it holds up no other; its text may quote the message
                log.error("HL7 message %d holds no result that can be read: %s", one.number,
                          type(failed).__name__)  # fmt: skip
            self._seen = max(self._seen, one.number)

    def _named_before_their_study(self) -> list[Kept]:
        """The messages whose accession number was of no study, once where studies have come."""
        if not self._without_study:
            return []
        with self._store.reader() as reader:
            newest = reader.exec(select(func.max(Study.id))).one() or 0
        if newest == self._newest:
            return []
        self._newest, again, self._without_study = newest, sorted(self._without_study), []
        return [one for one in map(self._journal.message, again) if one.state is State.KEPT]

    def take_again(self, *, now: datetime) -> None:
        """What was left, reports of studies that came since, and what nobody takes in its time."""
        self.take(now=now)
        self._reports().take_arrived(now=now)
        self._journal.forget_kept(now=now)

    def _given(self, one: Kept, routed: Routed, now: datetime) -> bool:
        """Whether all that was found in a message was taken; what was not is told without a word
        of it, and the message stays."""
        refused: list[str] = []
        for device in routed.devices:
            told = receive_message(
                self._store, device, one.content, site=one.site, actor=self._actor, now=now,
                named=self._named,
            )
            refused += told.refused
            if Why.NO_STUDY in told.refused and one.number not in self._without_study:
                self._without_study.append(one.number)
        if routed.answers:
            said = receive_answers(self._store, one.content, actor=self._actor, now=now)
            refused += said.refused.values()
        if routed.reports:
            self._reports().take(routed.reports, site=one.site, now=now)
        for why in refused:
            log.warning("HL7 message %d is kept, as something in it was refused: %s", one.number,
                        why)  # fmt: skip
        return not refused

    def _reports(self) -> ReportIntake:
        self._intake = self._intake or ReportIntake(self._store, actor=self._actor)
        return self._intake
