"""A picture that a device enhanced, as a derived DICOM image beside the one that it is made of."""

import io
import warnings
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.results.attributes import (
    completed,
    copy_anatomy,
    copy_orientation,
    finish,
    source_item,
)
from imaging.results.naming import SERIES_NUMBERS, ResultKind, result_uid
from imaging.results.statement import Statement
from records.errors import InvalidInput

_COPIED: Final = (
    "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "ViewPosition"
)  # fmt: skip


def make_enhanced(
    statement: Statement, source: Any, picture: NDArray[np.floating[Any]]
) -> bytes:
    """A secondary capture of the source's size and depth, ImageType DERIVED, in its own series.

    source: the parsed, de-identified image. picture: (rows, columns) as stored there, 0 to 1, bone
    bright. The SOP instance UID is a new one, that of the source stands in Source Image Sequence.
    The same arguments give the same bytes. Bone is bright in it whatever the source stores
    (MONOCHROME2), and the source's window is not copied: it was chosen for the noise.

    Raises InvalidInput for a picture of another size.
    """
    if picture.shape != (source.Rows, source.Columns):
        raise InvalidInput(
            f"A picture of {picture.shape} is not made of an image of "
            f"{(int(source.Rows), int(source.Columns))} (rows, columns)."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' warnings quote names
        dataset = _derived(statement, completed(source), _levels(picture, int(source.BitsStored)))
        if source.get("SyntheticData") == "YES":
            dataset.SyntheticData = "YES"  # what is derived of synthetic data is (C.12.1)
        stream = io.BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _levels(picture: NDArray[np.floating[Any]], bits: int) -> NDArray[Any]:
    whole = np.rint(np.clip(picture, 0.0, 1.0).astype(np.float64) * ((1 << bits) - 1))
    levels: NDArray[Any] = whole.astype(np.uint8 if bits <= 8 else np.uint16)
    return levels


def _derived(statement: Statement, source: Any, levels: NDArray[Any]) -> Any:
    from highdicom.sc import SCImage

    kind, allocated = ResultKind.ENHANCED, levels.dtype.itemsize * 8
    study = str(source.StudyInstanceUID)
    names = (study, statement.version, str(kind))
    dataset = SCImage.from_ref_dataset(
        source, pixel_array=levels, photometric_interpretation="MONOCHROME2",
        bits_allocated=allocated, coordinate_system="PATIENT",
        series_instance_uid=result_uid(*names, "series"), series_number=SERIES_NUMBERS[kind],
        sop_instance_uid=result_uid(*names, str(source.SOPInstanceUID)), instance_number=1,
        manufacturer=statement.manufacturer[:64], patient_orientation=("L", "F"),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    bits = int(source.BitsStored)
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.ConversionType = "WSD"  # workstation
    copy_orientation(dataset, source)  # the library wants one; only what the source says is true
    copy_anatomy(dataset, source)
    for name in _COPIED:
        if source.get(name):
            setattr(dataset, name, source.get(name))
    if source.get("BurnedInAnnotation"):
        dataset.BurnedInAnnotation = source.BurnedInAnnotation
    dataset.DateOfSecondaryCapture = statement.read_at.strftime("%Y%m%d")
    dataset.TimeOfSecondaryCapture = statement.read_at.strftime("%H%M%S.%f")
    dataset.DerivationDescription = " ".join(("Noise reduced by software.", *statement.marks))
    dataset.ImageComments = statement.comment
    dataset.SourceImageSequence = [source_item(source)]
    return finish(dataset, statement, what="AI enhanced image")
