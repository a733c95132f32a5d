"""Every form in which makers send results says the same of the same finding, or is refused."""

import io
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.external import capture as captures
from imaging.external import message, structured_report, table
from imaging.external.saying import ResultRefused, Why, answer_in_text, require_software
from imaging.sources.base import SourceRefused
from tests.imaging.external.dialects import (
    AT,
    UNSAID,
    capture,
    highdicom_report,
    monai,
    oru,
    product,
    vendor,
)
from tests.imaging.results.readings import READING, slices

STUDY = "1.2.840.99.1"


def of_report(dataset: Any, **changes: Any):
    return structured_report.read_report(product(**changes), dataset, zone=AT.tzinfo)


def refusal(read, *given_to: Any, **named: Any) -> Why:
    with pytest.raises(ResultRefused) as refused:
        read(*given_to, **named)
    return refused.value.why


@pytest.mark.parametrize(("one", "score", "decision"), [
    (vendor(STUDY, score=87, present=True), 0.87, True),
    (vendor(STUDY, score=12, present=False), 0.12, False),
    (vendor(STUDY, score=12, present=True), 0.12, True),  # the product's own answer counts
    (vendor(STUDY, score=51, present=None), 0.51, True),
    (monai(STUDY, text="Pneumonia: positive. Probability 87 %"), 0.87, True),
    (monai(STUDY, text="Pneumonia not detected; score 3"), 0.03, False),
    (monai(STUDY, text="AI RESULT\nNo effusion detected.\nConsolidation suspected"), None, True),
    (highdicom_report(STUDY, percent=87.0, present=True), 0.87, True),
    (highdicom_report(STUDY, percent=3.0, present=False), 0.03, False),
])  # fmt: skip
def test_reports_of_three_makers_are_read(one: Any, score: float | None, decision: bool) -> None:
    held = io.BytesIO()
    one.save_as(held, enforce_file_format=True)
    held.seek(0)
    said = of_report(pydicom.dcmread(held))
    assert (said.score, said.decision) == (pytest.approx(score), decision)
    assert said.software == "2.1.0"
    assert (said.study.by, said.study.value) == ("uid", STUDY)


def test_our_own_reports_are_one_dialect() -> None:
    from imaging.results.report import make_report

    (image,) = slices(series=1, count=1)
    for name in UNSAID:
        setattr(image, name, "")
    report = make_report(READING, [image], "1.2.3.1")
    said = of_report(report, known_as=[READING.manufacturer])
    assert (said.score, said.decision) == (pytest.approx(0.8731), True)
    assert said.software == READING.model_version


def test_when_and_whose() -> None:
    assert of_report(vendor(STUDY, score=87, present=True)).said_at == AT
    assert refusal(of_report, vendor(STUDY, score=87, present=True), known_as=["Another"]) is (
        Why.OTHER_PRODUCT
    )


@pytest.mark.parametrize(("one", "why"), [
    (vendor(STUDY, score=None, present=None), Why.NO_DECISION),
    (vendor(STUDY, score=140, present=True), Why.SCORE),
    (vendor(STUDY, score=3, present=True, version=""), Why.NO_VERSION),
    (monai(STUDY, text="All is well."), Why.NO_FINDING),
    (monai(STUDY, text="Pneumonia"), Why.NO_DECISION),
    (monai(STUDY, text="Pneumonia present or absent"), Why.CONTRADICTORY),
    (monai("", text="Pneumonia present"), Why.NO_STUDY),
])  # fmt: skip
def test_what_cannot_be_told_is_refused(one: Any, why: Why) -> None:
    assert refusal(of_report, one) is why


def test_a_product_without_scores_has_none_whatever_it_prints() -> None:
    said = of_report(vendor(STUDY, score=87, present=True), score="none", threshold=None)
    assert (said.score, said.decision) == (None, True)


def test_captures_are_read_by_their_attributes_and_by_what_is_burned_in() -> None:
    def read(one: Any):
        return captures.read_capture(product(), one, zone=AT.tzinfo)

    said = read(capture(STUDY, comments="Pneumonia detected (score 64)"))
    assert (said.score, said.decision) == (0.64, True)
    said = read(capture(STUDY, comments="", lines=("PNEUMONIA: NEGATIVE", "SCORE 12")))
    assert (said.score, said.decision) == (0.12, False)
    assert refusal(read, capture(STUDY, comments="see picture")) is Why.NO_FINDING
    assert refusal(read, capture(STUDY, comments="", lines=("CHEST PA", "L"))) is Why.NO_FINDING


def test_messages_are_read_group_by_group() -> None:
    def read(content: bytes):
        return message.read_message(product(), content, zone=AT.tzinfo)

    said = read(oru(STUDY, score=87, answer="present"))
    assert (said.score, said.decision, said.software) == (0.87, True, "2.1.0")
    assert (said.study.by, said.study.value, said.said_at) == ("uid", STUDY, AT)
    said = read(oru("", score=12, accession="ACC-9"))
    assert (said.score, said.decision, said.study.by, said.study.value) == (
        0.12, False, "accession", "ACC-9"
    )
    assert refusal(read, oru(STUDY, score=87, status="X")) is Why.NO_FINDING
    assert refusal(read, oru("", score=87)) is Why.NO_STUDY
    assert refusal(read, b"MSH|nonsense") is Why.NOT_A_RESULT
    assert message.is_from(product(), oru(STUDY, score=87))
    assert not message.is_from(product(known_as=["Another"]), oru(STUDY, score=87))


HEADER = "study,version,score,decision,said_at\n"


def test_tables_are_read_or_refused_whole_naming_line_and_column(tmp_path) -> None:
    path = tmp_path / "results.csv"
    path.write_text(HEADER + f"{STUDY},2.1,87,,2026-01-05T09:30\nstu-0007,2.1,,0,2026-01-05\n"
                    "1.2.3,2.1,12,positive,2026-01-05T09:30+01:00\n")  # fmt: skip
    one, two, three = table.read_table(product(), path, zone=AT.tzinfo)
    assert (one.score, one.decision, one.said_at) == (0.87, True, AT)
    assert (two.score, two.decision, two.study.by, two.study.value) == (
        None, False, "label", "STU-0007"
    )
    assert (three.score, three.decision) == (0.12, True)
    path.write_text(HEADER + f"{STUDY},2.1,870,,2026-01-05\nZwetschkenbaum,2.1,1,1,2026-01-05\n"
                    f"{STUDY},,1,1,2026-01-05\n{STUDY},2.1,1,perhaps,2026-01-05\n"
                    f"{STUDY},2.1,,,2026-01-05\n{STUDY},2.1,1,1,soon\n")  # fmt: skip
    with pytest.raises(SourceRefused) as refused:
        table.read_table(product(), path, zone=AT.tzinfo)
    for told in ("line 2, column score", "line 3, column study", "line 4, column version",
                 "line 5, column decision", "line 6, column decision", "line 7, column said_at"):
        assert told in refused.value.message
    assert "Zwetschkenbaum" not in str(refused.value)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_is_read_as_more_than_it_says(text: str) -> None:
    try:
        score, decision = answer_in_text(product(), text)
    except ResultRefused as refused:
        assert text.strip() == "" or text not in str(refused) or len(text) < 20
        return
    assert score is None or 0 <= score <= 1
    assert isinstance(decision, bool)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 100).map(lambda one: round(one, 2)), st.sampled_from(["positive", "not detected"]),
    st.sampled_from([": ", " - ", " "]), st.sampled_from(["; ", "\n", ". "]),
)
def test_score_and_answer_survive_how_a_line_is_written(
    score: float, answer: str, colon: str, parted: str
) -> None:
    text = f"Findings{parted}PNEUMONIA{colon}{answer}{parted}Score{colon}{score}{parted}End"
    found, decision = answer_in_text(product(), text)
    assert found == pytest.approx(score / 100)
    assert decision is (answer == "positive")


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 600))
def test_damaged_messages_are_refused_and_nothing_else(noise: bytes, at: int) -> None:
    whole = oru(STUDY, score=87, answer="present")
    damaged = whole[:at] + noise + whole[at:]
    try:
        said = message.read_message(product(), damaged, zone=AT.tzinfo)
    except ResultRefused:
        return
    assert said.score is None or 0 <= said.score <= 1


@pytest.mark.parametrize("version", [
    "2.1.0", "VB20A", "v3.0 SP1", "2.2 (build 45)", "2024.01.15-rc1", "R2",
    "chest-radiograph-pneumonia 1 0123456789ab",
])  # fmt: skip
def test_a_version_is_kept_as_it_is_stated(version: str) -> None:
    assert require_software(f" {version} ") == version


@pytest.mark.parametrize("named", [
    "ZZTOPSECRET Jane 1950-01-01", "Doe John", "Jane 2", "DOE-JANE", "19500101", "1950-01-01", "",
    "2.1.0\nDoe", "O'Hara 3", "2.1.0 Doe",
])  # fmt: skip
def test_what_may_be_a_person_is_no_version(named: str) -> None:
    assert refusal(require_software, named) is Why.NO_VERSION
