"""A result goes out under the patient that it is of, and nowhere else is that patient known."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from imaging.identity import identity_store
from imaging.pseudonyms import workspace_deidentifier
from imaging.results.identified import Identifying, note_reidentification
from imaging.results.make import make_results
from records.audit import read_events
from records.cases import Study
from records.errors import NotFound, Refused
from records.identity_access import REIDENTIFIED
from records.store import Store
from tests.imaging.conftest import radiograph
from tests.imaging.results.readings import READING, slices

NAMES = {
    "latin": ("ISO_IR 100", "Mûller-Lüdenscheidt^Ödön"),
    "cyrillic": ("ISO_IR 144", "Люксембург^Роза"),
    "japanese": ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "korean": ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
}


def vaulted(store: Store, images: Sequence[Dataset]) -> list[Dataset]:
    """The images as the vault holds them; the mapping remembers who is behind them."""
    names = workspace_deidentifier(store, site="northfield")
    found = []
    for image in images:
        stream = io.BytesIO()
        image.save_as(stream, enforce_file_format=True)
        clean = names.deidentify(dcmread(io.BytesIO(stream.getvalue())))
        identity_store(store).remember(clean.identities)
        stream = io.BytesIO()
        clean.dataset.save_as(stream, enforce_file_format=True)
        found.append(dcmread(io.BytesIO(stream.getvalue())))
    return found


def drawn(images: Sequence[Dataset]) -> dict[str, Any]:
    return {str(one.SOPInstanceUID): np.ones((one.Rows, one.Columns)) > 0 for one in images}


@pytest.mark.parametrize("letters", list(NAMES))
def test_the_original_patient_study_and_accession_number_stand_in_what_is_sent(
    store: Store, letters: str
) -> None:
    charset, name = NAMES[letters]
    source = radiograph(SpecificCharacterSet=charset.split("\\"), PatientName=name, StudyID="S77",
                        ReferringPhysicianName="House^Gregory")  # fmt: skip
    kept = vaulted(store, [source])
    masks = drawn(kept)
    made = make_results(READING, kept, masks=masks, maps={k: v * 1.0 for k, v in masks.items()})
    assert len(made) == 3
    for one in made:
        stream = io.BytesIO()
        Identifying(store).identified(one.content).save_as(stream, enforce_file_format=True)
        sent = dcmread(io.BytesIO(stream.getvalue()))
        assert str(sent.PatientName) == name
        for keyword in ("PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID",
                        "StudyDate", "StudyTime", "AccessionNumber", "StudyID",
                        "ReferringPhysicianName"):  # fmt: skip
            assert sent[keyword].value == source[keyword].value, keyword
        assert sent.SpecificCharacterSet == "ISO_IR 192"
        assert sent.SOPInstanceUID == one.uid, "found again by its own identifier"
        referenced = {str(e.value) for e in sent.iterall()
                      if e.keyword == "ReferencedSOPInstanceUID"}  # fmt: skip
        assert referenced == {source.SOPInstanceUID}


def test_nothing_in_what_the_vault_holds_names_anybody(store: Store) -> None:
    source = radiograph(StudyID="S77777777", ReferringPhysicianName="House^Gregory")
    kept = vaulted(store, [source])
    masks = drawn(kept)
    later = replace(READING, read_at=READING.read_at + timedelta(3))
    made = make_results(later, kept, masks=masks, maps={k: v * 1.0 for k, v in masks.items()})
    for one in made:
        for keyword in ("PatientID", "PatientName", "AccessionNumber", "StudyInstanceUID",
                        "SOPInstanceUID", "SeriesInstanceUID", "PatientBirthDate", "StudyID",
                        "ReferringPhysicianName", "StudyDate"):  # fmt: skip
            assert str(source[keyword].value).encode() not in one.content, keyword


def test_series_and_space_of_slices_are_the_original_ones(store: Store) -> None:
    sources = [*slices(series=1), *slices(series=2)]
    kept = vaulted(store, sources)
    made = make_results(READING, kept, masks=drawn(kept))
    report, *segmentations = [Identifying(store).identified(one.content) for one in made]
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0]
    assert {str(one.SeriesInstanceUID) for one in evidence.ReferencedSeriesSequence} == {
        "1.2.3.2.1", "1.2.3.2.2"
    }
    assert {str(one.FrameOfReferenceUID) for one in segmentations} == {"1.2.3.4.1", "1.2.3.4.2"}
    pseudonyms = {
        str(one[keyword].value) for one in kept
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
                        "FrameOfReferenceUID", "PatientID")
    }  # fmt: skip
    for sent in (report, *segmentations):
        said = {str(one.value) for one in sent.iterall() if one.VR != "SQ"}
        assert not said & pseudonyms


def test_without_the_mapping_nothing_is_sent_and_half_identified_is_not_sent_either(
    store: Store, tmp_path: Path
) -> None:
    kept = vaulted(store, slices(series=1))
    (report, segmentation) = make_results(READING, kept, masks=drawn(kept))
    other = slices(series=2, count=1)
    strange = workspace_deidentifier(store).deidentify(other[0]).dataset
    half = make_results(READING, [*kept, strange])
    with pytest.raises(Refused, match="names an image that the identity mapping lacks"):
        Identifying(store).identified(half[0].content)
    identity_store(store).destroy()
    for one in (report, segmentation):
        with pytest.raises(NotFound, match="not in the identity mapping"):
            Identifying(store).identified(one.content)


def test_a_study_of_an_older_mapping_gets_its_report_where_nothing_is_missing(
    store: Store,
) -> None:
    (image,) = slices(series=1, count=1)
    clean = workspace_deidentifier(store).deidentify(image)
    older = [
        type(one)(one.pseudonym, one.kind,
                  tuple(x for x in one.original if x[0] != "FrameOfReferenceUID"))
        for one in clean.identities
    ]  # fmt: skip
    identity_store(store).remember(older)
    made = make_results(READING, [clean.dataset], masks=drawn([clean.dataset]))
    with pytest.raises(Refused, match="FrameOfReferenceUID"):
        Identifying(store).identified(made[1].content)


@pytest.mark.requirement("REG-007", "REG-111")
def test_who_asked_for_whom_and_why_is_an_event_that_names_nobody(
    store: Store, now: datetime
) -> None:
    study = Study(id=5, study_uid="2.25.1", patient="P0", site_id=1, purpose="clinical",
                  arrived_on=now.date(), received_at=now, rows=1, columns=1)  # fmt: skip
    with store.transaction("service:results", "return results", now=now) as tx:
        note_reidentification(tx, study, purpose="result to AET-0001", objects=2)
    with store.reader() as reader:
        event = list(read_events(reader))[-1]
    assert (event["actor"], event["action"]) == ("service:results", REIDENTIFIED)
    assert event["subject"] == "Study:5"
    assert event["new"] == '{"objects":2,"purpose":"result to AET-0001"}'


def test_no_other_module_opens_the_mapping_for_what_it_hides() -> None:
    root = Path(__file__).parents[3]
    opening = {
        str(path.relative_to(root))
        for room in ("imaging", "models", "monitoring", "regulatory", "journeys", "pipelines",
                     "dashboards", "cli", "records")
        for path in (root / room).rglob("*.py")
        if any(f".{one}(" in path.read_text() for one in ("reveal", "studies_of", "originals"))
    }  # fmt: skip
    assert opening == {
        "imaging/results/identified.py",  # to return a result, to find an accession number
        "journeys/reveal_identity.py",  # for a person with a grant
        "imaging/export_scan.py",  # to compare what is to leave; it shows no value
    }
