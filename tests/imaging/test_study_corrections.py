"""A study that its sender corrects goes on under the right patient, with all that belongs to it."""

import json
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import select

from imaging.identity import IdentityStore, identity_store
from imaging.ingest import Arrival, IngestReport, ingest
from imaging.ris.applying import Applying, message_journal
from imaging.ris.journal import State
from records.audit import AuditEvent
from records.cases import Instance, Quarantine, Study
from records.erasable import Selection, erasable
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.legal_holds import place_hold
from records.lookup import find_events, list_records
from records.people import Role, find_actor, register_person
from records.queries import studies_awaiting_prediction
from records.retention import read_periods
from records.store import Store
from records.study_corrections import (
    StudyCorrection,
    current_patient,
    merge_patients,
)
from records.study_path import study_path
from records.verify import verify_records
from tests.imaging.rejecting import note_about
from tests.imaging.ris.sending import merge
from tests.journeys.returning import candidate

ARRIVAL = Arrival("northfield", "clinical", date(2026, 1, 5))
Make = Callable[..., bytes]


class Hospital:
    """Sends files, and what is on record of them afterwards."""

    def __init__(self, store: Store, folder: Path, make: Make, now: datetime) -> None:
        self.store, self.folder, self.make, self.now = store, folder, make, now
        self.sent, self.verified_up_to = 0, 0
        folder.mkdir()

    def send(
        self, *, content: bytes = b"", site: str = "northfield", **changes: Any
    ) -> IngestReport:
        self.sent += 1
        path = self.folder / f"{self.sent}.dcm"
        path.write_bytes(content or self.make(**changes))
        arrival = Arrival(site, "clinical", ARRIVAL.arrived_on)
        return ingest(self.store, [path], arrival, actor="service:intake", now=self.now)

    def all(self, kind: Any) -> list[Any]:
        """The records of a class; the trail is verified wherever it grew since it last was."""
        with self.store.reader() as reader:
            (last,) = find_events(reader, last=1)
            if last.sequence != self.verified_up_to:
                assert verify_records(reader).whole
                self.verified_up_to = last.sequence
            return list_records(reader, kind)

    def person(self, number: int = 0) -> dict[str, str]:
        """Who is behind a study by now, and what the study was called."""
        study = self.all(Study)[number]
        mapping = identity_store(self.store)
        return mapping.reveal(study.patient) | mapping.reveal(study.study_uid)


@pytest.fixture
def hospital(store: Store, tmp_path: Path, make_file: Make, now: datetime) -> Hospital:
    return Hospital(store, tmp_path / "sent", make_file, now)


def test_a_merge_at_the_archive_moves_the_study_and_is_on_record(hospital: Hospital) -> None:
    hospital.send()
    before = hospital.all(Study)[0].patient
    report = hospital.send(PatientID="QX-9", PatientName="Nussbaum^Rosa", PatientSex="F")
    assert (report.duplicate, report.quarantined, report.corrected) == (1, {}, 1)
    assert report.to_dict()["sent_again"] == {"patient": 1}
    (study,), (image,) = hospital.all(Study), hospital.all(Instance)
    assert study.patient != before
    assert image.study_id == study.id
    assert hospital.person()["PatientName"] == "Nussbaum^Rosa"
    (made,) = hospital.all(StudyCorrection)
    assert (made.kind, made.patient_before) == ("patient", before)
    assert made.patient_after == study.patient
    assert made.recorded_by == "service:intake"


@pytest.mark.parametrize("same_person", [True, False])
def test_no_other_hospital_corrects_a_study(hospital: Hospital, same_person: bool) -> None:
    hospital.send()
    before, who = hospital.all(Study)[0].patient, hospital.person()
    changes = {"InstitutionName": "Elsewhere"} if same_person else {
        "PatientID": "QX-9", "PatientName": "Nussbaum^Rosa", "AccessionNumber": "OTHER",
    }  # fmt: skip
    report = hospital.send(site="westhaven", **changes)
    assert (report.corrected, report.stored) == (0, 0)
    assert report.quarantined == {"conflicting_instance": 1}
    (study,) = hospital.all(Study)
    assert study.patient == before
    assert hospital.person() == who
    assert hospital.all(StudyCorrection) == []


def test_the_same_correction_again_changes_nothing(hospital: Hospital) -> None:
    hospital.send()
    hospital.send(PatientID="QX-9")
    again = hospital.send(PatientID="QX-9", InstitutionName="Elsewhere").to_dict()
    assert (again["duplicate"], "corrected" in again) == (1, False)
    assert again["sent_again"] == {"unchanged": 1}
    assert hospital.send(PatientID="QX-9", InstitutionName="Elsewhere").corrected == 0
    assert [one.kind for one in hospital.all(StudyCorrection)] == ["patient", "unchanged"]


def test_the_last_one_to_arrive_counts_and_taking_all_in_again_changes_nothing(
    hospital: Hospital,
) -> None:
    """The day's arrivals are taken in again and again, in the order of their digests."""
    numbers = ["ACC-1", "ACC-2", "ACC-1", "ACC-3"]
    files = [
        hospital.make(AccessionNumber=number, InstitutionName=f"copy {at}")
        for at, number in enumerate(numbers)
    ]
    hospital.send()
    paths = []
    for at, content in enumerate(files):
        path = hospital.folder / f"{9 - at}.dcm"
        path.write_bytes(content)
        os.utime(path, (1000 + at, 1000 + at))
        paths.append(path)
    for _ in range(3):
        ingest(hospital.store, sorted(paths), ARRIVAL, actor="service:intake", now=hospital.now)
        assert hospital.person()["AccessionNumber"] == "ACC-3"
    assert [one.kind for one in hospital.all(StudyCorrection)] == ["details"] * 4


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("PatientName", "Zwetschkenbaum^Odilie"), ("AccessionNumber", "ACC-NEW-1"),
     ("StudyID", "S-2"), ("ReferringPhysicianName", "House^Gregory")],
)  # fmt: skip
def test_corrected_details_go_into_the_mapping_only(
    attribute: str, value: str, hospital: Hospital
) -> None:
    hospital.send()
    report = hospital.send(**{attribute: value})
    assert (report.duplicate, report.corrected) == (1, 1)
    assert hospital.person()[attribute] == value
    (made,) = hospital.all(StudyCorrection)
    assert (made.kind, made.attributes) == ("details", [attribute])
    with hospital.store.reader() as reader:
        events = [one.new for one in reader.exec(select(AuditEvent))]
    assert value not in json.dumps(events)


def test_a_kill_before_the_mapping_knew_is_made_good_when_the_day_is_taken_in_again(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.send()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(IdentityStore, "revise", killed)
        with pytest.raises(KeyboardInterrupt):
            hospital.send(AccessionNumber="ACC-NEW-1")
    assert hospital.person()["AccessionNumber"] == "ACC99887766"
    hospital.send(AccessionNumber="ACC-NEW-1")
    assert hospital.person()["AccessionNumber"] == "ACC-NEW-1"
    assert len(hospital.all(StudyCorrection)) == 1


def test_a_study_is_found_by_its_old_and_its_new_accession_number(hospital: Hospital) -> None:
    hospital.send()
    hospital.send(AccessionNumber="ACC-NEW-1")
    mapping, (study,) = identity_store(hospital.store), hospital.all(Study)
    assert mapping.studies_of("ACC99887766") == mapping.studies_of("ACC-NEW-1") == [study.study_uid]
    assert "ACC99887766" in {one.get("AccessionNumber") for one in mapping.originals()}
    assert mapping.seal_anew() == 3


def test_what_comes_empty_or_with_empty_parts_of_a_name_corrects_nothing(
    hospital: Hospital,
) -> None:
    hospital.send()
    hospital.send(AccessionNumber="", PatientName="Zwetschkenbaum^Ottilie^^")
    assert [one.kind for one in hospital.all(StudyCorrection)] == ["unchanged"]
    assert hospital.person()["AccessionNumber"] == "ACC99887766"


def test_a_corrected_sex_and_age_count_for_the_subgroups(hospital: Hospital) -> None:
    hospital.send()
    hospital.send(PatientSex="M", PatientAge="031Y")
    (study,), (made,) = hospital.all(Study), hospital.all(StudyCorrection)
    assert (study.sex, study.age_years) == ("M", 31.0)
    assert made.attributes == ["PatientAge", "PatientSex"]


@pytest.mark.parametrize(
    "changes",
    [{"array": np.zeros((40, 32), np.uint16)}, {"ViewPosition": "AP"},
     {"array": np.zeros((40, 32), np.uint16), "PatientID": "QX-9"}],
)  # fmt: skip
def test_another_picture_under_the_same_uid_stays_a_conflict(
    changes: dict[str, Any], hospital: Hospital
) -> None:
    hospital.send()
    before = hospital.all(Study)[0].patient
    assert hospital.send(**changes).quarantined == {"conflicting_instance": 1}
    assert hospital.all(Study)[0].patient == before
    assert not hospital.all(StudyCorrection)


def test_a_new_image_of_a_study_under_another_patient_is_not_put_with_it(
    hospital: Hospital,
) -> None:
    """Whose it is nobody knows yet: quarantine, until the study is corrected and it fits."""
    hospital.send()
    other = {"PatientID": "QX-9", "SOPInstanceUID": "2.25.77"}
    assert hospital.send(**other).quarantined == {"conflicting_instance": 1}
    assert hospital.all(Quarantine)[0].detail == "another patient than its study's"
    hospital.send(PatientID="QX-9")
    assert hospital.send(**other).stored == 1


def test_equal_numbers_of_two_issuers_are_two_patients(hospital: Hospital) -> None:
    def send(number: int, issuer: str | None, site: str = "northfield") -> None:
        hospital.send(
            site=site, StudyInstanceUID=f"2.25.{number}", SOPInstanceUID=f"2.25.9{number}",
            SeriesInstanceUID=f"2.25.8{number}", IssuerOfPatientID=issuer,
        )

    for number, issuer in enumerate(["North", "South", "North", "South", None]):
        send(number, issuer)
    patients = [one.patient for one in hospital.all(Study)]
    assert patients[0] == patients[2] == patients[4]
    assert patients[1] == patients[3] != patients[0]
    issuers = [hospital.person(at)["IssuerOfPatientID"] for at in range(4)]
    assert issuers == ["North", "South", "North", "South"]


def test_a_rejection_note_takes_images_back_before_they_are_read(hospital: Hospital) -> None:
    hospital.send()
    hospital.send(SOPInstanceUID="2.25.8", StudyInstanceUID="2.25.88", PatientID="QX-9")
    note = note_about("113037", ["1.2.826.0.1.3680043.2.1125.3", "2.25.404"])
    report = hospital.send(content=note)
    assert (report.quarantined, report.corrected) == ({"rejection_note:113037": 1}, 1)
    assert report.rejected == 1
    assert hospital.send(content=note).corrected == 0
    (made,) = hospital.all(StudyCorrection)
    assert (made.kind, made.code, made.instance_id) == ("rejected", "113037", 1)
    with hospital.store.reader() as reader:
        study = reader.get_one(Study, 1)
        steps = [one.why for one in study_path(reader, study) if one.what == "corrected"]
        images = reader.exec(select(Instance.id)).all()
    assert steps == ["STC-0001: INS-0001 rejected for patient safety reasons (113037)"]
    assert len(images) == 2


def test_a_rejection_of_another_site_or_a_key_image_note_takes_nothing_back(
    hospital: Hospital,
) -> None:
    hospital.send()
    uid = "1.2.826.0.1.3680043.2.1125.3"
    assert hospital.send(content=note_about("113037", [uid]), site="south").corrected == 0
    key_images = hospital.send(content=note_about("113000", [uid]))
    assert key_images.quarantined == {"no_pixel_data": 1}
    assert not hospital.all(StudyCorrection)


def test_a_note_that_comes_with_its_images_counts(hospital: Hospital) -> None:
    files = [note_about("113001", ["1.2.826.0.1.3680043.2.1125.3"]), hospital.make()]
    paths = [hospital.folder / name for name in ("a.dcm", "b.dcm")]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    ingest(hospital.store, paths, ARRIVAL, actor="service:intake", now=hospital.now)
    assert len(hospital.all(StudyCorrection)) == 1


@pytest.fixture
def two(hospital: Hospital) -> Hospital:
    """Two patients with a study each, and who may say that they are one."""
    hospital.send()
    hospital.send(PatientID="QX-9", StudyInstanceUID="2.25.1", SOPInstanceUID="2.25.2")
    with hospital.store.transaction("setup", "setup", now=hospital.now) as tx:
        for name, role in (("ada", Role.QUALITY), ("bob", Role.ENGINEER)):
            register_person(tx, name, full_name=name, now=hospital.now, password="x" * 14,
                            roles=[role])  # fmt: skip
    return hospital


def merged(hospital: Hospital, patient: str, into: str, *, by: str = "ada", study: int = 0) -> None:
    with hospital.store.transaction(by, "the archive telephoned", now=hospital.now) as tx:
        merge_patients(
            tx, patient, into, by=find_actor(tx, by), now=hospital.now,
            study=tx.get_one(Study, study) if study else None,
        )


def test_a_merge_by_telephone_holds_for_what_comes_later(two: Hospital) -> None:
    first, second = (one.patient for one in two.all(Study))
    merged(two, first, second)
    assert {one.patient for one in two.all(Study)} == {second}
    two.send(StudyInstanceUID="2.25.5", SOPInstanceUID="2.25.6")
    assert two.all(Study)[2].patient == second
    (made,) = two.all(StudyCorrection)
    assert (made.kind, made.recorded_by) == ("merge", "ada")
    with two.store.reader() as reader:
        assert current_patient(reader, first) == second
    merged(two, second, first)
    with two.store.reader() as reader:
        assert current_patient(reader, first) == current_patient(reader, second) == first


def test_a_merge_that_the_ris_told_first_holds_for_files_that_come_and_are_sent_again(
    hospital: Hospital,
) -> None:
    journal = message_journal(hospital.store)
    kept = journal.keep(merge("QX-4471-Z", "QX-9"), sender="AET-0001", site="northfield",
                        control_id="7", kind="ADT^A40", now=hospital.now)  # fmt: skip
    applying = Applying(hospital.store, journal, actor="service:hl7")
    assert applying.apply(kept, now=hospital.now).state is State.WAITING
    hospital.send()
    assert journal.message(kept.number).state is State.APPLIED
    assert hospital.person()["PatientID"] == "QX-9"
    assert hospital.person()["PatientName"] == "Zwetschkenbaum^Ottilie"
    stays = hospital.all(Study)[0].patient
    hospital.send(PatientID="QX-9", InstitutionName="sent again after the merge")
    hospital.send(StudyInstanceUID="2.25.5", SOPInstanceUID="2.25.6")
    assert [one.patient for one in hospital.all(Study)] == [stays, stays]
    assert [one.kind for one in hospital.all(StudyCorrection)] == ["merge", "unchanged"]
    journal.close()


def test_one_study_is_given_to_another_patient_and_no_file_gives_it_back(two: Hospital) -> None:
    first, second = (one.patient for one in two.all(Study))
    merged(two, first, second, study=1)
    assert [one.patient for one in two.all(Study)] == [second, second]
    changes = {"AccessionNumber": "ACC-NEW-1", "PatientName": "Birnbaum^Ida"}
    for content, kinds in (
        (two.make(InstitutionName="sent again as it was"), ["reassigned", "unchanged"]),
        (two.make(**changes), ["reassigned", "unchanged", "details"]),
    ):
        for _ in range(2):
            report = two.send(content=content)
            assert (report.duplicate, report.quarantined) == (1, {})
            assert two.all(Study)[0].patient == second
            assert [one.kind for one in two.all(StudyCorrection)] == kinds
    assert two.all(StudyCorrection)[-1].attributes == ["AccessionNumber"]
    assert two.person()["AccessionNumber"] == "ACC-NEW-1"
    mapping = identity_store(two.store)
    assert all(mapping.reveal(one)["PatientName"] != "Birnbaum^Ida" for one in (first, second))
    merged(two, second, first, study=1)
    assert [one.patient for one in two.all(Study)] == [first, second]


def test_who_may_not_merges_nothing_and_nonsense_is_refused(two: Hospital) -> None:
    first, second = (one.patient for one in two.all(Study))
    with pytest.raises(NotAllowed):
        merged(two, first, second, by="bob")
    with pytest.raises(NotFound, match="no study of the patient"):
        merged(two, first, "P0000000000000000")
    with pytest.raises(InvalidInput, match="same patient"):
        merged(two, first, first)
    with pytest.raises(Refused, match="STU-0002 is not of"):
        merged(two, first, second, study=2)
    assert not two.all(StudyCorrection)


def test_a_hold_on_the_patient_that_was_given_up_still_holds(two: Hospital) -> None:
    first, second = (one.patient for one in two.all(Study))
    with two.store.transaction("ada", "a claim", now=two.now) as tx:
        place_hold(tx, by=find_actor(tx, "ada"), reason="a claim", now=two.now, patient=first)
    merged(two, first, second)
    with two.store.reader() as reader:
        found = list(erasable(two.store, reader, Selection("image"), read_periods()))
    assert [one.holds for one in found] == [("HLD-0001",), ()]


def test_rejected_images_are_not_waiting_to_be_read(hospital: Hospital) -> None:
    hospital.send()
    with hospital.store.transaction("setup", "setup", now=hospital.now) as tx:
        version = candidate(tx)
    with hospital.store.reader() as reader:
        day = ARRIVAL.arrived_on
        assert len(studies_awaiting_prediction(reader, version, day=day, sites=[1])) == 1
    hospital.send(content=note_about("113001", ["1.2.826.0.1.3680043.2.1125.3"]))
    with hospital.store.reader() as reader:
        assert not studies_awaiting_prediction(reader, version, day=day, sites=[1])
