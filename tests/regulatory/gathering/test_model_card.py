"""A model card tells of the version in use, and quotes stored estimates only."""

from datetime import date

from records.clinical_follow_up import ReaderStudy
from records.risk import RiskFile, RiskItem
from records.store import Store
from regulatory.documents import model_card
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.places import CARD
from regulatory.gathering.model_card import gather_model_card
from tests.regulatory.gathering.conftest import basis_in, statements
from tests.regulatory.gathering.outline import cells, gaps, numbers, require_sound, table, texts
from tests.regulatory.gathering.small_store import DEVICE, add, add_device, at

OUTLINE = [str(number) for number in range(1, 10)]


def card(store: Store) -> Content:
    """The card as of now."""
    with store.reader() as reader:
        return model_card.build(gather_model_card(reader, basis_in(reader)))


def test_each_section_quotes_the_records_of_the_version(judged: Store) -> None:
    with judged.transaction("demo.quality", "told", now=at(12)) as tx:
        number = add(tx, RiskFile(
            device_id=1, device_name=DEVICE, version=1, content={}, content_digest="r",
            recorded_by="demo.quality", recorded_at=at(12),
        ))  # fmt: skip
        add(tx, RiskItem(
            risk_file_id=number, code="H-1", category="c", hazard="finding missed", sequence="s",
            situation="s", harm="late treatment", severity=3, probability_before=0.1,
            probability_after=0.01, basis="b", controls=[], observed=[], residual="read anyway",
        ))  # fmt: skip
        add(tx, ReaderStudy(
            device_id=1, device_name=DEVICE, key="rs", version=1, title="two arms",
            design="fully crossed", readers=8, experience="radiologists", cases=240,
            diseased=80, arms="a", endpoint="AUC difference",
            method="OR", estimate=0.03, low=0.01, high=0.05, since=date(2026, 2, 1), source="s",
            recorded_by="demo.quality", recorded_at=at(12),
        ))  # fmt: skip
    content = card(judged)
    assert numbers(content) == OUTLINE
    require_sound(content, card(judged))
    tests = texts(table(content, "Measures on the internal test").rows)
    assert ["Sensitivity", "1.000 (95 % CI 0.700 to 1.000; n = 4)", "2 of 2"] in [
        row[:3] for row in tests
    ]
    assert all(row[1].estimate for row in table(content, "Measures on the external").rows)
    readers = table(content, "Studies of readers")
    assert readers.rows[0][-1].text == "0.030 (95 % CI 0.010 to 0.050; n = 240)"
    assert readers.rows[0][-1].records == ("RDS-0001",)
    risks = texts(table(content, "Failure modes by the risk file, RKF-0001 (draft)").rows)
    assert risks == [["finding missed", "late treatment", "read anyway"]]
    history = texts(table(content, "Versions, newest first").rows)
    assert history[0][3:5] == ["refused", "not released"]
    assert {gap.place for _, gap in placed_gaps(content) if gap.place} == set(CARD)
    assert all(cell.text.strip() for cell in cells(content))


def test_the_number_of_questions_does_not_grow_with_the_studies(judged: Store) -> None:
    with judged.reader() as reader, statements(judged) as asked:
        gather_model_card(reader, basis_in(reader))
        assert asked() < 60


def test_without_a_version_what_hangs_on_it_is_a_gap(store: Store) -> None:
    with store.transaction("demo.engineer", "define", now=at(1)) as tx:
        add_device(tx)
    content = card(store)
    assert numbers(content) == OUTLINE
    require_sound(content)
    for number in ("1", "3", "4", "5", "6"):
        assert "the device has no model version" in {
            gap.reason for gap in gaps(content, number)
        }, number
    assert [gap.missing for gap in gaps(content, "1")][1:] == [
        "No manufacturer is recorded",
        "No person responsible for regulatory compliance is recorded",
        "No contact is recorded", "No certificate or declaration is recorded by 2026-06-06",
    ]  # fmt: skip
