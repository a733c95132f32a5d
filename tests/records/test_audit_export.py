"""The exported trail can be checked without Radvigil, and the same trail gives the same bytes."""

import csv
import hashlib
import json
from datetime import datetime
from pathlib import Path

from records.audit import note
from records.audit_export import export_audit
from records.store import Store


def test_the_exported_chain_is_checked_with_a_few_lines(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    with store.transaction("ada", "=cmd|'/C calc'!A0", now=now) as tx:
        note(tx, "sign in", "Actor:1")
        note(tx, "sign out", "Actor:1", new={"why": "façade"})
    with store.reader() as reader:
        written = export_audit(reader, tmp_path / "one")
        export_audit(reader, tmp_path / "two")
    previous = "0" * 64
    for line in (tmp_path / "one" / "audit.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        digest = event.pop("digest")
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert event["previous"] == previous
        assert hashlib.sha256(text.encode()).hexdigest() == digest
        previous = digest
    assert (written.events, written.head) == (2, previous)
    for name in ("audit.jsonl", "audit.csv", "manifest.json"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two
    with (tmp_path / "one" / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["reason"].startswith("'=")


def test_an_empty_trail_is_exported_as_such(store: Store, tmp_path: Path) -> None:
    with store.reader() as reader:
        written = export_audit(reader, tmp_path)
    assert written.events == 0
    assert (tmp_path / "audit.jsonl").read_text() == ""
