"""The reports in a result: text as it was written, whatever signs are in it; status; whose."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.reports.arrived import ArrivedReport
from imaging.ris.message import read_header
from imaging.ris.results import read_reports
from tests.imaging.ris.reporting import obx, result


def only(content: bytes) -> ArrivedReport:
    (report,) = read_reports(read_header(content), content)
    return report


PRINTED = st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f") | (
    st.sampled_from("|^~\\&\n")
)


@settings(deadline=None, max_examples=80)
@given(st.text(PRINTED, min_size=1, max_size=60).filter(lambda text: bool(text.strip())))
def test_every_sign_of_a_text_survives_escaping(text: str) -> None:
    plain = "".join(one for one in text if not 0x7F <= ord(one) <= 0x9F) + "."
    told = only(result("A", obx(1, f"x {plain}", called="TXT"), uid="1.2.1"))
    assert told.text == f"x {plain}".rstrip()
    assert ArrivedReport.from_json(told.to_json()) == told


def test_repeated_observations_are_one_text_under_their_headings() -> None:
    told = only(result(
        "A", obx(1, "Left basal consolidation.", called="GDT"),
        obx(2, "No effusion.", called="GDT"),
        obx(3, "Pneumonia.", called="IMP"), obx(4, "Withdrawn.", called="IMP", status="X"),
        uid="1.2.1",
    ))  # fmt: skip
    assert told.text == (
        "FINDINGS: Left basal consolidation.\nNo effusion.\nIMPRESSION: Pneumonia."
    )
    assert (told.study, told.accession, told.number) == ("1.2.1", "ACC4711", "RP90017")
    assert told.reader == "Oberhuber^Quendolin"
    assert {"Zwetschkenbaum", "Rosalinde"} <= set(told.names)


@pytest.mark.parametrize(
    ("obr", "rows", "status"),
    [("F", "F", "final"), ("P", "F", "preliminary"), ("C", "F", "corrected"),
     ("X", "X", "cancelled"), ("", "P", "preliminary"), ("", "C", "corrected"), ("", "F", "final"),
     ("A", "F", "preliminary")],
)  # fmt: skip
def test_the_status_is_the_requests_else_that_of_its_observations(
    obr: str, rows: str, status: str
) -> None:
    assert only(result("A", obx(1, "No effusion.", status=rows), status=obr)).status == status
