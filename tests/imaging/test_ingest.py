"""Every file that arrives is accounted for: stored once, a duplicate, or in quarantine."""

import os
import tracemalloc
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from sqlmodel import col, select

from imaging.arriving_files import find_files
from imaging.headers import ScopeRequirements
from imaging.ingest import Arrival, IngestReport, ingest
from imaging.keeping import AT_ONCE
from imaging.pixels import SizeLimits
from records.cases import Instance, Quarantine, Study
from records.clock import mark_workspace
from records.errors import IntegrityBroken, NotFound, Unavailable
from records.product import WorkspaceKind
from records.store import Store
from records.vault import Vault
from records.vault_check import verify_bytes
from records.verify import verify_records

ARRIVAL = Arrival("northfield", "clinical", date(2026, 1, 5))


@pytest.fixture
def incoming(tmp_path: Path, make_file: Callable[..., bytes]) -> Path:
    """Three good files of two studies, one cut short, one that is no DICOM at all."""
    folder = tmp_path / "from the scanner"
    folder.mkdir()
    for number, (study, instance) in enumerate([("1", "11"), ("1", "12"), ("2", "21")]):
        (folder / f"{number}.dcm").write_bytes(
            make_file(StudyInstanceUID=f"1.2.3.{study}", SOPInstanceUID=f"1.2.3.{instance}")
        )
    (folder / "3.dcm").write_bytes((folder / "0.dcm").read_bytes()[:900])
    (folder / "4.dcm").write_bytes(b"Dear colleague, the images follow.")
    return folder


def take_in(store: Store, folder: Path, now: datetime, arrival: Arrival = ARRIVAL) -> IngestReport:
    return ingest(store, find_files(folder).paths, arrival, actor="service:intake", now=now)


def test_every_file_is_accounted_for(store: Store, incoming: Path, now: datetime) -> None:
    report = take_in(store, incoming, now)
    assert (report.files, report.stored, report.duplicate) == (5, 3, 0)
    assert sum(report.quarantined.values()) == 2
    assert report.quarantined["not_dicom"] == 1
    with store.reader() as reader:
        assert len(reader.exec(select(Study)).all()) == 2
        assert len(reader.exec(select(Instance)).all()) == 3
        assert verify_records(reader).whole


@pytest.mark.requirement("R-P11-10h")
def test_refused_files_are_kept_under_their_digest(
    store: Store, incoming: Path, now: datetime
) -> None:
    take_in(store, incoming, now)
    with store.reader() as reader:
        refused = reader.exec(select(Quarantine)).all()
    for one in refused:
        assert (store.workspace.quarantine / one.source_digest).stat().st_size == one.size_bytes


def test_the_images_of_a_batch_are_not_in_memory_at_once(
    store: Store, tmp_path: Path, make_file: Callable[..., bytes], now: datetime
) -> None:
    """A thousand radiographs would fill it."""
    held: list[int] = []
    (folder := tmp_path / "from the scanner").mkdir()
    for number in range(12):
        picture = make_file(SOPInstanceUID=f"1.2.3.{number}", Rows=512, Columns=512,
                            PixelData=bytes(2 * 512 * 512))  # fmt: skip
        (folder / f"{number}.dcm").write_bytes(picture)
    tracemalloc.start()
    try:
        report = ingest(
            store, find_files(folder).paths, ARRIVAL, actor="service:intake", now=now,
            progress=lambda _: held.append(tracemalloc.get_traced_memory()[0]),
        )
    finally:
        tracemalloc.stop()
    assert report.stored == len(held) == 12
    assert held[-1] - held[0] < (AT_ONCE + 2) * 2 * 512 * 512


def test_taking_in_again_adds_nothing(store: Store, incoming: Path, now: datetime) -> None:
    take_in(store, incoming, now)
    again = take_in(store, incoming, now)
    assert (again.stored, again.duplicate) == (0, 3)
    assert sum(again.quarantined.values()) == 2
    with store.reader() as reader:
        assert len(reader.exec(select(Instance)).all()) == 3
        assert len(reader.exec(select(Quarantine)).all()) == 2


def test_images_that_are_stored_for_another_site_are_counted_by_its_name(
    store: Store, incoming: Path, now: datetime
) -> None:
    take_in(store, incoming, now)
    other = take_in(store, incoming, now, Arrival("elsewhere", "clinical", date(2026, 2, 14)))
    assert other.duplicate == 3
    assert other.to_dict()["elsewhere"] == {ARRIVAL.site: 3}
    assert "elsewhere" not in take_in(store, incoming, now).to_dict()


def test_another_file_under_a_stored_uid_never_replaces_it(
    store: Store, tmp_path: Path, make_file: Callable[..., bytes], now: datetime
) -> None:
    for name, kvp in (("first", "120"), ("second", "80")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.dcm").write_bytes(make_file(KVP=kvp))
    take_in(store, tmp_path / "first", now)
    report = take_in(store, tmp_path / "second", now)
    assert report.quarantined == {"conflicting_instance": 1}
    with store.reader() as reader:
        assert reader.exec(select(Study.tube_voltage_kv)).all() == [120.0]
        refused = reader.exec(select(Quarantine)).one()
        assert verify_bytes(reader, store) == (2, [])
    kept = store.workspace.quarantine / refused.source_digest
    assert kept.stat().st_mode & 0o077 == 0


def test_the_kept_bytes_are_those_that_the_record_names(
    store: Store, incoming: Path, now: datetime
) -> None:
    take_in(store, incoming, now)
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        for instance in reader.exec(select(Instance)):
            content = vault.fetch(instance.digest, of=instance.label)
            assert b"Zwetschkenbaum" not in content
            assert b"QX-4471-Z" not in content


def test_the_same_number_at_two_hospitals_is_two_patients(
    store: Store, tmp_path: Path, make_file: Callable[..., bytes], now: datetime
) -> None:
    for number, site in enumerate(("northfield", "eastbrook")):
        (tmp_path / site).mkdir()
        (tmp_path / site / "a.dcm").write_bytes(
            make_file(StudyInstanceUID=f"1.2.3.{number}", SOPInstanceUID=f"1.2.4.{number}")
        )
        take_in(store, tmp_path / site, now, Arrival(site, "clinical", now.date()))
    with store.reader() as reader:
        assert len(set(reader.exec(select(Study.patient)))) == 2


def test_a_device_takes_only_what_it_can_read(
    store: Store, tmp_path: Path, make_file: Callable[..., bytes], now: datetime
) -> None:
    (tmp_path / "hand.dcm").write_bytes(make_file(BodyPartExamined="HAND"))
    report = ingest(
        store, [tmp_path / "hand.dcm"], ARRIVAL, actor="service:intake", now=now,
        requirements=ScopeRequirements(body_parts=("CHEST",)),
    )
    assert report.quarantined == {"out_of_scope:body_part": 1}


@pytest.mark.parametrize(("kind", "setting", "stored"), [
    (WorkspaceKind.LIVE, "", 1), (WorkspaceKind.LIVE, "false", 1), (WorkspaceKind.LIVE, "true", 3),
    (WorkspaceKind.DEMONSTRATION, "", 3),
])  # fmt: skip
def test_synthetic_images_stay_out_of_a_live_workspace_that_is_not_for_tests(
    store: Store, tmp_path: Path, now: datetime, make_file: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch, kind: WorkspaceKind, setting: str, stored: int,
) -> None:  # fmt: skip
    if setting:
        monkeypatch.setenv("RADVIGIL_TEST_WORKSPACE", setting)
    with store.transaction("radvigil", "begin", now=now) as tx:
        mark_workspace(tx, kind, now=now)
    for number, says in enumerate(("YES", "NO", "YES")):
        (tmp_path / f"{number}.dcm").write_bytes(
            make_file(SOPInstanceUID=f"1.2.3.{number}", SyntheticData=says)
        )
    files = [tmp_path / f"{number}.dcm" for number in range(3)]
    report = ingest(store, files, ARRIVAL, actor="service:intake", now=now)
    refused = {"synthetic_data": 3 - stored} if stored < 3 else {}
    assert (report.stored, report.quarantined) == (stored, refused)
    assert len(list(store.workspace.quarantine.glob("*"))) == 3 - stored
    with store.reader() as reader:
        kept = reader.exec(select(Instance.digest).order_by(col(Instance.id))).all()
    vault = Vault(store.workspace.vault)
    said = [dcmread(BytesIO(vault.fetch(one, of="it"))).SyntheticData for one in kept]
    assert said == (["NO"] if stored == 1 else ["YES", "NO", "YES"]), "a fact that is kept"


def test_two_files_that_cannot_be_read_are_two(
    store: Store, incoming: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, "0.dcm", "1.dcm")
    report = take_in(store, incoming, now)
    assert (report.files, report.unread, report.quarantined["unreadable"]) == (5, 2, 2)
    assert take_in(store, incoming, now).unread == 2
    with store.reader() as reader:
        names = reader.exec(
            select(Quarantine.source_digest).where(Quarantine.reason == "unreadable")
        ).all()
    assert len(set(names)) == len(names) == 2
    assert all(name.startswith("unread-") for name in names)


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Files of these names may not be read, whoever runs the tests."""
    read = Path.read_bytes

    def refusing(path: Path) -> bytes:
        if path.name in names:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refusing)


def test_what_is_no_file_is_refused_unopened_and_hidden_files_are_counted(
    store: Store, incoming: Path, now: datetime
) -> None:
    os.mkfifo(incoming / "pipe")
    (incoming / "link").symlink_to(incoming, target_is_directory=True)
    (incoming / "broken").symlink_to(incoming / "nowhere")
    (incoming / ".trash").mkdir()
    for name in (".DS_Store", ".trash/old.dcm", "5.dcm.part"):
        (incoming / name).write_bytes(b"x")
    assert find_files(incoming).skipped == 3
    report = take_in(store, incoming, now)
    assert report.quarantined["not_a_file"] == 2
    assert (report.files, report.stored, report.unread) == (8, 3, 1)


def test_a_folder_that_cannot_be_listed_is_counted(
    store: Store, incoming: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (incoming / "secret").mkdir()
    listing = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = take_in(store, incoming, now)
    assert (report.files, report.unread) == (6, 1)


def test_a_path_that_may_not_be_looked_at_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(path: Path, **_named: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refusing)
    with pytest.raises(Unavailable, match=r"cannot be looked at \(Permission denied\)"):
        find_files(tmp_path / "secret" / "x.dcm")


def test_a_file_too_large_is_linked_not_copied(
    store: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    import imaging.reception as reception

    big = tmp_path / "big.dcm"
    big.write_bytes(b"x" * 500)
    monkeypatch.setattr(reception, "SizeLimits", lambda: SizeLimits(max_bytes=100))
    assert take_in(store, big, now).quarantined == {"too_large": 1}
    with store.reader() as reader:
        one = reader.exec(select(Quarantine)).one()
    assert one.size_bytes == 500
    assert (store.workspace.quarantine / one.source_digest).samefile(big)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file or folder"):
        find_files(tmp_path / "nowhere")


@pytest.mark.requirement("REG-007", "REG-112")
def test_no_identity_reaches_the_database(store: Store, incoming: Path, now: datetime) -> None:
    take_in(store, incoming, now)
    store.close()
    content = store.workspace.database.read_bytes()
    for secret in (b"Zwetschkenbaum", b"QX-4471-Z", b"ACC99887766", b"Quellental", b"19610523"):
        assert secret not in content


@pytest.mark.parametrize(
    ("content", "words"), [(None, "is missing"), (b"", "is damaged"), (b"x" * 4096, "is damaged")]
)
def test_a_lost_or_damaged_identity_mapping_is_seen_and_not_made_anew(
    store: Store, incoming: Path, now: datetime, content: bytes | None, words: str
) -> None:
    with store.reader() as reader:
        assert verify_bytes(reader, store)[1] == []  # nobody was taken in yet
    take_in(store, incoming, now)
    mapping = store.workspace.identity
    with store.reader() as reader:
        assert verify_bytes(reader, store)[1] == []
    mapping.unlink()
    if content is not None:
        mapping.write_bytes(content)
    with pytest.raises(IntegrityBroken, match=f"identity.sqlite {words}.*Restore it from a backup"):
        take_in(store, incoming, now)
    with store.reader() as reader:
        (finding,) = verify_bytes(reader, store)[1]
    assert f"identity.sqlite {words}" in finding
    assert (mapping.read_bytes() if mapping.exists() else None) == content
