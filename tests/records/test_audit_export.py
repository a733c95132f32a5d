"""The exported trail can be checked without Radvigil, and the same trail gives the same bytes."""

import csv
import hashlib
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.audit import event_digest, note
from records.audit_export import COLUMNS, export_audit
from records.base import canonical_json
from records.settings import REPOSITORY
from records.store import Store


@pytest.mark.requirement("R-P11-10b", "REG-122")
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


def published_program() -> str:
    """The program that the documentation gives to outsiders, exactly as it is printed there."""
    page = (REPOSITORY / "docs" / "audit-trail.md").read_text(encoding="utf-8")
    return page.split("```python\n")[1].split("```")[0]


def check_by_outsider(trail: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", "-c", published_program(), str(trail)],
        capture_output=True, text=True, check=False,
    )


@pytest.mark.requirement("R-P11-10b")
def test_an_outsider_checks_an_export_with_the_published_program(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    assert len(published_program().strip().splitlines()) <= 20
    for reason in ("one", "zwei", "trés"):
        with store.transaction("ada", reason, now=now) as tx:
            note(tx, "sign in", "Actor:1", new={"née": reason})
    with store.reader() as reader:
        written = export_audit(reader, tmp_path)
    trail = tmp_path / "audit.jsonl"
    assert f"whole: 3 events, head {written.head}" in check_by_outsider(trail).stdout
    whole = trail.read_text(encoding="utf-8")
    one, two, three = whole.splitlines(keepends=True)
    for altered, place in (
        (whole.replace("zwei", "zwie"), 2), (one + three, 2), (two + three, 1),
        (one + three + two, 2), (one + two + two + three, 3),
    ):
        trail.write_text(altered, encoding="utf-8")
        assert check_by_outsider(trail).stderr.strip() == f"broken at event {place}"


@given(st.fixed_dictionaries(
    {"sequence": st.integers(1, 2**62)}
    | {name: st.text() for name in COLUMNS if name not in ("sequence", "digest")}
))  # fmt: skip
def test_a_digest_is_that_of_the_canonical_text(event: dict[str, Any]) -> None:
    assert event_digest(event) == hashlib.sha256(canonical_json(event).encode()).hexdigest()
