"""The file of a device as of a day: the records of then, on record as an export, same bytes."""

import hashlib
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from journeys.export_device_file import export_device_file
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.lookup import find_events
from records.store import Store
from regulatory.device_file import EVENTS, INDEX
from tests.dashboards.small_workspace import BEGIN, TODAY, populate

DEVICE = "chest-radiograph-pneumonia"
LATER = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _filled(store: Store) -> None:
    populate(store)


def written(store: Store, folder: Path, day: date, **more: str) -> Path:
    made = export_device_file(
        store, more.pop("device", DEVICE), folder, day=day, now=TODAY,
        actor=more.pop("actor", "demo.quality"), **more,
    )
    (name,) = [one for one in made.files if one.endswith(".zip")]
    assert made.files[name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return folder / name


@pytest.mark.requirement("REG-018", "REG-039")
def test_the_file_as_it_stood_then_is_the_same_bytes_again_and_each_export_is_on_record(
    store: Store, tmp_path: Path
) -> None:
    first = written(store, tmp_path / "one", BEGIN.date(), authority="eu")
    again = written(store, tmp_path / "two", BEGIN.date(), authority="eu")
    assert first.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(first) as packed:
        index = json.loads(packed.read(INDEX))
        events = packed.read(EVENTS).splitlines()
    assert index["documents"] == []
    assert "none was compiled by that day" in index["not_there"].values()
    assert len(events) == index["trail"]["events"]
    with store.reader() as reader:
        told = [one for one in find_events(reader) if one.action == "export"]
    assert [first.name in one.new for one in told[-2:]] == [True, True]


def test_what_cannot_be_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not come"):
        written(store, tmp_path, LATER.date())
    with pytest.raises(NotFound, match="was not defined by then"):
        written(store, tmp_path, BEGIN.date() - timedelta(days=1))
    with pytest.raises(NotFound, match="'no-such-device'"):
        written(store, tmp_path, BEGIN.date(), device="no-such-device")
    with pytest.raises(InvalidInput, match="No order for 'jp'"):
        written(store, tmp_path, BEGIN.date(), authority="jp")
    with pytest.raises((NotAllowed, NotFound)):
        written(store, tmp_path, BEGIN.date(), actor="nobody")
    assert not list(tmp_path.glob("*.zip*"))
