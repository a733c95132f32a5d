"""Whatever is altered in the database behind the program's back is found."""

import os
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from records.anchors import write_anchor
from records.damage import explaining
from records.errors import IntegrityBroken
from records.store import SCHEMA, Store, schema_of
from records.verify_workspace import verify_workspace
from tests.proof.alterations import alter, difference, dump
from tests.proof.writer import NOW, add_studies, confirm_site, prepare, sign_device

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7200)]

WANTED = 300 if os.environ.get("RADVIGIL_PROOF") == "short" else 10_000


def fill(store: Store) -> None:
    """Changes of status, a batch, signatures; anchored in the middle and at the end."""
    prepare(store)
    acts = [(confirm_site, f"site-{k}") for k in range(14)]
    acts += [(add_studies, "batch"), *((sign_device, f"device-{k}") for k in range(4))]
    for number, (act, name) in enumerate(acts):
        with store.transaction("ada", f"make {name}", now=NOW) as tx:
            act(tx, name)
        if number % 6 == 0:
            write_anchor(store, now=NOW)
    write_anchor(store, now=NOW)


def found(store: Store) -> bool:
    """Whether verification finds anything; through an engine that stays, without migrations."""
    try:
        with explaining(store.workspace, "sqlite"):
            if schema_of(store) != SCHEMA:
                return True
        with store.reader() as reader:
            return not verify_workspace(store, reader, records_only=True).whole
    except (IntegrityBroken, UnicodeDecodeError):  # the latter: opening says it (store._opened)
        return True
    finally:
        store.close()


@pytest.mark.requirement("REG-013", "R-P11-10a")
def test_every_alteration_of_content_is_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "anchors"))
    fill(store)
    assert not found(store)
    database, original = store.workspace.database, tmp_path / "original.db"
    shutil.copy(database, original)
    before = dump(original)
    assert before is not None
    chance = random.Random(14)
    made: Counter[str] = Counter()
    missed: list[tuple[str, list[str]]] = []
    began = time.monotonic()
    while made.total() < WANTED:
        for left in database.parent.glob("radvigil.db*"):
            left.unlink()
        shutil.copy(original, database)
        way = alter(database, chance)
        after = dump(database)
        if after == before:
            continue
        made[way] += 1
        if not found(store):
            missed.append((way, difference(before, after)))
    print(f"{dict(made)} found in {time.monotonic() - began:.0f} s")
    assert missed == []
