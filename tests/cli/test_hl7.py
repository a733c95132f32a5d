"""``radvigil hl7``: who is heard, and what became of the messages."""

import json
from datetime import timedelta
from pathlib import Path

from imaging.ris.applying import message_journal
from imaging.ris.journal import State
from records.settings import Workspace
from records.store import open_store
from tests.cli.conftest import Run
from tests.conftest import NOW
from tests.imaging.ris.sending import merge

REASON = ("--reason", "contract 9")


def test_the_list_counts_messages_and_names_nobody(run: Run, run_as: Run, home: Path) -> None:
    assert run_as("node", "register", "RIS1", "--site", "northfield", *REASON).exit_code == 0
    assert "No HL7 message came." in run("hl7", "list").output
    store = open_store(Workspace(home))
    journal = message_journal(store)
    for control in ("CTRL1", "CTRL2"):
        kept = journal.keep(
            merge("QX1", "QX2", control=control), sender="AET-0001", site="northfield",
            control_id=control, kind="ADT^A40", now=NOW,
        )
    journal.done(kept, State.REFUSED, fault="merge_cycle")
    for at in (NOW, NOW + timedelta(hours=1)):
        journal.not_taken("", "unknown_sender", now=at)
    journal.close()
    store.close()
    told = run("hl7", "list", "--json").stdout
    assert [(one["state"], one["fault"], one["messages"]) for one in json.loads(told)] == [
        ("received", "none", 1), ("refused", "merge_cycle", 1), ("not taken", "unknown_sender", 2),
    ]  # fmt: skip
    last = json.loads(told)[-1]
    assert last["system"] == "not registered"
    assert (last["first_at"][:13], last["last_at"][:13]) == ("2026-01-05T08", "2026-01-05T09")
    assert "QX" not in told + run("hl7", "list").output


def test_only_registered_systems_with_an_address_are_heard(run: Run, run_as: Run) -> None:
    assert run_as("node", "register", "RIS1", "--site", "northfield", *REASON).exit_code == 0
    for sender, words in (
        ("RIS@NORTH", "not of the form AET-0003=RIS@HOSPITAL"),
        ("AET-0009=RIS@NORTH", "AET-0009 is no active system"),
        ("AET-0001=RIS@NORTH", "may call from any address"),
    ):
        refused = run("hl7", "run", "--sender", sender)
        assert refused.exit_code == 2
        assert words in " ".join(refused.output.split())
