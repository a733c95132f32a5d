"""Milliseconds an image (processor time) of every decoder of a transfer syntax, and the pinned one.

    python -m benchmarks.decoders [side]

The picture is a simulated chest radiograph, 12 bits (8 where the syntax holds no more). What the
product's own libraries cannot write (JPEG lossless and extended) is written by the second reader of
the tests, python-gdcm, which is timed beside ours and never pinned. Medians of the rounds.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from imaging.decoders import PINNED

ROUNDS = 7


def picture(side: int, bits: int) -> Any:
    """A data set with one radiograph-like picture: smooth anatomy and quantum noise."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

    rng = np.random.default_rng(5)
    across = np.linspace(-1, 1, side)
    smooth = 0.5 + 0.35 * np.cos(3 * across)[:, None] * np.cos(5 * across)[None, :]
    grey = np.clip(smooth + rng.normal(0, 0.01, (side, side)), 0, 1) * ((1 << bits) - 1)
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.SOPClassUID, one.SOPInstanceUID = DigitalXRayImageStorageForPresentation, "2.25.1"
    one.Rows, one.Columns, one.SamplesPerPixel = side, side, 1
    one.PhotometricInterpretation, one.PixelRepresentation = "MONOCHROME2", 0
    one.BitsAllocated = 8 if bits == 8 else 16
    one.BitsStored, one.HighBit = bits, bits - 1
    one.PixelData = grey.round().astype(np.uint8 if bits == 8 else np.uint16).tobytes()
    one["PixelData"].VR = "OB" if bits == 8 else "OW"
    return one


def compressed(one: Any, syntax: str) -> Any:
    """The same picture in another transfer syntax, by the second reader's encoder or dcmtk's."""
    import gdcm
    import pydicom
    from pydicom.uid import JPEGExtended12Bit

    with tempfile.TemporaryDirectory() as folder:
        plain, packed = Path(folder) / "plain.dcm", Path(folder) / "packed.dcm"
        one.save_as(plain, enforce_file_format=True)
        if syntax == JPEGExtended12Bit:
            if shutil.which("dcmcjpeg") is None:
                raise ValueError("dcmtk is absent")
            subprocess.run(["dcmcjpeg", "+ee", "+q", "95", plain, packed], check=True)
            found = pydicom.dcmread(packed)
            found.PixelData  # noqa: B018 (read before the file goes)
            return found
        reader = gdcm.ImageReader()
        reader.SetFileName(str(plain))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        wanted = gdcm.TransferSyntax.GetTSType(syntax)
        change.SetTransferSyntax(gdcm.TransferSyntax(wanted))
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise ValueError(f"gdcm does not write {syntax}")
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(packed))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        found = pydicom.dcmread(packed)
        found.PixelData  # noqa: B018 (read before the file goes)
        return found


def milliseconds(one: Any, plugin: str) -> float:
    """The median of the rounds, after one that does not count."""
    from pydicom.pixels import pixel_array

    pixel_array(one, decoding_plugin=plugin)
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        pixel_array(one, decoding_plugin=plugin)
        spent.append(1000 * (time.process_time() - began))
    return statistics.median(spent)


def main() -> None:
    """Print one line a transfer syntax."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID, JPEGBaseline8Bit

    side = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    print(f"{side} x {side}; milliseconds an image, * is pinned")
    for syntax, pinned in PINNED.items():
        name = UID(syntax).name
        try:
            one = compressed(picture(side, 8 if syntax == JPEGBaseline8Bit else 12), syntax)
        except ValueError as error:
            print(f"  {name}: {pinned}*, not measured ({error})")
            continue
        found = {}
        for plugin in get_decoder(syntax).available_plugins:
            try:
                found[plugin] = milliseconds(one, plugin)
            except Exception as error:  # a library that cannot is part of the answer
                print(f"  {name}: {plugin} fails ({type(error).__name__})")
        shown = ", ".join(f"{p}{'*' * (p == pinned)} {ms:.1f}" for p, ms in found.items())
        print(f"  {name}: {shown}")


if __name__ == "__main__":
    main()
