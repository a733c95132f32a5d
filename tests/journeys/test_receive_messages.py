"""What the RIS says over HL7 moves studies to the right patient, once, and nothing is lost."""

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from imaging.identity import IdentityStore, identity_store
from imaging.ris.applying import merge_arrived, message_journal
from imaging.ris.listening import Limits
from journeys.receive_messages import MessageDesk
from journeys.run_node import SenderRegister
from records.errors import InvalidInput, Unavailable
from records.lookup import find_events
from records.store import Store
from records.verify import verify_records
from tests.conftest import NOW
from tests.imaging.ris.sending import Client, merge, message, pid, update
from tests.journeys.ris_workspace import (
    LABEL,
    SENDERS,
    add_studies,
    corrections,
    hearing,
    patients,
    prepare,
    pseudonym,
    states,
)


class Ris:
    """Says messages to the desk as the listener would, and hears the answers."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.journal = message_journal(store)
        self.desk = MessageDesk(
            store, self.journal, SenderRegister(store), SENDERS, actor="service:hl7"
        )

    def say(self, content: bytes, *, address: str = "127.0.0.1") -> str:
        """The code of the answer, and where it is refused its fault."""
        answer = self.desk.answer(content, address)
        lines = answer.content.decode().split("\r")
        if not lines[2]:
            return answer.code
        return f"{answer.code} {lines[2].split('|')[3].split('^')[1]}"


@pytest.fixture
def ris(store: Store) -> Ris:
    prepare(store)
    return Ris(store)


def test_a_merge_moves_every_study_and_what_comes_later(ris: Ris) -> None:
    first, second = add_studies(ris.store, ["A", "B"])
    assert ris.say(merge("A", "B")) == "AA"
    assert patients(ris.store) == [second, second]
    add_studies(ris.store, ["A"])
    assert patients(ris.store) == [second] * 3
    (made,) = corrections(ris.store)
    assert (made.kind, made.patient_before, made.patient_after) == ("merge", first, second)
    assert made.recorded_by == "service:hl7"
    with ris.store.reader() as reader:
        assert verify_records(reader).whole


def test_the_surviving_patient_need_not_be_known(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    assert ris.say(merge("A", "B", name="Nussbaum^Rosa", control="1")) == "AA"
    (patient,) = patients(ris.store)
    assert patient == pseudonym(ris.store, "B")
    told = identity_store(ris.store).reveal(patient)
    assert (told["PatientID"], told["PatientName"]) == ("B", "Nussbaum^Rosa")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_chains_end_at_the_same_patient_in_any_order(ris: Ris, order: tuple[int, ...]) -> None:
    add_studies(ris.store, ["A", "B", "C", "D"])
    chain = [merge("A", "B"), merge("B", "C"), merge("C", "D")]
    assert [ris.say(chain[at]) for at in order] == ["AA"] * 3
    assert set(patients(ris.store)) == {pseudonym(ris.store, "D")}


def test_a_merge_of_a_patient_who_is_not_here_waits_for_the_studies(ris: Ris) -> None:
    assert ris.say(merge("A", "B", name="Nussbaum^Rosa")) == "AA"
    assert ris.say(merge("B", "C", name="Birnbaum^Ida")) == "AA"
    assert states(ris.store) == {("ADT^A40", "waiting", ""): 2}
    arrived = add_studies(ris.store, ["A"])
    merge_arrived(ris.store, arrived, actor="service:intake", now=NOW)
    assert patients(ris.store) == [pseudonym(ris.store, "C")]
    assert states(ris.store) == {("ADT^A40", "applied", ""): 2}
    assert identity_store(ris.store).reveal(pseudonym(ris.store, "C"))["PatientName"] == (
        "Birnbaum^Ida"
    )


def test_a_merge_that_waits_holds_as_soon_as_another_one_brings_studies(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    assert [ris.say(merge(*pair)) for pair in ("BC", "AB")] == ["AA", "AA"]
    assert patients(ris.store) == [pseudonym(ris.store, "C")]
    assert states(ris.store) == {("ADT^A40", "applied", ""): 2}


def test_a_waiting_merge_never_takes_a_patient_of_another_issuer(ris: Ris) -> None:
    assert ris.say(merge("A^^^WEST^MR", "B^^^WEST^MR")) == "AA"
    (east,) = add_studies(ris.store, ["A"], issuer="EAST")
    merge_arrived(ris.store, [east], actor="service:intake", now=NOW)
    assert patients(ris.store) == [east]
    assert ris.say(merge("A^^^EAST^MR", "B^^^EAST^MR")) == "AA"
    assert patients(ris.store) == [pseudonym(ris.store, "B")]


def test_repeated_merges_change_nothing_and_cycles_and_other_merges_are_refused(ris: Ris) -> None:
    add_studies(ris.store, ["A", "B", "C"])
    assert ris.say(merge("A", "B")) == "AA"
    assert ris.say(merge("A", "B")) == "AA"
    assert ris.say(merge("B", "A")) == "AE merge_cycle"
    assert ris.say(merge("A", "C")) == "AE merged_elsewhere"
    assert ris.say(merge("B", "C")) == "AA"
    assert ris.say(merge("C", "A")) == "AE merge_cycle"
    assert ris.say(merge("A", "C")) == "AA"
    assert ris.say(message("ADT^A37", pid("A"), pid("B"))) == "AE unmerge"
    assert set(patients(ris.store)) == {pseudonym(ris.store, "C")}
    assert len(corrections(ris.store)) == 3


def test_a_cycle_among_merges_that_wait_is_refused_too(ris: Ris) -> None:
    assert [ris.say(merge(*pair)) for pair in ("AB", "BC")] == ["AA", "AA"]
    assert ris.say(merge("C", "A")) == "AE merge_cycle"
    assert ris.say(merge("A", "X")) == "AE merged_elsewhere"
    assert ris.say(merge("A", "C")) == "AA"


def test_a_message_of_several_merges_is_applied_whole_or_not_at_all(ris: Ris) -> None:
    add_studies(ris.store, ["A", "C"])
    before = patients(ris.store)
    both = message("ADT^A40", pid("B"), "MRG|A", pid("A"), "MRG|B")
    assert ris.say(both) == "AE merge_cycle"
    assert patients(ris.store) == before
    assert ris.say(message("ADT^A40", pid("B"), "MRG|A", pid("C"), "MRG|B")) == "AA"
    assert set(patients(ris.store)) == {pseudonym(ris.store, "C")}


def test_an_update_goes_where_a_correction_of_the_archive_goes(ris: Ris) -> None:
    (patient,) = add_studies(ris.store, ["A"])
    said = update("A", name="Nussbaum^Rosa", born="19300301", sex="M")
    assert ris.say(said) == "AA"
    assert ris.say(update("A", sent_at="20260301101113")) == "AA"
    told = identity_store(ris.store).reveal(patient)
    assert (told["PatientName"], told["PatientBirthDate"]) == ("Nussbaum^Rosa", "19300301")
    (made,) = corrections(ris.store)
    assert made.kind == "details"
    assert made.attributes == ["PatientAge", "PatientBirthDate", "PatientName", "PatientSex"]
    with ris.store.reader() as reader:
        from records.cases import Study

        study = reader.get_one(Study, 1)
        assert (study.age_years, study.sex) == (90.0, "M")


def test_the_newest_by_the_senders_clock_counts_whatever_comes_last(ris: Ris) -> None:
    (patient,) = add_studies(ris.store, ["A"])
    assert ris.say(update("A", name="New^Name", sent_at="20260301120000")) == "AA"
    assert ris.say(update("A", name="Old^Name", sent_at="20260301110000")) == "AA"
    assert identity_store(ris.store).reveal(patient)["PatientName"] == "New^Name"
    assert states(ris.store)["ADT^A08", "nothing here", ""] == 1


def test_an_update_of_a_number_that_was_given_up_or_is_not_here_changes_nobody(ris: Ris) -> None:
    add_studies(ris.store, ["A", "B"])
    assert ris.say(merge("A", "B")) == "AA"
    assert ris.say(update("A", name="Wrong^Name", sex="M")) == "AA"
    assert ris.say(update("X", name="Wrong^Name")) == "AA"
    mapping = identity_store(ris.store)
    assert "Wrong^Name" not in [one.get("PatientName") for one in mapping.originals()]


def test_a_control_id_is_applied_once_and_answered_alike(ris: Ris) -> None:
    add_studies(ris.store, ["A", "B"])
    said = [merge("A", "B", control="7", sent_at=f"2026030110111{at}") for at in range(3)]
    assert [ris.say(one) for one in said] == ["AA"] * 3
    assert ris.say(merge("B", "C", control="7")) == "AR control_id_used"
    bad = merge("B", "A", control="8")
    assert [ris.say(bad), ris.say(bad)] == ["AE merge_cycle"] * 2
    assert sum(states(ris.store).values()) == 2
    later = ris.journal.find(LABEL, "7", now=ris.desk._now() + timedelta(days=31))
    assert later is None


def test_orders_and_results_without_a_report_are_kept_and_make_no_record(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    order = message("ORM^O01", pid("A"), "ORC|NW|P1|F1", "OBR|1|P1|F1")
    result = message("ORU^R01", pid("A"), "OBR|1|P1|F1", "OBX|1|NM|||13.2||||||F")
    assert [ris.say(order), ris.say(result)] == ["AA", "AA"]
    assert states(ris.store) == {("ORM^O01", "kept", ""): 1, ("ORU^R01", "kept", ""): 1}
    assert ris.journal.message(2).content == result
    assert corrections(ris.store) == []


@pytest.mark.parametrize("step", ["revise", "done"])
def test_a_kill_between_two_steps_is_made_good_and_recorded_once(
    ris: Ris, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_studies(ris.store, ["A"])

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        of = {"revise": IdentityStore, "done": type(ris.journal)}[step]
        patched.setattr(of, step, killed)
        with pytest.raises(KeyboardInterrupt):
            ris.say(update("A", name="Nussbaum^Rosa", control="7"))
    again = Ris(ris.store)
    again.desk.try_again()
    assert again.say(update("A", name="Nussbaum^Rosa", control="7")) == "AA"
    assert identity_store(ris.store).reveal(patients(ris.store)[0])["PatientName"] == (
        "Nussbaum^Rosa"
    )
    assert len(corrections(ris.store)) == 1


def test_while_the_records_are_busy_a_message_stays_on_the_disk(
    ris: Ris, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_studies(ris.store, ["A", "B"])

    def busy(*_: object, **__: object) -> None:
        raise Unavailable("The records are busy.")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "transaction", busy)
        assert ris.say(merge("A", "B", control="7")) == "AE unavailable"
    assert states(ris.store) == {("ADT^A40", "received", ""): 1}
    assert ris.say(merge("A", "B", control="7")) == "AA"
    assert set(patients(ris.store)) == {pseudonym(ris.store, "B")}


def test_strangers_are_refused_and_on_record_once(ris: Ris) -> None:
    for _ in range(3):
        assert ris.say(merge("A", "B", application="OTHER")) == "AR unknown_sender"
        assert ris.say(merge("A", "B"), address="10.0.0.1") == "AR unknown_sender"
    with ris.store.reader() as reader:
        events = [one for one in find_events(reader, last=9) if one.action == "HL7 message refused"]
    assert [json.loads(one.new)["address"] for one in events] == ["127.0.0.1", "10.0.0.1"]
    assert states(ris.store) == {}
    [tally] = ris.journal.tallies()
    assert (tally.sender, tally.fault, tally.messages) == ("", "unknown_sender", 6)


def test_a_birth_date_that_nobody_can_have_is_refused_by_its_field_and_changes_nothing(
    ris: Ris,
) -> None:
    (patient,) = add_studies(ris.store, ["A"])
    before = identity_store(ris.store).reveal(patient)
    for born in ("29990201", "18491231"):
        content = update("A", born=born)
        assert ris.say(content) == "AR birth_date"
        answer = ris.desk.answer(content, "127.0.0.1").content.decode()
        assert "\rERR||PID^1^7|102^birth_date^HL70357|E\r" in answer
        assert born not in answer
    assert ris.say(merge("B", "A", name="Nussbaum")) == "AA"
    assert identity_store(ris.store).reveal(patient) == before
    assert corrections(ris.store) == []
    assert [(one.sender, one.fault, one.messages) for one in ris.journal.tallies()][-1] == (
        LABEL, "birth_date", 4
    )


def test_nothing_of_a_patient_stays_outside_of_mapping_and_waiting_messages(
    ris: Ris, caplog: pytest.LogCaptureFixture
) -> None:
    add_studies(ris.store, ["QX-4471-Z", "QX-4472-Z"])
    said = {"name": "Nussbaum^Rosalinde", "control": "CTRL-99-X"}
    assert ris.say(merge("QX-4471-Z", "QX-4472-Z", **said)) == "AA"
    assert ris.say(merge("QX-4472-Z", "QX-4471-Z", name="Nussbaum^Rosalinde")) == (
        "AE merge_cycle"
    )
    assert ris.say(update("QX-4471-Z", name=r"Nussbaum\QQ\^Rosalinde")) == "AR escape_sequence"
    ris.journal.close()
    home = ris.store.workspace.home
    ris.store.engine.dispose()
    held = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    for word in (b"Rosalinde", b"QX-447", b"CTRL-99-X"):
        assert word not in held
    assert "Rosalinde" not in caplog.text
    assert ris.store.workspace.messages.stat().st_mode & 0o077 == 0


def test_a_damaged_file_of_messages_says_so(ris: Ris) -> None:
    ris.journal.close()
    ris.store.workspace.messages.write_bytes(b"no database at all, " * 300)
    assert ris.say(merge("A", "B")) == "AE unavailable"


def test_messages_travel_over_sockets_and_whoever_sends_rubbish_holds_up_nobody(
    store: Store,
) -> None:
    prepare(store)
    add_studies(store, ["A", "B"])
    limits = Limits(message_bytes=2000, connections=3, message_seconds=0.3)
    with hearing(store, limits=limits) as listener:
        with Client(listener.port) as half, Client(listener.port) as good:
            half.socket.sendall(b"\x0b" + merge("A", "B")[:40])
            assert good.send(merge("A", "B", control="7"))[:2] == ["AA", "7"]
            assert half.answer()[0] == "AR"
            assert half.answer() == []
            assert good.send(merge("A", "B" * 3000, control="8"))[:2] == ["AR", "8"]
            assert good.answer() == []
        with Client(listener.port) as raw:
            raw.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert raw.answer()[0] == "AR"
        many = [Client(listener.port) for _ in range(4)]
        assert many[-1].answer() == []
        for one in many:
            one.socket.close()
    assert set(patients(store)) == {pseudonym(store, "B")}
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", listener.port), timeout=1)


def test_a_listener_wants_registered_senders_with_an_address_and_a_live_workspace(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="AET-0001 is no active system"), hearing(store):
        pass
    prepare(store, host="")
    with pytest.raises(InvalidInput, match="may call from any address"), hearing(store):
        pass
