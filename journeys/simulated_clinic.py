"""The clinic around a demonstration: each evening it sends what became of the day's studies.

Reports and patients over HL7 on loopback, answers of readers by their links, results of another
maker's product as SR and tables, follow-up as a truth list, and at the end a blinded audit sample.
All go in by the same use cases as from a real clinic; only who sends is simulated.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlmodel import col, select

from imaging.deidentify import Deidentifier
from imaging.ris.applying import message_journal
from imaging.ris.listening import Endpoint, listening
from imaging.sources.base import StudyPlan
from imaging.sources.cases import Case, draw_case, uid
from imaging.sources.clinic_messages import APPLICATION, RisMessage, SimulatedRis, in_order
from imaging.sources.clinic_products import Output
from imaging.sources.clinic_results import result_at, result_sr, results_csv
from imaging.sources.clinic_sending import send_messages
from imaging.sources.clinic_studies import ClinicStudy, Response, draw_clinic_studies
from imaging.sources.clinic_truth import write_full_truth
from imaging.sources.clinics import CLINICS
from journeys.answer_results import answer_result
from journeys.receive_messages import MessageDesk
from journeys.receive_results import receive_results
from journeys.receive_truth import receive_truth_list
from journeys.run_node import SenderRegister
from records.application_entities import find_entity, register_entity
from records.cases import Prediction, ReaderAssessment, Study
from records.definition import TaskDefinition
from records.keys import workspace_key
from records.people import find_actor
from records.reader_link_acts import LINK, LinkAnswer, issue_link
from records.services import ensure_service
from records.store import Store

LISTENER, READERS = "service:hl7", "service:gateway"
BY_TABLE: Final = ("westhaven",)
"""Where the other maker's product writes a table; elsewhere it sends structured reports."""
FOLLOW_UP: Final = "follow-up.csv"
VERSIONS: Final = ("preliminary", "final", "corrected", "cancelled")
"""Of a report, in the order in which they are written, whenever they come."""
CLINIC: Final = "clinic"
"""Below ``incoming``: what the simulated clinic laid there."""
_WORDS: Final = {
    Response.ACCEPTED: "accepted", Response.CHANGED: "changed", Response.REJECTED: "rejected",
}


@dataclass
class Sent:
    """What the clinic sent so far, by kind, and how it was answered."""

    messages: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    results: int = 0
    truths: int = 0
    reports: dict[str, set[str]] = field(default_factory=dict)
    """By original Study UID, the versions of its report that were sent: preliminary, final ..."""


class SimulatedClinic:
    """All simulated hospitals of a workspace, from one evening to the next."""

    def __init__(self, store: Store, task: TaskDefinition, *, other_device: str) -> None:
        self._store, self._task, self._other = store, task, other_device
        self._names = Deidentifier(workspace_key(store, "pseudonym"))
        self._ris = SimulatedRis()
        self._waiting: list[tuple[tuple[datetime, bool, bytes], RisMessage]] = []
        self.studies: list[ClinicStudy] = []
        self.sent = Sent()
        self._port = 0

    @contextmanager
    def open(self, *, by: str, now: datetime) -> Iterator[None]:
        """The RIS of each hospital is registered, and the listener hears while the block lasts."""
        senders = self._register(by=by, now=now)
        journal = message_journal(self._store)
        desk = MessageDesk(
            self._store, journal, SenderRegister(self._store), senders, actor=LISTENER
        )
        try:
            with listening(Endpoint("127.0.0.1", 0), desk) as listener:
                self._port = listener.port
                yield
        finally:
            journal.close()

    def _register(self, *, by: str, now: datetime) -> dict[tuple[str, str], str]:
        senders = {}
        with self._store.transaction(by, "the simulated hospitals' RIS", now=now) as tx:
            for service in (LISTENER, READERS):
                ensure_service(tx, service, now=now)
            for site, clinic in CLINICS.items():
                title = f"RIS_{clinic.facility}"[:16]
                entity = find_entity(tx, title) or register_entity(
                    tx, title, site, host="127.0.0.1", by=find_actor(tx, by), now=now
                )
                tx.flush()
                senders[APPLICATION, clinic.facility] = entity.label
        return senders

    def remember(self, plans: Sequence[StudyPlan], *, until: datetime) -> None:
        """What an evening before an interruption did, without sending anything again."""
        self._queue(self._drawn(plans))
        while self._waiting and self._waiting[0][1].sent_at <= until:
            heapq.heappop(self._waiting)

    def evening(self, plans: Sequence[StudyPlan], *, actor: str, now: datetime) -> None:
        """All that the hospitals send up to now: of today's studies, and of those before.

        plans: of the studies that were made today, read by the device by now.
        """
        today = self._drawn(plans)
        self._queue(today)
        self._results(today, actor=actor, now=now)
        due = []
        while self._waiting and self._waiting[0][1].sent_at <= now:
            due.append(heapq.heappop(self._waiting)[1])
        send_messages(due, self._port, sent=self._told)
        self._answers(today, now=now)
        self._follow_up(actor=actor, now=now)

    def _told(self, message: RisMessage, code: str) -> None:
        self.sent.messages[message.what] += 1
        self.sent.acknowledged[code] += 1
        if message.what in VERSIONS:
            self.sent.reports.setdefault(message.study_uid, set()).add(message.what)

    def _drawn(self, plans: Sequence[StudyPlan]) -> list[ClinicStudy]:
        """What becomes of these studies, given what the device said and returned to care."""
        original = {
            self._names.study_pseudonym(uid(plan, "study")): uid(plan, "study") for plan in plans
        }
        query = (
            select(Study.study_uid, Prediction.score, Prediction.decision)
            .join(Prediction, Prediction.study_id == Study.id)  # type: ignore[arg-type]
            .where(Prediction.returned_to_care)
        )
        with self._store.reader() as reader:
            said = {
                original[name]: Output(score or 0.0, int(decision))
                for name, score, decision in reader.exec(query) if name in original
            }
        return draw_clinic_studies(plans, said)

    def _queue(self, studies: list[ClinicStudy]) -> None:
        self.studies += studies
        for one in self._ris.tell(studies):
            heapq.heappush(self._waiting, (in_order(one), one))

    def _results(self, studies: Sequence[ClinicStudy], *, actor: str, now: datetime) -> None:
        folder = self._folder()
        for site in CLINICS:
            here = [one for one in studies if one.plan.site == site and result_at(one) <= now]
            files = []
            if site in BY_TABLE and here:
                files = [folder / f"{site}-{now:%Y%m%d}.csv"]
                files[0].write_bytes(results_csv(here))
            elif here:
                files = [folder / f"{site}-{one.accession}.dcm" for one in here]
                for path, one in zip(files, here, strict=True):
                    path.write_bytes(result_sr(one))
            if files:
                receive_results(self._store, self._other, files, site=site, actor=actor, now=now)
                self.sent.results += len(here)
            for path in files:
                path.unlink()

    def _answers(self, studies: Sequence[ClinicStudy], *, now: datetime) -> None:
        """Each reader who answers opens the link of the result and sends the answer."""
        opened = {one.study_uid: one for one in studies if one.response in _WORDS}
        pseudonyms = {self._names.study_pseudonym(name): one for name, one in opened.items()}
        tokens: list[tuple[str, ClinicStudy]] = []
        answered = select(ReaderAssessment.study_id).where(ReaderAssessment.origin == LINK)
        query = (
            select(Prediction, Study.study_uid)
            .join(Study, Study.id == Prediction.study_id)  # type: ignore[arg-type]
            .where(
                Prediction.returned_to_care, Study.arrived_on == now.date(),
                col(Study.id).not_in(answered),
            )
        )
        with self._store.transaction(READERS, "links in the day's results", now=now) as tx:
            for prediction, name in tx.exec(query).all():
                if (one := pseudonyms.get(name)) is not None:
                    _, token = issue_link(tx, prediction, one.reader_code, by=READERS, now=now)
                    tokens.append((token, one))
        for token, one in tokens:
            answer_result(self._store, token, self._answer(one), actor=READERS)
            self.sent.answers[_WORDS[one.response]] += 1

    def _answer(self, study: ClinicStudy) -> LinkAnswer:
        word = _WORDS[study.response]
        instead = "present" if study.report_finding else "absent"
        choice = "" if word == "accepted" else instead
        return LinkAnswer(word, choice=choice, reason=study.reason)

    def _follow_up(self, *, actor: str, now: datetime) -> None:
        """The list of what later examinations have shown, as it stands this evening."""
        path = self._folder() / FOLLOW_UP
        path.write_text(follow_up_csv(self.studies), encoding="utf-8")
        self.sent.truths += receive_truth_list(
            self._store, path, task=self._task, until=now.date(), actor=actor, now=now,
            adjudicated=False,
        ).recorded

    def cases_by_study(self, plans: Sequence[StudyPlan]) -> dict[int, Case]:
        """What each planned study shows, by its study id; for those who look at its image."""
        shown = {self._names.study_pseudonym(uid(plan, "study")): plan for plan in plans}
        with self._store.reader() as reader:
            rows = reader.exec(select(Study.id, Study.study_uid)).all()
        return {int(number or 0): draw_case(shown[name]) for number, name in rows if name in shown}

    def full_truth(self) -> dict[int, bool]:
        """The whole truth by study id, for scoring; its file lies beside the records, not in."""
        write_full_truth(self.studies, self._folder())
        known = {
            self._names.study_pseudonym(one.study_uid): bool(one.case.finding)
            for one in self.studies
        }
        with self._store.reader() as reader:
            rows = reader.exec(select(Study.id, Study.study_uid)).all()
        return {int(number or 0): known[name] for number, name in rows if name in known}

    def _folder(self) -> Path:
        folder = self._store.workspace.incoming / CLINIC
        folder.mkdir(exist_ok=True)
        return folder


def follow_up_csv(studies: Sequence[ClinicStudy]) -> str:
    """A truth list of what was verified, and when it becomes known; nothing of the others."""
    lines = ["study_uid,site,study_date,finding,source,kind,readers,delay_days,reader,"
             "reader_finding"]  # fmt: skip
    for one in studies:
        if (found := one.verification) is not None:
            days = (found.known_on - one.plan.day).days
            lines.append(f"{one.study_uid},{one.plan.site},{one.plan.day},{found.finding},"
                         f"{found.kind},{found.kind},,{days},,")  # fmt: skip
    return "\n".join(lines) + "\n"
