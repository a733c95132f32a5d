"""What a builder reads: what is known with its records, and a sentence for what is not."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest

from records import known_facts as known
from records.fact_kinds import FACT_KINDS, fact_kind
from records.missing_facts import missing_facts
from records.plan_facts import COLLECTED
from records.recorded_facts import take_facts
from records.store import Store
from tests.records.each_fact import example_cells
from tests.records.facts_workspace import DEVICE, TODAY, device_and, opened_for_facts

SINCE, UNTIL = date(2025, 7, 1), date(2026, 6, 30)
ROWS: dict[str, list[dict[str, str]]] = {
    "sales": [
        {"region": "EEA+TR+XI", "number": "0"},
        {"region": "worldwide", "number": "9"},
        {"region": "worldwide", "number": "7", "since": "2024-07-01", "until": "2025-06-30"},
        {"region": "worldwide", "number": "8", "since": "2024-07-01", "until": "2025-06-30"},
        {"region": "DE", "number": "2"},
    ],
    "exposure": [{"region": "worldwide", "characteristic": "all", "group": ""}, {}],
    "literature-search": [{}, {"searched_on": "2024-01-10", "since": "2023-01-01",
                               "until": "2023-12-31"}],
    "literature-finding": [{"search": "literature-search-0"}],
    "pmcf-activity": [
        {"until": "2026-06-30"}, {"since": "2023-01-01", "until": "2024-01-01", "state": "finished",
                                  "result": "x", "conclusion": "y"},
    ],
    "reader-study": [{"estimate": "", "low": "", "high": ""}],
    "organisation": [{"registration": ""}, {"role": "contact"},
                     {"role": "authorised representative", "until": "2025-12-31"}],
    "supplier": [{"evaluated_on": "", "outcome": ""}],
    "certificate": [{"valid_until": "2026-01-31"}],
    "identifier": [{}, {"since": "2026-07-01"}],
    "market": [{}, {"country": "FR", "until": "2026-01-31"}],
    "claim": [{"grounds": ""}],
    "gspr": [{"requirement": "17.2"}, {"requirement": "2", "grounds": ""}],
    "plan-source": [{}],
    "plan-indicator": [{"baseline": ""}],
    "nonconformity": [{"closed_on": ""}],
}  # fmt: skip


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = opened_for_facts(tmp_path_factory.mktemp("w"))
    with store.transaction("ada", "facts", now=TODAY) as tx:
        device, ada = device_and(tx)
        for kind, rows in ROWS.items():
            table = fact_kind(kind)
            cells = [(number, example_cells(table, key=f"{kind}-{number}") | row)
                     for number, row in enumerate(rows)]  # fmt: skip
            take_facts(tx, table, device, cells, by=ada, now=TODAY)
    yield store
    store.close()


@pytest.mark.requirement("REG-065")
def test_sales_of_four_years_tell_zero_from_missing_and_never_add_two_figures(
    facts: Store,
) -> None:
    with facts.reader() as reader:
        cells, lacking = known.sales_by_year(reader, DEVICE, UNTIL)
    found = {(one.since.year, one.region): one.fact and one.fact.told["number"] for one in cells}
    assert found[2025, "EEA+TR+XI"] == 0
    assert found[2025, "worldwide"] == 9
    assert found[2024, "worldwide"] is None
    assert found[2022, "EEA+TR+XI"] is None
    assert len(cells) == 8
    assert len(lacking) == 6
    assert "SAL-0003 and SAL-0004 both tell installations in worldwide, 2024-07-01 to " \
        "2025-06-30: one must be withdrawn." in lacking  # fmt: skip
    assert "Nobody recorded installations in EEA+TR+XI, 2022-07-01 to 2023-06-30." in lacking


@pytest.mark.requirement("REG-065", "REG-069")
def test_each_reading_gives_its_records_and_names_what_it_lacks(facts: Store) -> None:
    with facts.reader() as reader:
        exposure = known.exposure_in(reader, DEVICE, SINCE, UNTIL)
        assert exposure.labels == ("EXP-0001", "EXP-0002")
        assert exposure.lacking == (
            "The size of the population in EEA+TR+XI, 2025-07-01 to 2026-06-30, is not recorded.",
            "Nobody recorded the population by sex, 2025-07-01 to 2026-06-30.",
        )
        literature, register = known.searches_in(reader, DEVICE, SINCE, UNTIL)
        assert (literature.labels, literature.lacking) == (("LIT-0001",), ())
        assert register.lacking == ("No search of databases of events, 2025-07-01 to 2026-06-30.",)
        kept = known.findings_of(reader, DEVICE, literature.facts)
        assert kept.lacking == ("LIT-0001 kept 6 publications, and 1 are told.",)
        activities = known.follow_up_activities(reader, DEVICE, SINCE, UNTIL)
        assert activities.labels == ("PMC-0001",)
        assert activities.lacking == ("PMC-0001 was to end by 2026-06-30, and is running.",)
        people = known.organisations_on(reader, DEVICE, UNTIL)
        assert people.labels == ("ORG-0001", "ORG-0002")
        assert people.lacking == ("No person responsible for regulatory compliance is recorded.",
                                  "ORG-0001 has no number of registration.")  # fmt: skip
        assert known.identifiers_on(reader, DEVICE, UNTIL).labels == ("UDI-0001",)
        assert known.markets_on(reader, DEVICE, UNTIL).labels == ("MKT-0001",)
        assert known.certificates_on(reader, DEVICE, UNTIL).lacking == (
            "CRT-0001 ended on 2026-01-31, and is recorded as valid.",)
        annex = known.safety_requirements(reader, DEVICE)
        assert annex.labels == ("GSP-0002", "GSP-0001")
        assert len(annex.lacking) == 21 + 1
        assert annex.lacking[-1] == "GSP-0002 (Annex I, 2) names no evidence."
        assert len(known.plan_sources_on(reader, DEVICE, UNTIL).lacking) == len(COLLECTED) - 1
        assert known.plan_sources_on(reader, DEVICE, date(2025, 1, 1)).facts == ()


def test_what_is_missing_is_one_list_and_a_device_without_facts_lacks_every_kind(
    facts: Store,
) -> None:
    with facts.reader() as reader:
        here = missing_facts(reader, DEVICE, SINCE, UNTIL)
        nothing = missing_facts(reader, "other", SINCE, UNTIL)
    for words in ("SUP-0001 is critical", "LBL-0001 names no evidence", "RDS-0001 has no result",
                  "IND-0001 has no baseline", "NCF-0001 is open", "No standard is recorded.",
                  "No similar device is recorded."):  # fmt: skip
        assert any(words in one for _, one in here), words
    named = {kind for kind, _ in nothing}
    assert set(FACT_KINDS) - named == {"literature-finding", "reader-study"}
    assert {kind for kind, _ in here} <= set(FACT_KINDS)


@pytest.mark.parametrize("until", ["2026-06-30", "2024-02-28", "2024-02-29", "2025-12-31"])
def test_twelve_months_follow_each_other_without_a_gap(until: str) -> None:
    last = date.fromisoformat(until)
    periods = known.twelve_months_back(last, 6)
    assert periods[0][1] == last
    for (later, _), (_, earlier) in pairwise(periods):
        assert 1 <= (later - earlier).days <= 2
