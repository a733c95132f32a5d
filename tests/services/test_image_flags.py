"""Flags are found and counted the same on PostgreSQL."""

from pathlib import Path

import pytest

from records.image_flags import flag_counts, flagged_images
from records.settings import Workspace
from records.store import open_store
from tests.records.test_image_flags import fill
from tests.services.databases import databases

pytestmark = pytest.mark.service


def test_flags_on_postgresql(tmp_path: Path, postgresql: str) -> None:
    with databases(postgresql, "flags") as (address,):
        store = open_store(Workspace(tmp_path / "workspace").create(), url=address)
        fill(store)
        with store.reader() as reader:
            found = [(one.site, one.check, one.images, one.of) for one in flag_counts(reader)]
            (view, _) = flagged_images(reader, check="view")
        store.close()
    assert found == [("north", "noise", 2, 3), ("north", "view", 1, 3), ("south", "view", 1, 2)]
    assert view.image == "INS-0003"
