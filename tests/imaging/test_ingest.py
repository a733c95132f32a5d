"""Every file that arrives is accounted for: stored once, a duplicate, or in quarantine."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from imaging.headers import ScopeRequirements
from imaging.ingest import Arrival, IngestReport, find_files, ingest
from records.cases import Instance, Quarantine, Study
from records.errors import NotFound
from records.store import Store
from records.vault import Vault
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
    return ingest(store, find_files(folder), arrival, actor="service:intake", now=now)


def test_every_file_is_accounted_for(store: Store, incoming: Path, now: datetime) -> None:
    report = take_in(store, incoming, now)
    assert (report.files, report.stored, report.duplicate) == (5, 3, 0)
    assert sum(report.quarantined.values()) == 2
    assert report.quarantined["not_dicom"] == 1
    with store.reader() as reader:
        assert len(reader.exec(select(Study)).all()) == 2
        assert len(reader.exec(select(Instance)).all()) == 3
        assert verify_records(reader).whole


def test_refused_files_are_kept_under_their_digest(
    store: Store, incoming: Path, now: datetime
) -> None:
    take_in(store, incoming, now)
    with store.reader() as reader:
        refused = reader.exec(select(Quarantine)).all()
    for one in refused:
        assert (store.workspace.quarantine / one.source_digest).stat().st_size == one.size_bytes


def test_taking_in_again_adds_nothing(store: Store, incoming: Path, now: datetime) -> None:
    take_in(store, incoming, now)
    again = take_in(store, incoming, now)
    assert (again.stored, again.duplicate) == (0, 3)
    assert sum(again.quarantined.values()) == 2
    with store.reader() as reader:
        assert len(reader.exec(select(Instance)).all()) == 3
        assert len(reader.exec(select(Quarantine)).all()) == 2


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


def test_the_kept_bytes_are_those_that_the_record_names(
    store: Store, incoming: Path, now: datetime
) -> None:
    take_in(store, incoming, now)
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        for instance in reader.exec(select(Instance)):
            content = vault.fetch(instance.digest)
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


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file or folder"):
        find_files(tmp_path / "nowhere")


def test_no_identity_reaches_the_database(store: Store, incoming: Path, now: datetime) -> None:
    take_in(store, incoming, now)
    store.close()
    content = store.workspace.database.read_bytes()
    for secret in (b"Zwetschkenbaum", b"QX-4471-Z", b"ACC99887766", b"Quellental", b"19610523"):
        assert secret not in content
