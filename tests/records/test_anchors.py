"""A trail whose tail was cut off is whole by itself; its anchors show that it is too short."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from records.anchors import FILE, AnchorVerdict, read_anchors, verify_anchors, write_anchor
from records.audit import note
from records.clock import mark_workspace
from records.errors import IntegrityBroken, Refused, Unavailable
from records.product import WorkspaceKind
from records.store import Store
from records.verify import verify_records


def happen(store: Store, now: datetime, times: int = 1, *, actor: str = "ada") -> None:
    for _ in range(times):
        with store.transaction(actor, now=now) as tx:
            note(tx, "sign in", "Actor:1")


@pytest.fixture
def anchored(store: Store, now: datetime) -> Store:
    with store.transaction("ada", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
    for hour in range(3):
        happen(store, now, 5)
        assert write_anchor(store, now=now + timedelta(hours=hour)) is not None
    return store


def judge(store: Store) -> AnchorVerdict:
    with store.reader() as reader:
        return verify_anchors(reader, store.workspace.anchors)


def cut(store: Store, *, keep: int) -> None:
    with store.engine.begin() as raw:
        raw.execute(text("DROP TRIGGER audit_event_no_delete"))
        raw.execute(text("DELETE FROM audit_event WHERE sequence > :keep"), {"keep": keep})


def test_a_whole_trail_agrees_with_its_anchors(anchored: Store, now: datetime) -> None:
    assert judge(anchored) == AnchorVerdict(3, None, ())
    assert write_anchor(anchored, now=now) is None, "nothing happened since the last one"
    happen(anchored, now)
    assert write_anchor(anchored, now=now) is not None
    assert judge(anchored) == AnchorVerdict(4, None, ())


@pytest.mark.requirement("REG-013", "R-P11-10a")
@pytest.mark.parametrize("keep", [2, 9, 16])
def test_a_cut_off_tail_is_seen_by_the_anchors_alone(anchored: Store, keep: int) -> None:
    with anchored.reader() as reader:
        last = verify_records(reader).events
    assert last > 16
    cut(anchored, keep=keep)
    verdict = judge(anchored)
    assert verdict.first_bad_sequence == keep + 1
    assert "cut off" in verdict.findings[0]


def test_a_last_event_whose_number_is_none_is_found_missing(anchored: Store) -> None:
    with anchored.engine.begin() as raw:
        raw.execute(text("DROP TRIGGER audit_event_no_update"))
        last = read_anchors(anchored.workspace.anchors)[-1].sequence
        raw.execute(
            text("UPDATE audit_event SET sequence = x'ff' WHERE sequence = :last"), {"last": last}
        )
    verdict = judge(anchored)
    assert verdict.first_bad_sequence == last
    assert f"names audit event {last}, which is not there" in verdict.findings[0]


@pytest.mark.parametrize("altered", ["not JSON", "{}", "[1]", ""])
def test_an_altered_event_of_the_key_is_a_finding_not_a_failure(
    anchored: Store, altered: str
) -> None:
    with anchored.engine.begin() as raw:
        raw.execute(text("DROP TRIGGER audit_event_no_update"))
        raw.execute(
            text("UPDATE audit_event SET new = :new WHERE action = 'publish key'"),
            {"new": altered},
        )
    assert "no longer tells the key" in judge(anchored).findings[-1]


def test_no_new_anchor_covers_a_trail_that_was_cut_off_and_grew_again(
    anchored: Store, now: datetime
) -> None:
    with anchored.reader() as reader:
        last = verify_records(reader).events
    cut(anchored, keep=last - 3)
    happen(anchored, now + timedelta(hours=2), 4, actor="eve")
    verdict = judge(anchored)
    assert verdict.first_bad_sequence == last
    assert "is not the one that was anchored" in verdict.findings[0]
    with pytest.raises(IntegrityBroken, match="not the one anchored"):
        write_anchor(anchored, now=now)


@pytest.mark.requirement("REG-013", "R-P11-30")
def test_an_altered_or_foreign_anchor_is_found(anchored: Store) -> None:
    path = anchored.workspace.anchors / FILE
    lines = path.read_text().splitlines()
    second = json.loads(lines[1])
    for altered in (
        second | {"sequence": second["sequence"] - 1},
        second | {"signature": "00" * 64},
        second | {"public_key": "11" * 32},
        second | {"signature": "no hex"},
    ):
        path.write_text("\n".join([lines[0], json.dumps(altered), lines[2]]) + "\n")
        assert "was altered, or made with another key" in judge(anchored).findings[0]
    path.write_text("\n".join([lines[0], "{}", lines[2]]) + "\n")
    assert "Line 2" in judge(anchored).findings[0]
    path.unlink()
    assert "missing" in judge(anchored).findings[0]


def test_an_anchor_that_a_crash_left_unfinished_is_written_again(
    anchored: Store, now: datetime
) -> None:
    path = anchored.workspace.anchors / FILE
    whole = path.read_bytes()
    happen(anchored, now + timedelta(hours=2))
    path.write_bytes(whole + whole[:40])
    assert len(read_anchors(anchored.workspace.anchors)) == 3
    assert write_anchor(anchored, now=now + timedelta(hours=2)) is not None
    assert path.read_bytes().startswith(whole)
    assert judge(anchored) == AnchorVerdict(4, None, ())


@pytest.mark.requirement("REG-013", "R-P11-10a")
@pytest.mark.parametrize(("kept", "missing"), [([0, 1], 1), ([0], 2), ([0, 2], 1)])
def test_whole_lines_that_were_taken_from_the_file_are_found_by_the_trail(
    anchored: Store, kept: list[int], missing: int
) -> None:
    path = anchored.workspace.anchors / FILE
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{lines[number]}\n" for number in kept))
    verdict = judge(anchored)
    assert len(verdict.findings) == 1
    assert f"anchors are missing from their file: {missing}; audit event" in verdict.findings[0]


def test_an_anchor_that_is_refused_for_a_locked_database_leaves_nothing(
    anchored: Store, now: datetime
) -> None:
    happen(anchored, now + timedelta(hours=2))
    anchored.close()
    event.listen(anchored.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=50"))
    with anchored.engine.begin(), pytest.raises(Unavailable, match="locked"):
        write_anchor(anchored, now=now + timedelta(hours=2))
    assert judge(anchored) == AnchorVerdict(3, None, ())
    assert write_anchor(anchored, now=now + timedelta(hours=2)) is not None
    assert judge(anchored) == AnchorVerdict(4, None, ())


@pytest.mark.requirement("REG-011")
@pytest.mark.parametrize("later", [0, 2])
def test_an_anchor_that_broke_off_before_its_line_is_no_damage_and_is_finished(
    anchored: Store, now: datetime, later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event comes first: what breaks off between the two leaves an event without its line."""
    then = now + timedelta(hours=2)
    happen(anchored, then)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("records.anchors._append", die)
        write_anchor(anchored, now=then)
    assert judge(anchored) == AnchorVerdict(3, None, ())
    happen(anchored, then, later)
    assert judge(anchored) == AnchorVerdict(3, None, ())
    assert write_anchor(anchored, now=then) is not None
    assert judge(anchored) == AnchorVerdict(4 + bool(later), None, ())
    path = anchored.workspace.anchors / FILE
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert "missing from their file: 1;" in judge(anchored).findings[0]


@pytest.mark.requirement("REG-013")
def test_the_event_that_tells_of_the_last_anchor_cannot_be_cut_off(anchored: Store) -> None:
    with anchored.reader() as reader:
        last = verify_records(reader).events
    assert read_anchors(anchored.workspace.anchors)[-1].sequence == last
    cut(anchored, keep=last - 1)
    assert judge(anchored).first_bad_sequence == last


def test_a_live_workspace_keeps_its_anchors_elsewhere(
    store: Store, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.transaction("ada", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
    with pytest.raises(Refused, match="outside"):
        write_anchor(store, now=now)
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "elsewhere"))
    assert write_anchor(store, now=now) is not None
    assert judge(store) == AnchorVerdict(1, None, ())
