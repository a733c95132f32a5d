"""Receive what a RIS says over HL7 until told to stop: kept, applied, and then acknowledged."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread

from imaging.node.storage import ToldOnce, addresses_of
from imaging.ris.acknowledgement import acknowledgement, acknowledgement_code
from imaging.ris.applying import Applying, message_journal
from imaging.ris.facts import Purpose, purpose_of, read_facts, require_born_in_time
from imaging.ris.faults import Fault, MessageRefused
from imaging.ris.journal import Journal, Kept, State, body_digest
from imaging.ris.listening import Answer, Endpoint, Listener, listening
from imaging.ris.message import Header, broken_header, read_header
from journeys.receive_oru import MessageResults
from journeys.run_node import SenderRegister
from records.application_entities import ApplicationEntity, Sender
from records.audit import note
from records.clock import now_in, require_no_demonstration
from records.errors import InvalidInput, RadvigilError
from records.store import Store

log = logging.getLogger(__name__)
AGAIN_SECONDS = 30.0
"""What could not be applied is tried again after so long."""
UNKNOWN = "ApplicationEntity:unknown"
Senders = Mapping[tuple[str, str], str]
"""The label of a registered system by what it says of itself: MSH-3 and MSH-4."""


@contextmanager
def receive_messages(
    store: Store, endpoint: Endpoint, senders: Senders, *, actor: str
) -> Iterator[Listener]:
    """A listener over this workspace; first it applies what was kept and not applied.

    Raises:
        Refused: A demonstration takes in nothing from outside.
        InvalidInput: A sender is not registered, or without an address.
        Unavailable: The address or port cannot be had.
    """
    with store.reader() as reader:
        require_no_demonstration(reader)
    register = SenderRegister(store)
    _require_addresses(register, senders)
    journal = message_journal(store)
    desk = MessageDesk(store, journal, register, senders, actor=actor)
    stop = Event()
    again = Thread(target=_try_again, args=(desk, stop), name="hl7-again", daemon=True)
    try:
        desk.try_again()
        with listening(endpoint, desk) as listener:
            again.start()
            yield listener
    finally:
        stop.set()
        if again.ident is not None:
            again.join()
        journal.close()


def _require_addresses(register: SenderRegister, senders: Senders) -> None:
    known = {one.label: one for one in register.senders().values()}
    for label in senders.values():
        if label not in known:
            raise InvalidInput(
                f"{label} is no active system.", hint="See 'radvigil node list'."
            )
        if not known[label].host:
            raise InvalidInput(
                f"{label} may call from any address, and HL7 shows no other proof of who calls.",
                hint="Register it with --host.",
            )


def _try_again(desk: "MessageDesk", stop: Event) -> None:
    while not stop.wait(AGAIN_SECONDS):
        desk.try_again()


class MessageDesk:
    """Answers messages: on the disk first, then applied, then acknowledged.

    A message that comes again under its control id gets its answer again and is applied once.
    """

    def __init__(
        self, store: Store, journal: Journal, register: SenderRegister, senders: Senders, *,
        actor: str,
    ) -> None:
        self._store, self._journal = store, journal
        self._register, self._senders, self._actor = register, senders, actor
        self._applying = Applying(store, journal, actor=actor)
        self._told = ToldOnce()
        self._results = MessageResults(store, journal, actor=actor)

    def answer(self, content: bytes, address: str) -> Answer:
        """The answer to a whole message from this address."""
        now, header, label = self._now(), None, ""
        try:
            header = read_header(content)
            sender = self._sender(header, address)
            label = sender.label
            with self._journal.alone():
                self._take(header, content, sender, now)
                if header.type == "ORU":
                    self._results.take(now=now)
        except MessageRefused as refused:
            return self._refused(header or broken_header(content), refused, address, label)
        except Exception as failed:  # its text may quote the message
            log.error("an HL7 message was not taken: %s", type(failed).__name__)
            return self._refused(header or broken_header(content),
                                 MessageRefused(Fault.UNAVAILABLE), address, label)  # fmt: skip
        return Answer(acknowledgement(header, None, now=now), "AA", True)

    def refuse(self, content: bytes, address: str, fault: Fault) -> Answer:
        """The answer to what is no whole message."""
        return self._refused(broken_header(content), MessageRefused(fault), address, "")

    def try_again(self) -> None:
        """Apply what was kept and not applied, and merges of patients that have come since."""
        try:
            with self._journal.alone():
                now = self._now()
                self._applying.apply_unapplied(now=now)
                self._applying.apply_waiting(now=now)
                self._results.take_again(now=now)
        except RadvigilError as failed:  # it stays on the disk and is tried again
            log.error("HL7 messages were not applied: %s", type(failed).__name__)

    def _take(self, header: Header, content: bytes, sender: Sender, now: datetime) -> None:
        """Keep and apply a message, or find what became of it when it came before.

        Raises:
            MessageRefused: It is malformed, or cannot be applied.
        """
        kept = self._journal.find(sender.label, header.control_id, now=now)
        if kept is None:
            require_born_in_time(read_facts(header, content), today=now.date())
            kept = self._journal.keep(
                content, sender=sender.label, site=sender.site, control_id=header.control_id,
                kind=header.kind, now=now,
            )
        elif kept.digest != body_digest(content):
            raise MessageRefused(Fault.CONTROL_ID, ("MSH", 1, 10))
        if kept.state is State.RECEIVED:
            self._applying.apply_unapplied(now=now)  # in the order of arrival, this one last
            kept = self._journal.message(kept.number)
            if kept.state is State.APPLIED and purpose_of(header) is Purpose.MERGE:
                self._applying.apply_waiting(now=now)
        _require_taken(kept)

    def _sender(self, header: Header, address: str) -> Sender:
        """The registered system that this is; fails closed."""
        label = self._senders.get((header.application, header.facility))
        for one in self._register.senders().values():
            if one.label == label and one.host and address in addresses_of(one.host):
                return one
        raise MessageRefused(Fault.SENDER, ("MSH", 1, 3))

    def _refused(
        self, header: Header, refused: MessageRefused, address: str, label: str
    ) -> Answer:
        """The answer, after the refusal was counted, and was noted where that is new."""
        now, fault = self._now(), refused.fault
        code = acknowledgement_code(fault)
        if not refused.kept:  # what is kept is listed with its fault
            try:
                self._journal.not_taken(label, fault, now=now)
            except RadvigilError as failed:  # the answer matters more than the count
                log.error("a refused HL7 message was not counted: %s", type(failed).__name__)
        if self._told.newly((address, label, fault)):
            try:
                with self._store.transaction(self._actor, f"HL7: {fault}", now=now) as tx:
                    subject = ApplicationEntity.subject_of(int(label[4:])) if label else UNKNOWN
                    note(tx, "HL7 message refused", subject,
                         new={"address": address, "code": code, "fault": str(fault)})  # fmt: skip
            except Exception as failed:
                log.error("a refused HL7 message was not recorded: %s", type(failed).__name__)
        answer = acknowledgement(header, fault, now=now, at=refused.at)
        return Answer(answer, code, bool(label))

    def _now(self) -> datetime:
        with self._store.reader() as reader:
            return now_in(reader)


def _require_taken(kept: Kept) -> None:
    if kept.state is State.REFUSED:
        raise MessageRefused(Fault(kept.fault), kept=True)
    if kept.state is State.RECEIVED:
        raise MessageRefused(Fault.UNAVAILABLE, kept=True)
