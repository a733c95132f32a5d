import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)  # fmt: skip

from imaging.deidentify import Deidentifier
from imaging.encoding import encode_file
from imaging.headers import study_header
from imaging.pixels import PixelsRefused, parse_file, read_pixels
from tests.imaging.conftest import HEADERS


def by_pydicom(dataset: Any) -> Any:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return pydicom.dcmread(io.BytesIO(stream.getvalue()))


def test_every_transfer_syntax_survives(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes], key: bytes
) -> None:
    for syntax in (
        ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless
    ):  # fmt: skip
        dataset = make_radiograph()
        if syntax == RLELossless:
            dataset.compress(RLELossless, generate_instance_uid=False)
        elif syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
            dataset.file_meta.TransferSyntaxUID = syntax
        else:
            dataset.file_meta.TransferSyntaxUID = syntax
        source = parse_file(write_file(dataset))
        back = parse_file(encode_file(Deidentifier(key).deidentify(source).dataset))
        assert back.file_meta.TransferSyntaxUID == syntax
        assert np.array_equal(read_pixels(back).array, read_pixels(source).array)


def test_the_fast_way_writes_what_pydicom_writes(real_files: list[Path], key: bytes) -> None:
    compared = 0
    for path in real_files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                source = parse_file(path.read_bytes())
            except PixelsRefused:
                continue
            header = study_header(source)
            if not (header.instance_uid and header.sop_class and "PixelData" in source):
                continue
            dataset = Deidentifier(key, profile=HEADERS).deidentify(source, header).dataset
            ours = pydicom.dcmread(io.BytesIO(encode_file(dataset)))
            theirs = by_pydicom(dataset)
            ours.file_meta = theirs.file_meta  # pydicom adds its own name there
            assert ours == theirs, path.name
        compared += 1
    assert compared > 100


def test_the_same_file_gives_the_same_bytes(make_file: Callable[..., bytes], key: bytes) -> None:
    one, again = (
        encode_file(Deidentifier(key).deidentify(parse_file(make_file())).dataset) for _ in "ab"
    )
    assert one == again
    assert one[:132] == b"\0" * 128 + b"DICM"


def test_a_value_set_by_hand_is_written(make_file: Callable[..., bytes], key: bytes) -> None:
    dataset = Deidentifier(key).deidentify(parse_file(make_file())).dataset
    dataset.ImageComments = "written later"
    dataset.LUTExplanation = "x" * 10
    assert parse_file(encode_file(dataset)).ImageComments == "written later"
