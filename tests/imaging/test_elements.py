import io
from collections.abc import Callable
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement

from imaging import elements
from imaging.elements import tag, text


def raw(name: str, vr: str | None, value: bytes | None, *, little: bool = True) -> RawDataElement:
    return RawDataElement(tag(name), vr, len(value or b""), value, 0, vr is None, little)


def test_an_attribute_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        tag("PatientShoeSize")


def test_a_number_reads_the_same_in_either_byte_order(
    make_radiograph: Callable[..., Any],
) -> None:
    dataset = make_radiograph()
    dataset[tag("Rows")] = raw("Rows", "US", b"\x01\x02", little=False)
    assert elements.whole_number(dataset, tag("Rows")) == 258
    dataset[tag("Rows")] = raw("Rows", "US", b"\x01\x02")
    assert elements.whole_number(dataset, tag("Rows")) == 513


@pytest.mark.parametrize("value", [b"", None, b"\x01"])
def test_a_number_cut_short_reads_as_nothing(
    make_radiograph: Callable[..., Any], value: bytes | None
) -> None:
    dataset = make_radiograph()
    dataset[tag("Rows")] = raw("Rows", "US", value)
    assert elements.whole_number(dataset, tag("Rows")) is None


@pytest.mark.parametrize("value", [b"abc", b"1\\x", b"nan", b"inf", b"1e99"])
def test_text_that_is_no_finite_number_gives_no_numbers(
    make_radiograph: Callable[..., Any], value: bytes
) -> None:
    dataset = make_radiograph()
    dataset[tag("KVP")] = raw("KVP", "DS", value)
    assert elements.numbers(dataset, tag("KVP")) == ()


def test_text_in_an_unknown_character_set_still_reads(
    make_radiograph: Callable[..., Any],
) -> None:
    dataset = make_radiograph(SpecificCharacterSet="ISO_IR 192")
    dataset[tag("Manufacturer")] = raw("Manufacturer", "LO", "Münster".encode())
    assert elements.text(dataset, tag("Manufacturer")) == "Münster"
    dataset[tag("SpecificCharacterSet")] = raw("SpecificCharacterSet", "CS", b"NO SUCH SET")
    dataset[tag("Manufacturer")] = raw("Manufacturer", "LO", b"\xff\xfe")
    assert elements.text(dataset, tag("Manufacturer"))


@pytest.mark.parametrize("value", ["", "2026", "20261301", "20260230", "hello", "00000000"])
def test_what_is_no_date_reads_as_none(value: str) -> None:
    assert elements.calendar_date(value) is None


def test_a_vr_of_unknown_is_looked_up_in_the_standard() -> None:
    assert elements.representation(raw("PatientID", "UN", b"x"), tag("PatientID")) == "LO"
    assert elements.representation(raw("PatientID", None, b"x"), tag("PatientID")) == "LO"


def test_a_sequence_holds_no_text(make_radiograph: Callable[..., Any]) -> None:
    dataset = make_radiograph()
    dataset[tag("Manufacturer")] = raw("Manufacturer", "SQ", b"\xff\x00\x05\x00garbage")
    assert elements.texts(dataset, tag("Manufacturer")) == ()


@pytest.mark.parametrize("converted", [False, True])
def test_a_name_in_letters_beyond_ascii_is_one_text_and_not_its_letters(
    make_file: Callable[..., bytes], converted: bool
) -> None:
    name = "Mûller^Ödön"
    dataset = dcmread(
        io.BytesIO(make_file(SpecificCharacterSet="ISO_IR 100", PatientName=name))
    )
    if converted:
        assert str(dataset.PatientName) == name
    assert text(dataset, tag("PatientName")) == name
