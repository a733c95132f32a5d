"""The same pixels by readers that we did not write: GDCM in this process, dcmtk as programs."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_IMAGE_PIXEL = (
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation",
    "PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PixelData", "RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableData",
)  # fmt: skip


def by_gdcm(dataset: Any, folder: Path) -> npt.NDArray[Any] | None:
    """Stored values, (frames, rows, columns) and samples last in colour; None if it cannot.

    It is given the image pixel module alone: over some headers GDCM ends the whole process.
    """
    import gdcm
    from pydicom.dataset import Dataset, FileMetaDataset

    plain = Dataset()
    plain.file_meta = FileMetaDataset()
    plain.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    plain.SOPClassUID, plain.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    for name in _IMAGE_PIXEL:
        if name in dataset:
            plain[name] = dataset[name]
    path = folder / "image.dcm"
    plain.save_as(path, enforce_file_format=True)
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        return None
    image = reader.GetImage()
    kind = image.GetPixelFormat()
    bits, signed = kind.GetBitsAllocated(), kind.GetPixelRepresentation() == 1
    buffer = image.GetBuffer()
    if not isinstance(buffer, str) or bits not in (1, 8, 16, 32):
        return None
    content = buffer.encode("utf-8", "surrogateescape")
    columns, rows = image.GetDimension(0), image.GetDimension(1)
    frames = image.GetDimension(2) if image.GetNumberOfDimensions() == 3 else 1
    samples = kind.GetSamplesPerPixel()
    if bits == 1:
        found = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
        return found[: frames * rows * columns].reshape(frames, rows, columns)
    flat = np.frombuffer(content, np.dtype(f"{'i' if signed else 'u'}{bits // 8}"))
    if flat.size != frames * rows * columns * samples:
        return None
    if samples == 1:
        return _within(flat.reshape(frames, rows, columns), kind)
    if image.GetPlanarConfiguration() == 1:
        array = flat.reshape(frames, samples, rows, columns).transpose(0, 2, 3, 1)
    else:
        array = flat.reshape(frames, rows, columns, samples)
    if "YBR_FULL" in str(image.GetPhotometricInterpretation()):
        return rgb(array)
    return array


def _within(array: npt.NDArray[Any], kind: Any) -> npt.NDArray[Any]:
    """Only the stored bits: GDCM leaves what stands in the spare ones."""
    left = kind.GetBitsAllocated() - kind.GetHighBit() - 1
    return (array << left) >> (kind.GetBitsAllocated() - kind.GetBitsStored())


def rgb(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """YBR_FULL to RGB by the inverse of PS3.3 C.7.6.3.1.2, 8 bits."""
    y, blue, red = (array[..., at].astype(np.float64) for at in range(3))
    blue, red = blue - 128, red - 128
    found = np.stack(
        [y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], axis=-1
    )
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def by_dcmtk(path: Path, program: str, folder: Path) -> npt.NDArray[Any] | None:
    """Stored values after dcmtk's decompression, read as plain bytes; None if it cannot.

    program: dcmdjpeg, dcmdjpls or dcmdrle.
    """
    import pydicom

    plain = folder / "plain.dcm"
    done = subprocess.run([program, path, plain], capture_output=True, check=False)
    if done.returncode:
        return None
    dataset = pydicom.dcmread(plain)
    if "PixelData" not in dataset:
        return None
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    size = dataset.BitsAllocated // 8
    kind = np.dtype(f"<{'i' if dataset.PixelRepresentation else 'u'}{size}")
    shape = (frames, dataset.Rows, dataset.Columns)
    count = int(np.prod(shape)) * dataset.SamplesPerPixel
    flat = np.frombuffer(dataset.PixelData, kind)[:count]
    if dataset.SamplesPerPixel == 1:
        return flat.reshape(shape)
    if dataset.PlanarConfiguration:
        array = flat.reshape(frames, 3, *shape[1:]).transpose(0, 2, 3, 1)
    else:
        array = flat.reshape(*shape, 3)
    return rgb(array) if dataset.PhotometricInterpretation == "YBR_FULL" else array
