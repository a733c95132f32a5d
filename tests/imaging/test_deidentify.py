import io
import json
import pickle
import re
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from imaging.attribute_table import Option
from imaging.confidentiality import DEVICE_IDENTITY
from imaging.deidentification_run import Pixels, Risk, Verdict
from imaging.deidentify import Deidentifier
from imaging.encoding import encode_file
from imaging.headers import study_header
from imaging.pixels import PixelsRefused, parse_file, read_pixels
from records.errors import InvalidInput
from tests.imaging.conftest import HEADERS

ORIGINALS = (
    "Zwetschkenbaum", "Ottilie", "QX-4471-Z", "19610523", "20260214", "ACC99887766",
    "SN-777-123", "Quellental", "Amselweg", "1.2.826.0.1.3680043.2.1125", "101112",
)  # fmt: skip


def cleaned(content: bytes, key: bytes) -> Any:
    result = Deidentifier(key).deidentify(parse_file(content))
    return pydicom.dcmread(io.BytesIO(encode_file(result.dataset)))


def nested(depth: int, **values: Any) -> Sequence:
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    if depth:
        item.DeidentificationActionSequence = nested(depth - 1, **values)
    return Sequence([item])


@pytest.mark.requirement("REG-110")
def test_nothing_that_names_the_patient_is_left(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    content = make_file(
        OtherPatientIDs="QX-4471-Z", PatientComments="Frau Zwetschkenbaum, Amselweg",
        StudyDescription="Thorax Zwetschkenbaum", OperatorsName="Ottilie^X",
        ProtocolName="QX-4471-Z", ImageComments="19610523", StudyID="QX-4471-Z",
    )  # fmt: skip
    written = encode_file(Deidentifier(key).deidentify(parse_file(content)).dataset)
    assert [one for one in ORIGINALS if one.encode() in written] == []


@pytest.mark.requirement("REG-110")
def test_identifiers_inside_kept_text_and_sequences_are_removed(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    content = make_file(
        Manufacturer="Built for Ottilie Zwetschkenbaum",
        ManufacturerModelName="QX-4471-Z special",
        FilterType="ZWETSCHKENBAUM",
        ImageType=["ORIGINAL", "PRIMARY", "OTTILIE"],
        AnatomicRegionSequence=nested(
            2, CodeMeaning="lung of Zwetschkenbaum", CodeValue="39607008", PatientID="QX-4471-Z",
            ReferencedSOPInstanceUID="1.2.826.0.1.3680043.2.1125.9", Date="20260214",
        ),
    )  # fmt: skip
    written = encode_file(Deidentifier(key).deidentify(parse_file(content)).dataset)
    lowered = written.lower()
    assert [one for one in ORIGINALS if one.lower().encode() in lowered] == []


def test_acquisition_facts_and_patient_characteristics_stay(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    before = study_header(parse_file(make_file()))
    after = study_header(cleaned(make_file(), key))
    for name in (
        "modality", "body_part", "view", "age_years", "sex", "manufacturer", "model_name",
        "software_version", "tube_voltage_kv", "exposure_mas", "spacing_mm", "rows", "columns",
    ):  # fmt: skip
        assert getattr(after, name) == getattr(before, name), name


def test_the_facts_given_back_are_those_of_the_file_written(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    result = Deidentifier(key).deidentify(parse_file(make_file()))
    assert result.header == study_header(cleaned(make_file(), key))


def test_the_pixels_are_untouched(make_file: Callable[..., bytes], key: bytes) -> None:
    before = read_pixels(parse_file(make_file())).array
    assert np.array_equal(read_pixels(cleaned(make_file(), key)).array, before)


def test_private_attributes_overlays_and_unknown_binary_are_removed(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes], key: bytes
) -> None:
    dataset = make_radiograph()
    block = dataset.private_block(0x0099, "ACME 1", create=True)
    block.add_new(1, "LO", "Zwetschkenbaum")
    dataset.add_new(0x60003000, "OW", b"\1\0" * 8)
    dataset.add_new(0x60000010, "US", 4)
    dataset.add_new(0x00420011, "OB", b"Zwetschkenbaum")
    after = cleaned(write_file(dataset), key)
    assert not [element.tag for element in after if element.tag.is_private]
    assert not [element.tag for element in after if element.tag.group == 0x6000]
    assert "EncapsulatedDocument" not in after


@pytest.mark.parametrize(
    ("agent", "kept"), [("Omnipaque 300, Fr. Huber", "CONTRAST"), ("NONE", None), ("", None)]
)
def test_of_a_contrast_agent_stays_that_there_was_one(
    agent: str, kept: str | None, make_file: Callable[..., bytes], key: bytes
) -> None:
    assert cleaned(make_file(ContrastBolusAgent=agent), key).get("ContrastBolusAgent") == kept


def test_the_file_says_that_it_was_deidentified(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    after = cleaned(make_file(), key)
    assert after.PatientIdentityRemoved == "YES"
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113103", "113105", "113107", "113108", "113111"]
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID


def test_pseudonyms_are_the_same_every_time_and_differ_with_the_key(key: bytes) -> None:
    one, again, other = Deidentifier(key), Deidentifier(key), Deidentifier(key[::-1])
    assert one.patient_pseudonym("17") == again.patient_pseudonym("17")
    assert one.patient_pseudonym("17") != other.patient_pseudonym("17")
    assert one.patient_pseudonym("17") != one.patient_pseudonym("18")
    assert Deidentifier(key, namespace="B").patient_pseudonym("17") != one.patient_pseudonym("17")
    assert re.fullmatch(r"P[0-9a-f]{16}", one.patient_pseudonym("17"))
    assert re.fullmatch(r"2\.25\.[0-9]{1,39}", one.study_pseudonym("1.2.3"))
    assert len(one.study_pseudonym("1.2.3")) <= 64


def test_a_short_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Deidentifier(b"secret")


def test_the_key_is_not_shown_and_travels(key: bytes) -> None:
    one = Deidentifier(key, namespace="A")
    assert repr(key)[2:-1] not in repr(one)
    assert pickle.loads(pickle.dumps(one)).study_pseudonym("1.2") == one.study_pseudonym("1.2")


def test_dates_move_back_by_the_same_number_of_days(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    content = make_file(AcquisitionDate="20260301", AcquisitionDateTime="20260301101112.5+0100")
    after = cleaned(content, key)
    moved = study_header(after).study_date
    assert moved is not None
    assert 1 <= (date(2026, 2, 14) - moved).days <= 1826
    acquired = date(
        *(
            int(p)
            for p in (
                after.AcquisitionDate[:4],
                after.AcquisitionDate[4:6],
                after.AcquisitionDate[6:],
            )
        )
    )
    assert (acquired - moved).days == 15
    assert str(after.AcquisitionDateTime) == after.AcquisitionDate
    assert after.StudyTime == ""
    assert "SeriesTime" not in after


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(
    ("stored", "kept"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("104Y", "090Y"), ("018M", "018M"), ("005D", "000M")],
)
def test_ages_above_89_are_one_group(
    make_file: Callable[..., bytes], key: bytes, stored: str, kept: str
) -> None:
    assert cleaned(make_file(PatientAge=stored), key).PatientAge == kept


def test_an_age_is_worked_out_before_the_birth_date_goes(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    after = cleaned(make_file(PatientAge=None), key)
    assert (after.PatientAge, after.PatientBirthDate) == ("064Y", "")


def test_the_serial_number_is_a_pseudonym(make_file: Callable[..., bytes], key: bytes) -> None:
    one, again = cleaned(make_file(), key), cleaned(make_file(), key)
    assert re.fullmatch(r"D[0-9a-f]{12}", one.DeviceSerialNumber)
    assert one.DeviceSerialNumber == again.DeviceSerialNumber


def test_identifiers_of_the_standard_stay(make_file: Callable[..., bytes], key: bytes) -> None:
    assert cleaned(make_file(), key).SOPClassUID == "1.2.840.10008.5.1.4.1.1.1.1"


@pytest.mark.requirement("REG-110")
def test_the_run_counts_every_action_and_tells_of_burned_in_letters(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    silent = Deidentifier(key).deidentify(parse_file(make_file())).run
    assert silent.counts["D"] >= 3
    assert silent.counts["U"] == 3
    assert (silent.burned_in, silent.verdict) == ("", Verdict.CLEAN)
    assert silent.pixels is Pixels.NOT_LOOKED_THROUGH
    assert Risk.PIXELS_NOT_LOOKED_THROUGH in silent.risks
    declared = Deidentifier(key).deidentify(parse_file(make_file(BurnedInAnnotation="YES"))).run
    assert (declared.burned_in, declared.verdict) == ("YES", Verdict.BURNED_IN_DECLARED)
    assert declared.pixels is Pixels.NONE_FOUND
    assert Option.CLEAN_PIXELS in declared.options - silent.options


@pytest.mark.requirement("REG-110")
def test_the_record_of_a_run_names_each_attribute_and_both_verdicts(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    content = make_file(SeriesDescription="Thorax Zwetschkenbaum", PatientComments="Ottilie")
    said = Deidentifier(key).deidentify(parse_file(content)).run.to_dict()
    tags = {action: str(found).split() for action, found in dict(said["tags"]).items()}  # type: ignore[call-overload]
    assert {"00100010", "00100020"} <= set(tags["D"])
    assert {"00080080", "00104000"} <= set(tags["X"])
    assert {"0008103E", "00080020"} <= set(tags["C"])
    assert said["edition"] == "PS3.15 2026c, Table E.1-1"
    assert said["safe_harbor"] == ["C: dates", "R: letters in the pixels"]
    assert said["risks"] == ["dates_moved", "descriptions_kept", "pixels_not_looked_through"]
    assert "Zwetschkenbaum" not in str(said)
    assert len(json.dumps(said)) < 1500


def test_a_description_keeps_only_words_that_describe(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    content = make_file(
        StudyDescription="Thorax p.a. Zwetschkenbaum 17.3.", SeriesDescription="4471",
        ProtocolName="Chest PA, bed 12",
    )  # fmt: skip
    after = cleaned(content, key)
    assert (after.StudyDescription, after.ProtocolName) == ("Thorax p a", "Chest PA bed")
    assert "SeriesDescription" not in after
    named = cleaned(make_file(PatientName="Hand^Ottilie", StudyDescription="left Hand"), key)
    assert named.StudyDescription == "left"


def test_a_device_is_named_only_where_the_profile_says_so(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    content = make_file()
    result = Deidentifier(key, profile=DEVICE_IDENTITY).deidentify(parse_file(content))
    after = pydicom.dcmread(io.BytesIO(encode_file(result.dataset)))
    assert after.DeviceSerialNumber == "SN-777-123"
    assert Risk.DEVICE_NAMED in result.run.risks
    assert "113109" in [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert "M: device identifiers" in result.run.safe_harbor.unmet


def test_numbers_of_physics_under_a_known_creator_stay_and_nothing_else_private(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes], key: bytes
) -> None:
    dataset = make_radiograph()
    known = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    known.add_new(0x0C, "IS", "800")
    known.add_new(0x0D, "CS", "ZWETSCHKENBAUM")
    known.add_new(0x0E, "FD", [0.0, 0.6, 0.8])
    other = dataset.private_block(0x0019, "ACME OTTILIE", create=True)
    other.add_new(0x0C, "IS", "4471")
    talking = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
    talking.add_new(0x00, "DS", "1.25")
    talking.add_new(0x09, "LO", "Zwetschkenbaum")
    result = Deidentifier(key).deidentify(parse_file(write_file(dataset)))
    after = pydicom.dcmread(io.BytesIO(encode_file(result.dataset)))
    kept = {(int(one.tag) >> 16, int(one.tag) & 0xFFFF) for one in after if one.tag.is_private}
    assert kept == {(0x19, 0x10), (0x19, 0x100C), (0x19, 0x100E), (0x7053, 0x10), (0x7053, 0x1000)}
    assert Risk.PRIVATE_NUMBERS_KEPT in result.run.risks


def test_the_originals_are_handed_over_but_never_shown(
    make_file: Callable[..., bytes], key: bytes
) -> None:
    result = Deidentifier(key).deidentify(parse_file(make_file()))
    patient = next(one for one in result.identities if one.kind == "patient")
    assert patient.pseudonym == result.header.patient_id
    assert dict(patient.original)["PatientName"] == "Zwetschkenbaum^Ottilie"
    assert "Zwetschkenbaum" not in repr(result.identities)


def test_an_implicit_file_is_cleaned_alike(make_file: Callable[..., bytes], key: bytes) -> None:
    after = cleaned(make_file(syntax=ImplicitVRLittleEndian), key)
    explicit = cleaned(make_file(), key)
    assert {e.keyword: str(e.value) for e in after if e.VR != "OW"} == {
        e.keyword: str(e.value) for e in explicit if e.VR != "OW"
    }


SURNAME = st.text(st.sampled_from("QWXZJKVY"), min_size=6, max_size=12)
PLACES = st.sampled_from(
    ["Manufacturer", "ManufacturerModelName", "SoftwareVersions", "StudyDescription",
     "SeriesDescription", "ImageComments", "ProtocolName", "DerivationDescription",
     "PatientComments", "StationName", "BodyPartExamined", "FilterType", "OperatorsName",
     "InstitutionalDepartmentName", "RequestedProcedureDescription", "DetectorDescription",
     "PatientAddress", "OtherPatientNames", "RescaleType", "AcquisitionDeviceProcessingCode"]
)  # fmt: skip


@pytest.mark.requirement("REG-110")
@settings(max_examples=80, deadline=None)
@given(
    surname=SURNAME, given_name=SURNAME, number=st.from_regex(r"[A-Z]{2}[0-9]{6}", fullmatch=True),
    place=PLACES, inner=PLACES, depth=st.integers(0, 3), implicit=st.booleans(),
)  # fmt: skip
def test_wherever_an_identifier_stands_it_is_gone(
    make_file: Callable[..., bytes], key: bytes, surname: str, given_name: str, number: str,
    place: str, inner: str, depth: int, implicit: bool,
) -> None:  # fmt: skip
    changes: dict[str, Any] = {
        "PatientName": f"{surname}^{given_name}", "PatientID": number,
        place: surname, "AnatomicRegionSequence": nested(depth, **{inner: number}),
    }  # fmt: skip
    if place == "OtherPatientNames":
        changes[place] = f"{surname}^Q"
    if implicit:
        changes["syntax"] = ImplicitVRLittleEndian
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom on values we invented
        content = make_file(**changes)
    written = encode_file(Deidentifier(key).deidentify(parse_file(content)).dataset)
    assert surname.encode() not in written
    assert given_name.encode() not in written
    assert number.encode() not in written
    assert b"1.2.826.0.1.3680043.2.1125" not in written


def test_no_identifier_of_a_real_file_is_left(real_files: list[Path], key: bytes) -> None:
    cleaned_files = 0
    for path in real_files:
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = parse_file(content)
            except PixelsRefused:
                continue
            header = study_header(dataset)
            if not (header.instance_uid and header.sop_class and "PixelData" in dataset):
                continue
            result = Deidentifier(key, profile=HEADERS).deidentify(dataset, header)
            written = encode_file(result.dataset)
            back = pydicom.dcmread(io.BytesIO(written))
            assert back.PatientIdentityRemoved == "YES"
            assert back["PixelData"].value.startswith(dataset["PixelData"].value)
        head = written.split(back["PixelData"].value)[0]
        for one in result.identities:
            for name, value in one.original:
                if len(value) >= 8 and name not in ("StudyDate", "PatientBirthDate"):
                    assert value.encode() not in head, (path.name, name)
        cleaned_files += 1
    assert cleaned_files > 100
