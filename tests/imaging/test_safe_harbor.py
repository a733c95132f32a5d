import json

import pytest

from imaging.safe_harbor import age_group, date_year, judged, postal_area


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(("age", "group"), [("092Y", "090Y"), ("090Y", "090Y"), ("089Y", "089Y"),
                                            ("104Y", "090Y"), ("011M", "011M")])  # fmt: skip
def test_ages_above_89_are_one_group(age: str, group: str) -> None:
    assert age_group(age) == group


@pytest.mark.requirement("REG-110")
def test_a_postal_code_keeps_three_digits_only_where_many_live() -> None:
    assert postal_area("03601", more_than_20000=False) == "000"
    assert postal_area("03601", more_than_20000=True) == "036"


def test_a_date_keeps_its_year() -> None:
    assert date_year("2026-11-23") == date_year("20261123") == "2026"


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize(
    ("modality", "part", "face"),
    [("CT", "HEAD", True), ("MR", "BRAIN", True), ("CT", "", True), ("CT", "CHEST", False),
     ("DX", "SKULL", False)],
)  # fmt: skip
def test_a_head_in_slices_can_be_a_face(modality: str, part: str, face: bool) -> None:
    found = judged(
        dates_kept=False, devices_kept=False, modality=modality, body_part=part,
        letters_possible=False,
    )  # fmt: skip
    assert (not found.met) is face
    assert json.dumps(found.unmet).count("face") == face
