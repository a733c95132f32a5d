"""A report says what the reader said, in words, and names nobody."""

from imaging.sources.cases import draw_case
from imaging.sources.knobs import Knobs
from imaging.sources.reports import report_text
from imaging.sources.simulator import operation_day_plan, read_by_people

PLANS = [one for one in operation_day_plan(6, "eastbrook", 2, 80, False) if one.defect is None]


def test_the_impression_is_the_readers_finding_even_where_it_is_wrong() -> None:
    wrong = 0
    for plan in PLANS:
        case = draw_case(plan)
        truth, reading = read_by_people(case)
        impression = report_text(plan).rstrip().rpartition("IMPRESSION: ")[2]
        negative = impression.startswith("No ")
        assert negative is (reading.finding == 0)
        wrong += truth.finding != reading.finding
    assert wrong > 0


def test_reports_are_the_same_again_differ_and_name_nobody() -> None:
    texts = [report_text(plan) for plan in PLANS]
    assert texts == [report_text(plan) for plan in PLANS]
    assert len(set(texts)) > 20
    for plan, text in zip(PLANS, texts, strict=True):
        patient = draw_case(plan).patient
        family = patient.name.partition("^")[0]
        assert family not in text
        assert patient.patient_id not in text
        assert [line.partition(":")[0] for line in text.splitlines()] == [
            "EXAMINATION", "INDICATION", "FINDINGS", "IMPRESSION"
        ]


def test_a_poorer_reader_writes_other_reports() -> None:
    poor = operation_day_plan(6, "eastbrook", 2, 80, False, knobs=Knobs(reader_skill=-3.0))
    pairs = [
        (report_text(one), report_text(two)) for one, two in zip(PLANS, poor, strict=False)
        if two.defect is None
    ]
    assert sum(one != two for one, two in pairs) > 10
