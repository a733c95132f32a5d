"""Eight processes write at once: one chain, nothing lost, nobody turned away."""

import os
import time

import pytest

from records.audit import count_events
from records.store import Store
from tests.proof.writer import prepare, require_all_or_nothing, together

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

EACH = 25 if os.environ.get("RADVIGIL_PROOF") == "short" else 500


@pytest.mark.requirement("REG-011", "REG-013")
def test_eight_writers_at_once_keep_one_whole_chain(store: Store) -> None:
    prepare(store)
    with store.reader() as reader:
        before = count_events(reader)
    store.close()
    began = time.monotonic()
    acknowledged, longest = together(store.workspace, "", writers=8, each=EACH)
    print(f"8 x {EACH} in {time.monotonic() - began:.1f} s, the longest wait {longest:.2f} s")
    require_all_or_nothing(store, acknowledged)
    with store.reader() as reader:
        assert count_events(reader) == before + 2 * 8 * EACH
