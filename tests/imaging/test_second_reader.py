"""Every image of pydicom's own test files, which travel in its wheel, beside another reader."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid

from imaging.frames import read_frames
from imaging.pixels import PixelsRefused, read_file
from tests.imaging.second_reader import by_gdcm

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
FILES = sorted(one for one in FOLDER.rglob("*") if one.is_file())
LOSSY_12_BITS = uid.JPEGExtended12Bit  # one rounding apart: two implementations of the same cosine
REFUSED = {
    "JPEG-lossy.dcm": "undecodable",  # no reader decodes it
    "JPEG2000-embedded-sequence-delimiter.dcm": "too_large",  # cut by its own content
    "MR_truncated.dcm": "truncated",
    "badVR.dcm": "undecodable",  # 1A frames
    "meta_missing_tsyntax.dcm": "no_pixel_data", "nested_priv_SQ.dcm": "no_pixel_data",
    "rtplan_truncated.dcm": "truncated",
}  # fmt: skip
NOT_THEIRS = {
    # GDCM takes 16- and 32-bit RLE colour apart wrongly (dcmtk agrees with us) and swaps the two
    # halves of a 32-bit big-endian word (the same dose in little endian agrees with us)
    "SC_rgb_rle_16bit.dcm", "SC_rgb_rle_16bit_2frame.dcm",
    "SC_rgb_rle_32bit.dcm", "SC_rgb_rle_32bit_2frame.dcm",
    "rtdose_expb.dcm", "rtdose_expb_1frame.dcm",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_every_image_reads_and_equals_the_second_reader(tmp_path: Path) -> None:
    compared: dict[str, int] = {}
    for path in FILES:
        try:
            dataset = read_file(path)
            frames = read_frames(dataset)
            ours = np.stack(list(frames))
        except PixelsRefused as refused:
            expected = REFUSED.get(path.name, refused.reason)
            assert refused.reason == expected, path.name
            assert path.name in REFUSED or refused.reason in ("not_dicom", "no_pixel_data")
            continue
        theirs = None if path.name in NOT_THEIRS else by_gdcm(dataset, tmp_path)
        syntax = dataset.file_meta.TransferSyntaxUID
        if theirs is not None:
            apart = np.abs(ours.astype(np.int64) - theirs.astype(np.int64)).max()
            assert apart <= (1 if syntax == LOSSY_12_BITS else 0), path.name
            compared[syntax] = compared.get(syntax, 0) + 1
    assert sum(compared.values()) >= 80
    assert set(compared) >= {
        uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian, uid.RLELossless, uid.JPEGBaseline8Bit,
        uid.JPEGExtended12Bit, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEGLSNearLossless,
        uid.JPEG2000Lossless, uid.JPEG2000,
    }  # fmt: skip


def test_big_endian_words_of_32_bits_read_like_little_endian_ones() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = ("rtdose.dcm", "rtdose_expb.dcm")
        one, other = (list(read_frames(read_file(FOLDER / name))) for name in names)
    assert np.array_equal(one, other)
    assert one[0].dtype.isnative and other[0].dtype.isnative
