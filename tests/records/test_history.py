"""Everything about one record: in order, in words, with who acted as the account stood then."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from journeys.copy_trail import TrailOrder, copy_history, copy_trail
from records.accounts import sign_record
from records.audit import note
from records.audit_export import history_lines, history_table
from records.batches import add_batch
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.history import record_history, records_naming, subject_named
from records.lookup import EventFilter, find_record
from records.people import Actor, Meaning, Role, find_actor, register_person
from records.product import Device, Site
from records.quality import ChangeRequest
from records.store import Store
from tests.people import qualify_everybody

PASSWORD = "correct horse battery"


@pytest.fixture
def storied(store: Store, now: datetime) -> Store:
    """A device that Ada made and signed; she changed roles and name in between."""
    with store.transaction("radvigil", "begin", now=now) as tx:
        for name, role in (("ada", Role.ENGINEER), ("cleo", Role.CLINICIAN)):
            register_person(
                tx, name, full_name=f"{name.title()} First", roles=[role], password=PASSWORD,
                now=now,
            )
        qualify_everybody(tx, now)
    with store.transaction("ada", "define it", now=now) as tx:
        device = Device(
            name="chest", revision=1, trade_name="Chest", definition={"task": {"finding": "x"}},
            definition_digest="d1", defined_at=now,
        )
        tx.add(device)
    with store.transaction("radvigil", "she married and changed her post", now=now) as tx:
        ada = find_actor(tx, "ada")
        ada.full_name, ada.roles = "Ada Second", ["quality"]
        tx.add(ada)
    with store.transaction("ada", "better name", now=now) as tx:
        row = tx.get_one(Device, device.id)
        row.trade_name = "Chest AI"
        tx.add(row)
    with store.reader() as reader:
        row = reader.get_one(Device, device.id)
        ada, cleo = find_actor(reader, "ada"), find_actor(reader, "cleo")
    sign_record(
        store, row, signer=ada, password=PASSWORD, meaning=Meaning.AUTHOR, reason="I wrote it",
        now=now,
    )
    with pytest.raises(NotAllowed):
        sign_record(
            store, row, signer=cleo, password=PASSWORD, meaning=Meaning.RELEASE, reason="no role",
            now=now,
        )
    with store.transaction("ada", "hand over", now=now + timedelta(days=1)) as tx:
        note(tx, "export", "Device:1", new={"x.pdf": "0" * 64})
        note(tx, "export", "Device:12", new={"y.pdf": "0" * 64})
    return store


@pytest.mark.requirement("REG-016", "REG-010")
def test_everything_about_a_record_is_told_with_the_actor_of_each_moment(storied: Store) -> None:
    with storied.reader() as reader:
        by_label, by_subject = (record_history(reader, name) for name in ("dev-1", "Device:1"))
        assert by_label == by_subject
    events = by_label.events
    assert [(one.event["action"], one.event["subject"]) for one in events] == [
        ("create", "Device:1"), ("change", "Device:1"), ("create", "Signature:1"),
        ("signature refused", "Device:1"), ("export", "Device:1"),
    ]  # fmt: skip
    assert [one.event["sequence"] for one in events] == sorted(
        one.event["sequence"] for one in events
    )
    made, changed = events[0], events[1]
    assert made.actor.words == "Ada First (ada, person; engineer)"
    assert changed.actor.words == "Ada Second (ada, person; quality)"
    assert [one.words for one in changed.changes] == ["trade_name: Chest → Chest AI"]
    assert "definition: {task {finding x}}" in made.words
    assert "meaning: author" in events[2].words
    assert "signer_id: ACT-0001" in events[2].words


@pytest.mark.requirement("REG-016")
def test_a_record_of_a_batch_is_told_with_its_own_fields_only(store: Store, now: datetime) -> None:
    with store.transaction("service:intake", "sites", now=now) as tx:
        rows = [
            {"name": name, "status": "unconfirmed", "registered_at": now} for name in ("a", "b")
        ]
        add_batch(tx, Site, rows)
    with store.reader() as reader:
        (told,) = record_history(reader, "SIT-0002").events
    assert told.note == "written in one batch of 2 records"
    assert "name: b" in told.words
    assert "name: a" not in told.words
    assert told.actor.kind == "service"


def test_a_name_that_is_none_of_a_record_is_bad_input_and_an_unknown_one_not_found(
    store: Store,
) -> None:
    with pytest.raises(InvalidInput, match="'XYZ-1' names no record"):
        subject_named("XYZ-1")
    with store.reader() as reader:
        with pytest.raises(NotFound, match="tells of no record ALT-0009"):
            record_history(reader, "ALT-9")
        with pytest.raises(NotFound, match="There is no change request CHR-0009"):
            find_record(reader, ChangeRequest, "CHR-0009")


def test_records_that_name_a_record_are_counted(storied: Store) -> None:
    with storied.reader() as reader:
        (ada,) = [one for one in records_naming(reader, "Actor:1") if one.kind == "Signature"]
        assert (ada.count, ada.labels) == (1, ("SIG-0001",))
        assert records_naming(reader, "Device:1") == []
        assert reader.get_one(Actor, 1).name == "ada"


@pytest.mark.requirement("REG-016", "R-P11-10b")
def test_the_files_of_a_history_hold_every_event_whole(storied: Store) -> None:
    with storied.reader() as reader:
        history = record_history(reader, "DEV-0001")
    lines = [json.loads(line) for line in history_lines(history).decode().splitlines()]
    assert [line["event"] for line in lines] == [one.event for one in history.events]
    assert lines[1]["actor"]["roles"] == ["quality"]
    assert lines[1]["changes"] == [{"field": "trade_name", "old": "Chest", "new": "Chest AI"}]
    rows = list(csv.DictReader(io.StringIO(history_table(history).decode())))
    assert [row["actor_name"] for row in rows][:2] == ["Ada First", "Ada Second"]


@pytest.mark.requirement("REG-016")
def test_a_history_on_paper_holds_every_event_and_leaves_one(
    storied: Store, tmp_path: Path, now: datetime
) -> None:
    from pypdf import PdfReader

    written = copy_history(
        storied, "DEV-0001", tmp_path, asked_by="Ada Second (ada)", actor="ada", now=now
    )
    copies = [f"history-DEV-0001.{kind}" for kind in ("pdf", "jsonl", "csv")]
    assert list(written)[:-1] == copies + [f"{name}.sig" for name in copies]
    paper = PdfReader(tmp_path / "history-DEV-0001.pdf")
    words = "".join(page.extract_text() for page in paper.pages).replace("\n", "").replace(" ", "")
    for said in ("AdaFirst", "AdaSecond", "trade_name:Chest→ChestAI", "signaturerefused",
                 "Iwroteit", "HistoryofDEV-0001"):
        assert said in words, said
    assert "Missinginformation" not in words
    assert paper.metadata is not None
    root = paper.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert b"<pdfaid:part>2</pdfaid:part>" in root["/Metadata"].get_object().get_data()
    with storied.reader() as reader:
        last = record_history(reader, "DEV-0001").events[-1]
    assert last.event["action"] == "export"
    assert json.loads(last.event["new"]) == written


@pytest.mark.requirement("REG-016")
def test_what_fits_a_filter_is_printed_within_a_bound(
    storied: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = TrailOrder(EventFilter(actor="ada"), on_paper=True, asked_by="an auditor")
    written = copy_trail(storied, order, tmp_path, actor="ada", now=now)
    lines = (tmp_path / "audit-extract.jsonl").read_text(encoding="utf-8").splitlines()
    assert written.events == len(lines) > 3
    assert {json.loads(line)["actor"] for line in lines} == {"ada"}
    manifest = json.loads((tmp_path / "audit-extract-manifest.json").read_text())
    assert manifest["filter"] == "actor ada"
    assert (tmp_path / "audit-extract.pdf").read_bytes().startswith(b"%PDF")
    monkeypatch.setattr("journeys.copy_trail.MOST_PRINTED", 3)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(Refused, match=r"would be printed; a PDF holds 3 at most\. Narrow"):
        copy_trail(storied, order, elsewhere, actor="ada", now=now)
    assert not elsewhere.exists()


def test_who_may_not_copy_the_trail_leaves_a_refusal_and_no_file(
    storied: Store, tmp_path: Path, now: datetime
) -> None:
    with storied.transaction("radvigil", "left the company", now=now) as tx:
        cleo = find_actor(tx, "cleo")
        cleo.active = False
        tx.add(cleo)
    with pytest.raises(NotAllowed):
        copy_history(storied, "DEV-1", tmp_path / "x", asked_by="c", actor="cleo", now=now)
    assert not (tmp_path / "x").exists()
