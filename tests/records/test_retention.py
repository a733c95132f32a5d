"""How long a record is kept: the longest period counts, and what is not known is kept."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.errors import InvalidInput
from records.retention import PERIODS, Facts, Retention, read_periods, retention_of

RULES = read_periods()


def keep(record: str, *jurisdictions: str, **facts: Any) -> Retention:
    return retention_of(record, jurisdictions, Facts(**facts), RULES)


LAST, RELEASE, EVENT = date(2029, 6, 30), date(2026, 11, 23), date(2026, 11, 1)


@pytest.mark.requirement("REG-120")
@pytest.mark.parametrize(
    ("record", "jurisdictions", "facts", "until"),
    [
        ("TECHNICAL_DOCUMENTATION", ["EU"], {"last_unit_placed": LAST}, date(2039, 6, 30)),
        ("TECHNICAL_DOCUMENTATION", ["EU"], {"last_unit_placed": LAST, "implantable": True},
         date(2044, 6, 30)),
        ("TECHNICAL_DOCUMENTATION", ["EU"], {"last_unit_placed": date(2028, 2, 29)},
         date(2038, 2, 28)),
        ("MDR_EVENT_FILE", ["US"], {"event_date": EVENT, "expected_life_years": 5},
         date(2031, 11, 1)),
        ("MDR_EVENT_FILE", ["US"], {"event_date": EVENT, "expected_life_years": 1},
         date(2028, 11, 1)),
        ("CORRECTION_OR_REMOVAL", ["US"], {"event_date": EVENT, "expected_life_years": 5},
         date(2033, 11, 1)),
        ("QMS_RECORD", ["US"], {"release_date": RELEASE, "device_lifetime_years": 5},
         date(2031, 11, 23)),
        ("QMS_RECORD", ["US"], {"release_date": RELEASE, "device_lifetime_years": 1.5},
         date(2028, 11, 23)),
        ("AUTOMATIC_LOGS", ["EU"], {"event_date": date(2026, 8, 31)}, date(2027, 2, 28)),
        ("PRIVACY_POLICY", ["US"], {"last_in_effect": RELEASE}, date(2032, 11, 23)),
    ],
)  # fmt: skip
def test_a_record_is_kept_until_the_day_that_the_law_names(
    record: str, jurisdictions: list[str], facts: dict[str, Any], until: date
) -> None:
    found = keep(record, *jurisdictions, **facts)
    assert found.retain_until == until
    assert not found.deletion_blocked
    assert not found.allows_deletion(until)
    assert found.allows_deletion(until + timedelta(days=1))
    assert found.citations
    assert found.version == RULES.version


REPORT: dict[str, Any] = {
    "last_unit_placed": date(2027, 12, 31), "release_date": RELEASE, "device_lifetime_years": 5,
}  # fmt: skip


@pytest.mark.requirement("REG-120", "R-P11-10c")
def test_the_longest_period_counts_and_a_legal_hold_blocks() -> None:
    held = keep("VALIDATION_REPORT", "EU", "US", **REPORT, legal_hold=True)
    assert held.retain_until == date(2037, 12, 31)
    assert held.deletion_allowed_on == date(2038, 1, 1)
    assert held.deletion_blocked
    assert not held.allows_deletion(date(2099, 1, 1))
    assert held.reasons == ("a legal hold stands",)
    assert keep("VALIDATION_REPORT", "US", **REPORT).retain_until == date(2031, 11, 23)


@pytest.mark.requirement("REG-120")
@pytest.mark.parametrize("unknown", sorted(REPORT))
def test_what_is_not_known_is_kept(unknown: str) -> None:
    found = keep("VALIDATION_REPORT", "EU", "US", **REPORT | {unknown: None})
    assert found.retain_until is None
    assert found.deletion_allowed_on is None
    assert found.deletion_blocked
    assert found.reasons == (f"{unknown} is not known",)
    assert not found.allows_deletion(date(2099, 1, 1))


def test_without_a_rule_a_record_is_kept() -> None:
    assert keep("MDR_EVENT_FILE", "EU").reasons == ("no rule says how long",)
    assert keep("MDR_EVENT_FILE").deletion_blocked


@pytest.mark.requirement("REG-017")
@pytest.mark.parametrize("record", ["AUDIT_TRAIL", "SIGNATURE"])
def test_the_trail_is_kept_with_its_records(record: str) -> None:
    found = keep(record, "EU", "US", **REPORT)
    assert found.deletion_blocked
    assert "belongs to" in found.reasons[0]


def test_an_unknown_kind_or_jurisdiction_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Known: AUDIT_TRAIL"):
        keep("QMS_RECORDS", "US")
    with pytest.raises(InvalidInput, match="'USA' is no jurisdiction"):
        keep("QMS_RECORD", "USA")


@given(
    record=st.sampled_from(sorted(RULES.records)),
    days=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    life=st.floats(0, 40), more=st.floats(0, 10),
)
def test_a_second_jurisdiction_or_a_longer_life_never_shortens(
    record: str, days: date, life: float, more: float
) -> None:
    def until(life: float, *jurisdictions: str) -> date:
        found = keep(
            record, *jurisdictions, last_unit_placed=days, event_date=days, release_date=days,
            last_in_effect=days, expected_life_years=life, device_lifetime_years=life,
        )
        return found.retain_until or date.max if found.citations else date.min

    both = until(life, "EU", "US")
    assert both == max(until(life, "EU"), until(life, "US"))
    assert until(life + more, "EU", "US") >= both > days


def test_a_faulty_file_of_periods_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text(PERIODS.read_text().replace("anchor: release_date", "anchor: relese_date"))
    with pytest.raises(InvalidInput, match=r"retention\.yaml, line \d+: .*anchor"):
        read_periods(path)
