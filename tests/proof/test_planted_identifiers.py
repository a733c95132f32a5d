"""Identifiers planted in every attribute of DICOM, levels deep, in either encoding: none left."""

import os
import warnings

import pytest

from imaging.deidentify import Deidentifier
from imaging.encoding import encode_file
from imaging.pixels import parse_file
from tests.imaging.planted_identifiers import BIRTH, FAMILY, GIVEN, NUMBER, PLANTED, planted_file

KEY = b"a key for tests, 32 bytes long.."
DEPTH = 4 if os.environ.get("RADVIGIL_PROOF") == "full" else 2


@pytest.mark.proof
@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize(
    "words", [FAMILY, FAMILY.upper(), GIVEN, NUMBER, f"{GIVEN} {FAMILY}", f"{NUMBER}/{FAMILY}"]
)
def test_none_is_left_at_any_depth_in_either_encoding(words: str, implicit: bool) -> None:
    content = planted_file(words, implicit=implicit, depth=DEPTH)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom on values we invented
        kept = encode_file(Deidentifier(KEY).deidentify(parse_file(content)).dataset).lower()
    assert [one for one in (*PLANTED, BIRTH) if one.lower().encode() in kept] == []
    assert content.lower().count(words[:16].lower().encode()) > 1000 * DEPTH
