"""The reading order goes to the systems that ask for it, under the names that they know.

The order is the one of ``monitoring.worklist``; whose the studies are is put back by the component
that alone opens the mapping for results, each time an event on the study before it is done. A
system that asks every half minute is told from memory for an hour, so that the trail holds who was
told of whom, and not how often it asked.
"""

from datetime import datetime, timedelta
from typing import Final

from imaging.node.querying import MOST_ANSWERS, Waiting
from imaging.node.worklist import WaitingItem
from imaging.results.identified import Identifying, note_reidentification
from imaging.results.statement import FOR_REVIEW
from monitoring.worklist import LOOKED_BACK, WaitingStudy, declared, waiting_studies
from records.application_entities import Sender
from records.cases import Study
from records.clock import now_in
from records.errors import NotFound
from records.lookup import studies_labelled
from records.queries import find_device
from records.store import Store
from records.study_corrections import last_corrections

REMEMBERED: Final = timedelta(hours=1)
"""So long a system is told of a study again without its identity being opened anew."""
Whose = tuple[dict[str, str], dict[str, str]]


class WorklistTeller:
    """Tells registered systems what waits to be read at their site, in the order of one device."""

    def __init__(self, store: Store, device: str, *, actor: str) -> None:
        """Raises InvalidInput where the device's definition declares no worklist."""
        self._store, self._device, self._actor = store, device, actor
        self._known: dict[tuple[str, str], tuple[datetime, int, Whose | None]] = {}
        with store.reader() as reader:
            declared(find_device(reader, device))

    def waiting(self, sender: Sender) -> Waiting:
        """What waits at the sender's site; each identity that is opened for it is an event first.

        Raises:
            IntegrityBroken: The mapping was altered, or is sealed with another key.
            Unavailable: The records cannot be read or written just now.
        """
        with self._store.reader() as reader:
            now = now_in(reader)
            listed = waiting_studies(
                reader,
                find_device(reader, self._device),
                site=sender.site,
                since=now.date() - LOOKED_BACK,
                now=now,
            )[: MOST_ANSWERS + 1]
            studies = studies_labelled(reader, [one.study for one in listed])
            corrected = last_corrections(reader)
        self._forget(sender, {one.study_uid: corrected.get(one.id or 0, 0) for one in studies}, now)
        self._identify(sender, studies, corrected, now)
        whose = [self._known[sender.label, study.study_uid][2] for study in studies]
        items = [
            _item(one, study, known)
            for one, study, known in zip(listed, studies, whose, strict=True)
            if known is not None
        ]
        return Waiting(items, unnamed=whose.count(None))

    def _forget(self, sender: Sender, here: dict[str, int], now: datetime) -> None:
        """Nobody is remembered who waits no more, whose study was corrected since, longer than an
        hour, or without the mapping. here: the last correction of each study that waits.
        """
        there = self._store.workspace.identity.exists()
        self._known = {
            (label, uid): (at, last, whose)
            for (label, uid), (at, last, whose) in self._known.items()
            if there and now - at < REMEMBERED and (label != sender.label or here.get(uid) == last)
        }  # fmt: skip

    def _identify(
        self, sender: Sender, studies: list[Study], corrected: dict[int, int], now: datetime
    ) -> None:
        """Open whose the others are, after it is on record; None where the mapping lacks it."""
        new = [one for one in studies if (sender.label, one.study_uid) not in self._known]
        if not new:
            return
        with self._store.transaction(self._actor, "tell the worklist", now=now) as tx:
            for one in new:
                study = tx.get_one(Study, one.id)
                note_reidentification(tx, study, purpose=f"worklist to {sender.label}", objects=1)
        identifying = Identifying(self._store)
        for one in new:
            try:
                whose: Whose | None = identifying.whose(one)
            except NotFound:
                whose = None
            self._known[sender.label, one.study_uid] = now, corrected.get(one.id or 0, 0), whose


def _item(one: WaitingStudy, study: Study, whose: Whose) -> WaitingItem:
    what = " ".join(word for word in ("Read", study.modality, study.body_part) if word)
    return WaitingItem(
        one.study,
        one.urgent,
        one.received_at,
        what,
        f"{one.why}. {FOR_REVIEW}",
        study.sex,
        *whose,
    )
