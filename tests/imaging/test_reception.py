import hashlib
import logging
import os
import pickle
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imaging.deidentify import Deidentifier
from imaging.examining import examine_many
from imaging.headers import ScopeRequirements
from imaging.pixels import PixelRefusal, SizeLimits, parse_file, read_pixels
from imaging.reception import Reason, Received, Rejection, examine, examine_bytes

CHEST = ScopeRequirements(modalities=("DX", "CR", "OT"), body_parts=("CHEST", "THORAX"))


@pytest.fixture(scope="session")
def deidentifier(key: bytes) -> Deidentifier:
    return Deidentifier(key)


def put(folder: Path, content: bytes, name: str = "Zwetschkenbaum.dcm") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_good_file_is_received_with_all_that_is_kept(
    tmp_path: Path, make_file: Callable[..., bytes], deidentifier: Deidentifier
) -> None:
    content = make_file()
    found = examine(put(tmp_path, content), deidentifier, CHEST)
    assert isinstance(found, Received)
    assert found.source_digest == hashlib.sha256(content).hexdigest()
    assert found.digest == hashlib.sha256(found.content).hexdigest()
    assert found.size == len(content)
    assert found.header.patient_id == deidentifier.patient_pseudonym("QX-4471-Z")
    assert found.header.study_uid == deidentifier.study_pseudonym("1.2.826.0.1.3680043.2.1125.1")
    assert set(found.quality) <= set(found.facts())
    assert found.deidentification["verdict"] == "clean"
    assert pickle.loads(pickle.dumps(found)) == found
    assert "Zwetschkenbaum" not in repr(found)
    assert found.as_conflict().reason is Reason.CONFLICT


def test_what_is_made_of_the_picture_on_the_way_is_made_of_the_one_that_is_kept(
    make_file: Callable[..., bytes], deidentifier: Deidentifier
) -> None:
    found = examine_bytes(make_file(), deidentifier, prepare=np.array)
    assert isinstance(found, Received)
    assert np.array_equal(found.prepared, read_pixels(parse_file(found.content)).array)

    def refuse(array: Any) -> Any:
        raise ValueError(array.shape)

    refused = examine_bytes(make_file(), deidentifier, prepare=refuse)
    assert isinstance(refused, Received)
    assert refused.prepared is None


def test_the_same_file_gives_the_same_bytes_again(
    make_file: Callable[..., bytes], deidentifier: Deidentifier
) -> None:
    one, again = (examine_bytes(make_file(), deidentifier) for _ in range(2))
    assert one == again


@pytest.mark.requirement("R-P11-10h")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PatientID": None}, "missing_identifiers"),
        ({"PatientID": " "}, "missing_identifiers"),
        ({"StudyInstanceUID": None}, "missing_identifiers"),
        ({"PixelData": None}, "no_pixel_data"),
        ({"NumberOfFrames": 3}, "multi_frame"),
        ({"Rows": 4000}, "truncated"),
        ({"Rows": 60000, "Columns": 60000}, "too_large"),
        ({"array": np.zeros((2, 2), np.uint16)}, "too_small"),
        ({"Rows": 2}, "undecodable"),
        ({"BitsAllocated": 32}, "unsupported_bits"),
        ({"PhotometricInterpretation": "RGB"}, "colour"),
        ({"Modality": "CT"}, "out_of_scope:modality"),
        ({"BodyPartExamined": "KNEE"}, "out_of_scope:body_part"),
        ({"PatientSpeciesDescription": "Felis catus"}, "out_of_scope:species"),
    ],
)
def test_a_file_is_refused_for_the_right_reason(
    make_file: Callable[..., bytes], deidentifier: Deidentifier, changes: dict[str, Any], code: str
) -> None:
    found = examine_bytes(make_file(**changes), deidentifier, CHEST)
    assert isinstance(found, Rejection)
    assert found.code == code


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 500, b"\x89PNG\r\n\x1a\n" + b"0" * 300])
def test_what_is_not_dicom_is_said_to_be_so(content: bytes, deidentifier: Deidentifier) -> None:
    found = examine_bytes(content, deidentifier)
    assert isinstance(found, Rejection)
    assert found.reason is Reason.NOT_DICOM


def test_a_file_cut_short_is_said_to_be_so(
    make_radiograph: Callable[..., Any],
    write_file: Callable[[Any], bytes],
    deidentifier: Deidentifier,
) -> None:
    from pydicom.uid import RLELossless

    plain = write_file(make_radiograph())
    packed = make_radiograph()
    packed.compress(RLELossless, generate_instance_uid=False)
    for content in (plain[:-9], plain[:-700], write_file(packed)[:-400]):
        found = examine_bytes(content, deidentifier)
        assert isinstance(found, Rejection)
        assert found.reason is Reason.TRUNCATED


def test_sequences_nested_too_deeply_are_said_to_be_so(
    make_file: Callable[..., bytes], deidentifier: Deidentifier
) -> None:
    opened = b"\x08\x00\x06\x00SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    found = examine_bytes(make_file(PixelData=None) + opened * 25, deidentifier)
    assert isinstance(found, Rejection)
    assert found.reason is Reason.TOO_DEEP


def test_every_reason_for_refusing_pixels_is_a_reason_for_quarantine() -> None:
    assert {str(one) for one in PixelRefusal} <= {str(one) for one in Reason}


def test_what_cannot_be_opened_is_unreadable(tmp_path: Path, deidentifier: Deidentifier) -> None:
    for path in (tmp_path, tmp_path / "absent", Path("a\0b")):
        found = examine(path, deidentifier)
        assert isinstance(found, Rejection)
        assert found.reason is Reason.UNREADABLE
        assert found.unread


def test_a_pipe_is_never_opened(tmp_path: Path, deidentifier: Deidentifier) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = examine(tmp_path / "pipe", deidentifier)
    assert found == Rejection(Reason.NOT_A_FILE, "a pipe", "", 0)


def test_a_file_over_the_limit_is_refused_unread(
    tmp_path: Path, make_file: Callable[..., bytes], deidentifier: Deidentifier
) -> None:
    content = make_file()
    found = examine(put(tmp_path, content), deidentifier, limits=SizeLimits(max_bytes=100))
    assert found == Rejection(
        Reason.TOO_LARGE, "file", hashlib.sha256(content).hexdigest(), len(content)
    )


def test_nothing_of_the_patient_reaches_a_log_or_a_refusal(
    make_file: Callable[..., bytes],
    deidentifier: Deidentifier,
    caplog: pytest.LogCaptureFixture,
) -> None:
    content = make_file()
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for at in range(132, len(content) - 2560, 7):
            found = examine_bytes(content[:at] + b"\xfe" + content[at + 1 :], deidentifier)
            assert "wetschken" not in repr(found)
    assert "wetschken" not in caplog.text
    assert not heard


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 4000))
def test_no_truncated_file_raises(
    make_file: Callable[..., bytes], deidentifier: Deidentifier, cut: int
) -> None:
    examine_bytes(make_file()[:cut], deidentifier, CHEST)


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(128, 1400), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6
    )
)
@example(changes=[(423, b"\0")])  # a value representation that does not exist
def test_no_mutated_file_raises(
    make_file: Callable[..., bytes], deidentifier: Deidentifier, changes: list[tuple[int, bytes]]
) -> None:
    content = bytearray(make_file())
    for at, replaced in changes:
        content[at : at + len(replaced)] = replaced
    found = examine_bytes(bytes(content), deidentifier, CHEST)
    if isinstance(found, Received):
        assert isinstance(examine_bytes(found.content, deidentifier), Received)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300))
def test_no_bytes_at_all_raise(content: bytes, deidentifier: Deidentifier) -> None:
    examine_bytes(content, deidentifier)
    examine_bytes(b"\0" * 128 + b"DICM" + content, deidentifier)


@pytest.mark.parametrize("workers", [1, 2])
def test_many_files_are_answered_in_order(
    tmp_path: Path, make_file: Callable[..., bytes], deidentifier: Deidentifier, workers: int
) -> None:
    paths = []
    for number in range(40):
        content = make_file(PatientID=f"PAT-{number:04d}") if number % 5 else b"rubbish"
        paths.append(put(tmp_path, content, f"{number}.dcm"))
    found = list(examine_many(paths, deidentifier, CHEST, workers=workers))
    assert found == [examine(path, deidentifier, CHEST) for path in paths]
    assert [isinstance(one, Rejection) for one in found] == [n % 5 == 0 for n in range(40)]


def test_every_real_file_is_received_or_refused(
    real_files: list[Path], deidentifier: Deidentifier
) -> None:
    found = list(examine_many(real_files, deidentifier))
    codes = Counter(one.code if isinstance(one, Rejection) else "received" for one in found)
    assert len(found) == len(real_files)
    assert codes["received"] >= 50
    assert codes["unreadable"] <= 5, codes
    by_name = {path.name: one for path, one in zip(real_files, found, strict=True)}
    for name, reason in {
        "pydicom__MR_truncated.dcm": Reason.TRUNCATED,
        "pydicom__no_meta.dcm": Reason.NOT_DICOM,
        "nema_wg04__MR3_JPLY": Reason.UNDECODABLE,
    }.items():
        one = by_name.get(name)
        if one is not None:
            assert isinstance(one, Rejection), name
            assert one.reason is reason, name


def test_a_radiograph_takes_a_few_milliseconds(
    tmp_path: Path, make_file: Callable[..., bytes], deidentifier: Deidentifier
) -> None:
    array = np.random.default_rng(1).integers(0, 4096, (160, 160), dtype=np.uint16)
    path = put(tmp_path, make_file(array=array))
    examine(path, deidentifier)
    best = min(_seconds(path, deidentifier) for _ in range(20))
    assert best < 0.030  # 6 ms is the budget on a quiet core; five times that on a busy one


def _seconds(path: Path, deidentifier: Deidentifier) -> float:
    start = time.process_time()
    examine(path, deidentifier)
    return time.process_time() - start
