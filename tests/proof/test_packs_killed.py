"""Killed at random moments of pushing, rotating the key and fetching, no pack is ever lost."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from records.packs import check_packs, fetch_packs, push_packs
from records.people import Role, register_person
from records.settings import REPOSITORY
from records.store import Store
from records.verify_workspace import verify_workspace
from tests.proof.writer import NOW
from tests.records.test_packs import frozen, keep_a_device, sealed

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]

KILLS = 200 if os.environ.get("RADVIGIL_PROOF") == "full" else 8
FILES = 24

WORKING = """
import itertools, sys
from pathlib import Path
from journeys.rotate_key import rotate_key
from records.packs import fetch_packs, push_packs
from records.settings import Workspace
from records.store import open_store
from tests.proof.writer import NOW

home, elsewhere = Path(sys.argv[1]), Path(sys.argv[2])
store = open_store(Workspace(home), url="")
files = sorted((home / "vault/datasets/large").iterdir())
print("working", flush=True)
for turn in itertools.count():
    fetch_packs(store, elsewhere, actor="service:backup", now=NOW)
    rotate_key(store, "remote", by="ada", reason="often", now=NOW)
    push_packs(store, elsewhere, actor="service:backup", now=NOW)
    for path in files[turn % 3 :: 3]:
        path.unlink(missing_ok=True)
"""


@pytest.mark.requirement("R-P11-30", "R-P11-10c")
def test_after_each_kill_every_pack_opens_and_everything_comes_back(
    store: Store, tmp_path: Path
) -> None:
    keep_a_device(store)
    with store.transaction("setup", now=NOW) as tx:
        register_person(tx, "ada", full_name="Ada", roles=[Role.ADMINISTRATOR],
                        password="correct horse", now=NOW)  # fmt: skip
    frozen(store, "large", **{f"shard-{one:02}": os.urandom(200_000) for one in range(FILES)})
    elsewhere = tmp_path / "mounted"
    elsewhere.mkdir()
    push_packs(store, elsewhere, actor="service:backup", now=NOW)
    moments, unfinished = random.Random(7), 0
    for _ in range(KILLS):
        kill_while_working(store, elsewhere, after=moments.uniform(0.0, 0.8))
        unfinished += len(sealed(elsewhere)) != FILES
        found = check_packs(store, elsewhere)
        assert (found.whole, found.altered, found.missing) == (FILES, (), ())
        fetch_packs(store, elsewhere, actor="service:backup", now=NOW)
        with store.reader() as reader:
            assert verify_workspace(store, reader).findings == ()
    push_packs(store, elsewhere, actor="service:backup", now=NOW)
    assert len(sealed(elsewhere)) == FILES
    print(f"{KILLS} kills, {unfinished} of them left a file that the next push took away")


def kill_while_working(store: Store, elsewhere: Path, *, after: float) -> None:
    command = [sys.executable, "-c", WORKING, str(store.workspace.home), str(elsewhere)]
    working = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)
    assert working.stdout is not None
    assert working.stdout.readline() == b"working\n"
    time.sleep(after)
    assert working.poll() is None, "it ended by itself"
    working.kill()
    working.communicate()
