"""A live workspace with a device, a RIS that says results, and what became of them."""


from sqlmodel import select

from imaging.ris.applying import message_journal
from journeys.define import draft_device, load_device
from journeys.receive_messages import MessageDesk
from journeys.run_node import SenderRegister
from records.cases import Quarantine, ReferenceStandard
from records.lookup import list_records
from records.reports import RadiologyReport
from records.settings import REPOSITORY
from records.store import Store
from tests.conftest import NOW
from tests.journeys.ris_workspace import SENDERS, prepare

TEXT = (
    "Chest of Mrs Zwetschkenbaum, born 23.05.1961.\nFINDINGS: Left basal consolidation.\n"
    "IMPRESSION: Pneumonia. Discussed with Dr. Pfannenstiel.\nDr. Quendolin Oberhuber"
)


class Ris:
    """Says results to the desk as the listener would."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.journal = message_journal(store)
        self.desk = MessageDesk(
            store, self.journal, SenderRegister(store), SENDERS, actor="service:hl7"
        )

    def say(self, content: bytes) -> str:
        """The code of the answer."""
        return self.desk.answer(content, "127.0.0.1").code


def made_ris(store: Store) -> Ris:
    """The RIS of a workspace with the device for pneumonia."""
    prepare(store)
    definition = load_device(REPOSITORY / "devices" / "chest-radiograph-pneumonia.yaml")
    with store.transaction("setup", now=NOW) as tx:
        draft_device(tx, definition, revision=1, now=NOW)
    return Ris(store)


def reports(store: Store) -> list[RadiologyReport]:
    with store.reader() as reader:
        return list_records(reader, RadiologyReport)


def truths(store: Store) -> list[tuple[bool, str, int, str]]:
    with store.reader() as reader:
        return [
            (one.present, one.state, one.version, one.evidence)
            for one in reader.exec(select(ReferenceStandard).order_by(ReferenceStandard.id))  # type: ignore[arg-type]
        ]


def held(store: Store) -> list[str]:
    with store.reader() as reader:
        return [one.reason for one in list_records(reader, Quarantine)]


