"""Orphan bytes are collected and told of; bytes that a record names, or will soon, never are."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from records.audit import AuditEvent
from records.cases import Instance, Quarantine, Study
from records.collection import COLLECTED, collect, orphans_of
from records.dvc_files import stored_files
from records.errors import Unavailable
from records.orphans import Kind
from records.product import DatasetVersion, Device, Site
from records.settings import Workspace
from records.store import Store, open_store
from records.vault import Vault, run_git
from records.vault_check import verify_bytes
from tests.conftest import NOW

DAY = timedelta(days=1)


def begin(store: Store) -> None:
    """What an instance and a dataset version refer to."""
    with store.transaction("setup", now=NOW) as tx:
        tx.add(Site(name="north", registered_at=NOW))
        tx.add(Device(name="d", revision=1, trade_name="D", definition={}, definition_digest="d",
                      defined_at=NOW))  # fmt: skip
        tx.flush()
        tx.add(Study(study_uid="1", patient="P", site_id=1, purpose="clinical",
                     arrived_on=date(2026, 1, 5), received_at=NOW, rows=1, columns=1))  # fmt: skip


def name_content(store: Store, uid: str, digest: str) -> None:
    with store.transaction("service:intake", now=NOW) as tx:
        tx.add(
            Instance(
                study_id=1, instance_uid=uid, digest=digest, source_digest=uid,
                deidentification={}, brightness=0, contrast=0, sharpness=0, noise=0, entropy=0,
                saturation=0,
            )
        )


def freeze(store: Store, name: str, content: bytes, *, recorded: bool) -> None:
    vault = Vault(store.workspace.vault)
    with vault.work() as work:
        (work / "made").mkdir()
        (work / "made/manifest").write_bytes(content)
        (work / "made/shard").write_bytes(b"shared by all" * 50)
        frozen = vault.freeze(work / "made", f"datasets/{name}", message=name)
    if not recorded:
        return
    with store.transaction("service:training", now=NOW) as tx:
        tx.add(
            DatasetVersion(
                device_id=1, name=name, manifest_digest=name, content_digest="0",
                vault_path=frozen.path, files=frozen.files, commit=frozen.commit, studies=1,
                patients=1, splits={}, datasheet={}, frozen_at=NOW,
            )
        )


def soon() -> datetime:
    """An instant before which everything that is there was written: clocks of files are coarse."""
    time.sleep(0.02)
    return datetime.now(UTC)


def whole(store: Store) -> bool:
    with store.reader() as reader:
        return verify_bytes(reader, store)[1] == []


@pytest.mark.requirement("R-P11-10c", "REG-011")
def test_what_no_record_names_is_listed_told_and_taken(store: Store) -> None:
    begin(store)
    vault, quarantine = Vault(store.workspace.vault), store.workspace.quarantine
    name_content(store, "1", vault.put(b"named"))
    orphan = vault.put(b"an orphan")
    (vault.path_of(orphan).parent / "half.1.part").write_bytes(b"half")
    (quarantine / ("a" * 64)).write_bytes(b"refused, and never recorded")
    (vault.folder / ".work-x/made").mkdir(parents=True)
    (vault.folder / ".work-x/made/shard").write_bytes(b"half a shard")
    before = soon()
    listed = orphans_of(store, before=before)
    assert sorted(one.kind for one in listed) == sorted(
        [Kind.CONTENT, Kind.REFUSED, Kind.BROKEN_OFF, Kind.BROKEN_OFF]
    )
    assert sum(one.size for one in listed) == 9 + 27 + 4 + 12
    done = collect(store, before=before, actor="service:collection", now=NOW)
    assert (list(done.taken), done.spared) == (listed, ())
    assert orphans_of(store, before=before) == []
    assert whole(store)
    with store.reader() as reader:
        told = reader.exec(select(AuditEvent).where(AuditEvent.action == COLLECTED)).one()
    new = json.loads(told.new)
    assert new["count"] == 4
    assert new["sha256"][f"vault/objects/{orphan[:2]}/{orphan[2:]}"] == orphan
    assert collect(store, before=before, actor="service:collection", now=NOW).taken == ()


def test_what_was_written_since_is_left_for_the_record_that_will_name_it(store: Store) -> None:
    begin(store)
    vault = Vault(store.workspace.vault)
    digest = vault.put(b"about to be named")
    (store.workspace.quarantine / ("b" * 64)).write_bytes(b"about to be recorded")
    assert orphans_of(store, before=datetime.now(UTC) - DAY) == []
    before = soon()
    assert len(orphans_of(store, before=before)) == 2
    vault.put(b"about to be named")  # once more, such as by an intake that is run again
    done = collect(store, before=before, actor="service:collection", now=NOW)
    assert [one.kind for one in done.taken] == [Kind.REFUSED]
    name_content(store, "1", digest)
    assert whole(store)


def md5s(store: Store) -> list[int]:
    """How many files DVC keeps, in its cache and in the remote."""
    vault = store.workspace.vault
    return [len(list(stored_files(one))) for one in (vault / ".dvc/cache", vault / "remote")]


@pytest.mark.slow
@pytest.mark.requirement("REG-046")
def test_a_frozen_folder_that_was_never_recorded_leaves_dvc_and_the_named_one_stays(
    store: Store,
) -> None:
    begin(store)
    freeze(store, "named", b"1", recorded=True)
    assert md5s(store) == [3, 3]  # manifest, shard, the list of both
    freeze(store, "broken-off", b"2", recorded=False)
    assert md5s(store) == [5, 5]  # the shard is shared
    before = soon()
    kinds = [one.kind for one in orphans_of(store, before=before)]
    assert kinds == [Kind.FROZEN] + 4 * [Kind.VERSIONED]
    collect(store, before=before, actor="service:collection", now=NOW)
    assert md5s(store) == [3, 3]
    vault = store.workspace.vault
    assert not (vault / "datasets/broken-off").exists()
    assert run_git(vault, "ls-files", "datasets/*.dvc").split() == ["datasets/named.dvc"]
    assert run_git(vault, "status", "--porcelain") == ""
    assert whole(store)
    freeze(store, "broken-off", b"2", recorded=True)  # made again after all
    collect(store, before=soon(), actor="service:collection", now=NOW)
    assert md5s(store) == [5, 5]
    assert whole(store)


@pytest.mark.slow
def test_a_training_file_that_no_version_names_is_collected_when_no_run_is_going_on(
    store: Store,
) -> None:
    begin(store)
    folder = store.workspace.vault / "training/a-device"
    stored = folder / ".dvc/cache/files/md5"
    for name in ("aa/1", "bb/2"):
        (stored / name).parent.mkdir(parents=True)
        (stored / name).write_bytes(name.encode())
    run_git(folder, "init", "--quiet")
    (folder / "dvc.lock").write_text(
        "stages:\n  fit:\n    deps: [{path: dataset, md5: cc3.dir}]\n"
        "    outs: [{path: model/weights.pt, md5: aa1}]\n"
    )
    before = soon()
    assert [one.path.name for one in orphans_of(store, before=before)] == ["2"]
    with FileLock(folder.parent / ".a-device.lock"):
        with pytest.raises(Unavailable, match="training run of a-device is going on"):
            collect(store, before=before, actor="service:collection", now=NOW)
    collect(store, before=before, actor="service:collection", now=NOW)
    assert [name for name, _ in stored_files(folder / ".dvc/cache")] == ["aa1"]


@contextmanager
def fresh(empty: Path) -> Iterator[Store]:
    """A workspace of an example's own."""
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace").create()
        shutil.copy(empty, workspace.database)
        store = open_store(workspace, url="")
        begin(store)
        yield store
        store.close()


ACT = st.one_of(
    st.tuples(st.sampled_from(["put", "ingest", "refuse", "half"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["collect old", "collect all"]), st.just(0)),
)


@pytest.mark.requirement("REG-011")
@given(st.lists(ACT, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_order_of_puts_records_and_collections_loses_what_is_named(
    empty_database: Path, acts: list[tuple[str, int]]
) -> None:
    with fresh(empty_database) as store:
        vault, number = Vault(store.workspace.vault), count()
        waiting: dict[str, bytes] = {}
        for act, k in acts:
            content = f"image {k}".encode()
            if act == "put":
                waiting[vault.put(content)] = content
            elif act == "ingest":
                name_content(store, str(next(number)), vault.put(content))
            elif act == "refuse":
                (store.workspace.quarantine / (f"{k:x}" * 64)).write_bytes(b"refused")
            elif act == "half":
                vault.objects.joinpath("00").mkdir(parents=True, exist_ok=True)
                (vault.objects / "00" / f"{k}.1.part").write_bytes(b"half")
            elif act == "collect old":
                collect(store, before=datetime.now(UTC) - DAY, actor="c", now=NOW)
                assert all(vault.holds(digest) for digest in waiting)
            else:
                collect(store, before=soon(), actor="c", now=NOW)
                waiting = {}
                assert orphans_of(store, before=soon()) == []
            assert whole(store)


@pytest.mark.requirement("REG-011")
def test_an_intake_beside_collections_loses_nothing(store: Store) -> None:
    """It puts again what earlier attempts left, which is just what the collections take."""
    begin(store)
    vault = Vault(store.workspace.vault)
    contents = [f"image {k}".encode() for k in range(120)]
    for content in contents:
        vault.put(content)
    before, done, took = soon(), Event(), Event()
    time.sleep(0.02)

    def keep_collecting() -> None:
        while not done.is_set():
            if collect(store, before=before, actor="c", now=NOW).taken:
                took.set()

    beside = Thread(target=keep_collecting)
    beside.start()
    try:
        for number, content in enumerate(contents):
            name_content(store, str(number), vault.put(content))
            if number == 20:  # a busy machine may start the collections late
                assert took.wait(120), "the collections took nothing of what lay there"
    finally:
        done.set()
        beside.join()
    assert whole(store)
    with store.reader() as reader:
        assert len(reader.exec(select(col(Instance.id))).all()) == len(contents)
        assert reader.exec(select(Quarantine)).all() == []
