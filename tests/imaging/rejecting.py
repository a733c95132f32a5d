"""Notes by which an archive takes images back, as IHE RAD IOCM describes them."""

import io
from collections.abc import Sequence

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage, generate_uid


def _item(**values: object) -> Dataset:
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return item


def note_about(code: str, uids: Sequence[str], *, study: str = "2.25.1") -> bytes:
    """A key object selection with this title (DCM) about these images, as a file."""
    note = Dataset()
    note.file_meta = FileMetaDataset()
    note.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    note.SOPClassUID, note.Modality = KeyObjectSelectionDocumentStorage, "KO"
    note.SOPInstanceUID = generate_uid(entropy_srcs=[code, *uids])
    note.StudyInstanceUID, note.SeriesInstanceUID = study, f"{study}.7"
    note.PatientID, note.PatientName = "QX-4471-Z", "Zwetschkenbaum^Ottilie"
    note.ConceptNameCodeSequence = Items(
        [_item(CodeValue=code, CodingSchemeDesignator="DCM", CodeMeaning="title")]
    )
    images = Items([
        _item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.1.1", ReferencedSOPInstanceUID=one)
        for one in uids
    ])  # fmt: skip
    series = Items([_item(SeriesInstanceUID=f"{study}.2", ReferencedSOPSequence=images)])
    note.CurrentRequestedProcedureEvidenceSequence = Items(
        [_item(StudyInstanceUID=study, ReferencedSeriesSequence=series)]
    )
    stream = io.BytesIO()
    note.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
