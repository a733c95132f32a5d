"""No identifier is left in what is kept, whatever attribute it stood in."""

import io
import logging
import string
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from imaging.confidentiality import ACTIONS
from imaging.deidentify import Deidentifier
from imaging.encoding import encode_file
from imaging.ingest import Arrival, ingest
from imaging.pixels import parse_file
from imaging.reception import examine_bytes
from records.store import Store
from tests.conftest import NOW
from tests.imaging.planted_identifiers import (
    BIRTH,
    FAMILY,
    GIVEN,
    NEIGHBOUR,
    NUMBER,
    PLANTED,
    attributes,
    planted_file,
)

WORDS = f"{GIVEN} {FAMILY} {NUMBER}"


def left_in(content: bytes, *more: str) -> list[str]:
    lowered = content.lower()
    return [one for one in (*PLANTED, *more) if one.lower().encode() in lowered]


def kept_of(content: bytes, key: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return encode_file(Deidentifier(key).deidentify(parse_file(content)).dataset)


def elements(dataset: Any) -> Iterator[Any]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from elements(item)
        else:
            yield element


def test_the_corpus_plants_most_attributes_of_the_dictionary() -> None:
    assert len(list(attributes())) > 4000
    assert left_in(planted_file(WORDS)) == list(PLANTED)


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(("words", "implicit"), [(WORDS, False), (FAMILY, True)])
def test_no_attribute_keeps_what_was_planted_in_all(
    key: bytes, words: str, implicit: bool
) -> None:
    content = planted_file(words, implicit=implicit)
    kept = kept_of(content, key)
    assert left_in(kept, BIRTH) == []
    assert len(kept) < len(content) / 2


@pytest.mark.requirement("REG-110")
def test_a_name_that_nothing_tells_stays_in_the_few_texts_of_equipment_and_codes_only(
    key: bytes,
) -> None:
    """What de-identification by attribute cannot do, held to a list that a reviewer can read."""
    kept = kept_of(planted_file(NEIGHBOUR), key)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            element.keyword for element in elements(pydicom.dcmread(io.BytesIO(kept)))
            if NEIGHBOUR.lower() in str(element.value).lower()
        }
    codes = {one.keyword for one in elements(pydicom.dcmread(io.BytesIO(kept))) if one.VR == "CS"}
    assert found - codes <= set(ACTIONS["C"].split())


@pytest.mark.requirement("REG-110")
@settings(max_examples=15, deadline=None)
@given(
    family=st.text(string.ascii_uppercase, min_size=6, max_size=12),
    number=st.from_regex(r"[1-9][0-9]{7}", fullmatch=True), implicit=st.booleans(),
)  # fmt: skip
def test_whatever_the_identifier_is_none_is_left(
    make_file: Any, key: bytes, family: str, number: str, implicit: bool
) -> None:
    syntax = pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = make_file(
            PatientName=f"QX{family}^J", PatientID=number, AcquisitionNumber=number,
            StudyDescription=f"Thorax QX{family}", Manufacturer=f"for qx{family.lower()}",
            ImageType=["ORIGINAL", f"QX{family}"[:16]], FilterType=f"QX{family}"[:16],
            SeriesNumber=number, FrameOfReferenceUID=f"1.2.{number}", syntax=syntax,
        )  # fmt: skip
    lowered = kept_of(content, key).lower()
    assert f"qx{family.lower()}".encode() not in lowered
    assert number.encode() not in lowered


@pytest.mark.requirement("REG-110")
def test_no_planted_identifier_is_in_the_workspace_the_log_or_a_refusal(
    store: Store, tmp_path: Path, key: bytes, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "arrived"
    folder.mkdir()
    whole = planted_file(WORDS)
    arrived = {
        f"{FAMILY}_{GIVEN}_{NUMBER}.dcm": whole, f"{NUMBER}.dcm": whole[: len(whole) // 2],
        f"{FAMILY}.txt": WORDS.encode(), f"{GIVEN}.dcm": planted_file(WORDS, PatientID=None),
    }  # fmt: skip
    for name, content in arrived.items():
        (folder / name).write_bytes(content)
    with caplog.at_level(logging.DEBUG):
        report = ingest(
            store, sorted(folder.iterdir()), Arrival("north", "clinical", date(2026, 1, 5)),
            actor="service:intake", now=NOW,
        )  # fmt: skip
    assert (report.files, report.stored) == (4, 1), report.to_dict()
    said = "".join(capfd.readouterr()) + caplog.text + str(report.to_dict())
    assert left_in(said.encode()) == []
    with store.reader() as reader:
        tables = reader.execute(text("SELECT name FROM sqlite_master WHERE type='table'")).all()  # type: ignore[deprecated]
        rows = [str(reader.execute(text(f"SELECT * FROM {one}")).all()) for (one,) in tables]  # type: ignore[deprecated]  # noqa: S608
    assert left_in("".join(rows).encode(), "north/") == []
    home = store.workspace.home
    for path in home.rglob("*"):
        if path.is_file() and "quarantine" not in path.parts:
            assert left_in(path.read_bytes()) == [], path.name
        assert left_in(path.name.encode()) == []
    for content in (whole, whole[: len(whole) // 2], whole[:-4]):
        assert left_in(repr(examine_bytes(content, Deidentifier(key))).encode()) == []
