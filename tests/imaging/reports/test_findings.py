"""What a report says of a finding: negation, doubt, history, other causes, which section wins."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.report_findings import agreement, table
from imaging.reports.findings import Said, report_findings, statements
from imaging.reports.rules import CHEST, load_rules
from imaging.sources.cases import draw_case
from imaging.sources.reports import report_text
from imaging.sources.simulator import read_by_people
from records.errors import InvalidInput
from records.settings import REPOSITORY
from tests.imaging.reports.labelled import labelled
from tests.imaging.sources.test_reports import PLANS


@pytest.mark.parametrize(
    ("text", "finding", "said"),
    [
        ("No focal consolidation, pleural effusion or pneumothorax.", "pneumothorax", "absent"),
        ("No effusion but a right basal consolidation.", "pneumonia", "present"),
        ("No effusion but a right basal consolidation.", "pleural_effusion", "absent"),
        ("No increase in the right pleural effusion.", "pleural_effusion", "present"),
        ("Pneumothorax: none.", "pneumothorax", "absent"),
        ("LUNGS CLEAR. NO PTX. CM.", "cardiomegaly", "present"),
        ("A 3 cm nodule.", "cardiomegaly", "not_mentioned"),
        ("Pneumonia cannot be excluded.", "pneumonia", "uncertain"),
        ("Findings consistent with pneumonia.", "pneumonia", "present"),
        ("Consolidation likely represents atelectasis.", "pneumonia", "not_mentioned"),
        ("INDICATION: ?pneumonia\nFINDINGS: Heart is enlarged.", "pneumonia", "not_mentioned"),
        ("History of pneumonia. Heart normal.", "pneumonia", "not_mentioned"),
        ("The previously seen pneumonia has cleared.", "pneumonia", "absent"),
        ("No effusion on the left. Small right effusion.", "pleural_effusion", "present"),
        ("Small pericardial effusion.", "pleural_effusion", "not_mentioned"),
        ("Repeat radiograph to exclude underlying pneumonia.", "pneumonia", "not_mentioned"),
        ("Heart size is at the upper limit of normal.", "cardiomegaly", "uncertain"),
        ("Blunting of the left costophrenic angle.", "pleural_effusion", "uncertain"),
        ("Costophrenic angles are sharp.", "pleural_effusion", "absent"),
        ("", "pneumonia", "not_mentioned"),
    ],
)  # fmt: skip
def test_a_statement_is_heard_as_it_was_meant(text: str, finding: str, said: str) -> None:
    assert report_findings(text)[finding] == said


def test_the_impression_outweighs_the_findings_and_an_addendum_both() -> None:
    text = "FINDINGS: Possible left effusion.\nIMPRESSION: No effusion. Pneumonia."
    assert report_findings(text)["pleural_effusion"] is Said.ABSENT
    later = f"{text}\nADDENDUM: On review there is a small left effusion."
    assert report_findings(later)["pleural_effusion"] is Said.PRESENT
    found = [(one.section, one.finding, one.said.value) for one in statements(text, load_rules())]
    assert found == [
        ("findings", "pleural_effusion", "uncertain"),
        ("impression", "pleural_effusion", "absent"), ("impression", "pneumonia", "present"),
    ]  # fmt: skip


def test_reports_of_simulated_readers_are_read_as_the_readers_meant_them() -> None:
    for plan in PLANS:
        meant = read_by_people(draw_case(plan))[1].finding
        text = report_text(plan)
        doubted = Said.UNCERTAIN if "suspicious for" in text else Said.PRESENT
        assert report_findings(text)["pneumonia"] is (doubted if meant else Said.ABSENT), text


@settings(max_examples=8)
@given(st.text(max_size=200))
def test_any_text_at_all_gets_an_answer_for_every_finding(text: str) -> None:
    found = report_findings(text)
    assert set(found) == set(load_rules().findings)
    assert all(isinstance(one, Said) for one in found.values())


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["no ", "pleural ", "a, " * 9, "heart ", "\n"]), max_size=200))
def test_no_text_keeps_the_rules_busy(words: list[str]) -> None:
    report_findings("".join(words))


def test_a_rule_set_is_named_by_its_bytes_and_a_wrong_one_by_its_entry(tmp_path: Path) -> None:
    rules = load_rules()
    assert re.fullmatch("[0-9a-f]{64}", rules.digest)
    assert rules.label == "chest-radiograph-en-1"
    text = CHEST.read_text()
    wrong = tmp_path / "wrong.yaml"
    for change, words in (
        (text.replace("not_negation:", "other:"), "'not_negation' is missing"),
        (text.replace('"no", "not"', '"no(", "not"'), "is no expression"),
        ("{", "cannot be read as YAML"),
    ):
        wrong.write_text(change)
        load_rules.cache_clear()
        with pytest.raises(InvalidInput, match=words):
            load_rules(wrong)
    load_rules.cache_clear()


def test_the_labelled_set_is_read_as_well_as_the_page_says() -> None:
    assert len(labelled("seen")) + len(labelled("unseen")) == 500
    page = (REPOSITORY / "docs" / "report-findings.md").read_text(encoding="utf-8")
    for part in ("unseen", "seen"):
        for row in table(part):
            assert row in page, row
    for name, measures in agreement("unseen").items():
        assert measures["specificity"].low is not None
        assert measures["specificity"].low > 0.9, name
        assert measures["sensitivity"].value is not None
        assert measures["sensitivity"].value > 0.85, name
