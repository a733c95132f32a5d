"""The country of a site's record counts, unless another is told; then both are said."""

import io
from typing import Any

import pytest
from openpyxl import Workbook

from records.errors import InvalidInput, NotAllowed, Refused
from records.incidents import Incident
from records.known_facts import REGIONS
from records.people import find_actor
from records.queries import sites_by_name
from records.site_decisions import address_site, place_site
from regulatory.documents.surveillance_facts import Across, InPeriod, PeriodTable
from regulatory.event_places import otherwise_placed_incident
from regulatory.gathering.similar_counts import NOT_RECORDED, known_of_similar
from regulatory.gathering.surveillance_codes import coded
from regulatory.gathering.surveillance_events import events
from regulatory.reportability import questions_for
from regulatory.site_import import import_sites
from tests.dashboards.small_workspace import SITES
from tests.regulatory.event_team import (
    EU,
    NOW,
    Team,
    assessed,
    incident_of,
    received,
    team,
    template,
)

__all__ = ["team", "template"]
HERE = SITES[0]
SERIOUS = {name: value for name, value in EU.items() if name != "member_states"}


def lies_in(team: Team, country: str, site: str = HERE) -> None:
    place_site(team.tx, sites_by_name(team.tx)[site], country, by=team.quality)


def placed(team: Team, one: Incident) -> Any:
    return coded(team.tx, [one], {}, None)[0]


@pytest.mark.parametrize(("country", "inside"), [
    ("DE", True), ("TR", True), ("XI", True), ("US", False), ("CH", False), ("GB", False),
])  # fmt: skip
def test_an_incident_nobody_placed_counts_where_its_site_lies(
    team: Team, country: str, inside: bool
) -> None:
    one = incident_of(team)
    assert (placed(team, one).country, placed(team, one).inside) == ("", None)
    lies_in(team, country)
    found = placed(team, one)
    assert (found.country, found.inside, found.otherwise) == (country, inside, "")
    assert found.records == (one.label, sites_by_name(team.tx)[HERE].label)


@pytest.mark.parametrize("code", ["UK", "EL", "EU", "de", "ZZ", "", "DEU"])
def test_what_is_no_country_is_refused(team: Team, code: str) -> None:
    with pytest.raises(InvalidInput, match="no country"):
        lies_in(team, code)


def test_a_site_is_placed_by_who_confirms_sites_and_not_twice_alike(team: Team) -> None:
    site = sites_by_name(team.tx)[HERE]
    with pytest.raises(NotAllowed):
        place_site(team.tx, site, "DE", by=team.engineer)
    lies_in(team, "DE")
    with pytest.raises(Refused, match="recorded in DE already"):
        lies_in(team, "DE")
    lies_in(team, "AT")
    assert sites_by_name(team.tx)[HERE].country == "AT"


def test_the_rules_are_asked_with_the_state_of_the_site(team: Team) -> None:
    one = incident_of(team)
    lies_in(team, "FR")
    asked = {each.name: each.known for each in questions_for(team.tx, one, "EU")}
    assert asked["member_states"] == ["FR"]
    made = assessed(team, one, "EU", SERIOUS)
    assert (made.facts["country_of_incident"], made.facts["member_states"]) == ("FR", ["FR"])
    assert [each["member_state"] for each in made.clocks] == ["FR"]
    assert otherwise_placed_incident(team.tx, one, made.facts) == ""


def test_what_is_told_wins_and_the_record_is_said_beside_it(team: Team) -> None:
    one = incident_of(team)
    lies_in(team, "FR")
    assessed(team, one, "EU", SERIOUS)
    made = assessed(team, one, "EU", {"member_states": ["DE"]})
    assert "country_of_incident" not in made.facts
    said = f"told to have happened in DE; the site {HERE} is recorded in FR"
    assert otherwise_placed_incident(team.tx, one, made.facts) == said
    found = placed(team, one)
    assert (found.country, found.inside, found.otherwise) == ("DE", True, said)
    abroad = assessed(team, one, "EU", {"country_of_incident": "US"})
    assert placed(team, one).inside is False
    assert "recorded in FR" in otherwise_placed_incident(team.tx, one, abroad.facts)


def test_a_mir_counts_by_the_records_and_says_where_the_form_differs(team: Team) -> None:
    one = incident_of(team)
    for number, country in enumerate(("DE", "US", "FR")):
        lies_in(team, country, SITES[number])

    def counted(countries: dict[str, str]) -> tuple[Any, str]:
        found = known_of_similar(team.tx, one, countries=countries, on=NOW.date())
        row = found["similar_counts"].value[0]
        return (row["country_incidents"], row["eea_incidents"]), found["counts_method"].value

    assert counted({})[0] == (1, 1)
    assert "By what is told" not in counted({})[1]
    number, method = counted({HERE: "US"})
    assert number == (1, NOT_RECORDED), "no study is on record here: none is not known of the EEA"
    assert f"By what is told with the form: {HERE} is told to lie in US, and recorded in DE." in (
        method
    )


def test_complaints_count_in_the_region_of_their_site(team: Team) -> None:
    received(team)
    abroad = received(team, site=SITES[1], words="It stood still.")
    lies_in(team, "DE")
    lies_in(team, "US", SITES[1])
    nowhere = received(team, site="", words="It was slow.")
    day = NOW.date()
    device = "chest-radiograph-pneumonia"
    unknown = (InPeriod(None, why="not recorded"),)
    whole = PeriodTable(((day, day),), tuple(Across((one,), unknown) for one in REGIONS))
    found = events(team.tx, device, ((day, day),), (day, day), whole, None)
    first, second = found.complaints.rows[:2]
    assert [one.labels[1] for one in (first, second)] == ["EEA+TR+XI", "worldwide"]
    assert (first.periods[0].value, second.periods[0].value) == (1, 3)
    assert found.unplaced_complaints == (nowhere.label,)
    assert abroad.label not in first.periods[0].records


def test_sites_are_placed_by_a_table_all_or_none(team: Team) -> None:
    good = f"site,country\n{SITES[0]},DE\n{SITES[1]},CH\n".encode()
    done = import_sites(team.tx, good, by=team.quality)
    assert (done.placed, done.known) == ([SITES[0], SITES[1]], [])
    assert import_sites(team.tx, good, by=team.quality).known == [SITES[0], SITES[1]]
    wrong = f"site,country\n{SITES[2]},UK\nnowhere,DE\n{SITES[0]},US\n{SITES[0]},DE\n".encode()
    with pytest.raises(InvalidInput) as refused:
        import_sites(team.tx, wrong, by=team.quality)
    for words in ("Row 2: 'UK' is no country", "Row 3: site: there is no site 'nowhere'",
                  f"Row 4: country: '{SITES[0]}' is recorded with DE",
                  f"Row 5: site: '{SITES[0]}' stands in row 4 already"):  # fmt: skip
        assert words in refused.value.message
    assert sites_by_name(team.tx)[SITES[2]].country == ""
    book = Workbook()
    for row in (["site", "country"], [SITES[0], "US"]):
        book.worksheets[0].append(row)
    packed = io.BytesIO()
    book.save(packed)
    moved = import_sites(team.tx, packed.getvalue(), by=team.quality, correct=True)
    assert moved.placed == [SITES[0]]
    with pytest.raises(NotAllowed):
        import_sites(team.tx, good, by=find_actor(team.tx, "demo.engineer"))


def test_addresses_come_one_by_one_and_by_a_table(team: Team) -> None:
    site = sites_by_name(team.tx)[HERE]
    address_site(team.tx, site, address="1 High Street, 00000 Sampletown", telephone="",
                 by=team.quality)  # fmt: skip
    address_site(team.tx, site, address="", telephone="+49 30 000000", by=team.quality)
    rows = f"site,country,address\n{SITES[1]},,2 Low Street\n{HERE},DE,\n".encode()
    assert import_sites(team.tx, rows, by=team.quality).placed == [SITES[1], HERE]
    found = sites_by_name(team.tx)
    assert (found[HERE].country, found[HERE].address, found[HERE].telephone) == (
        "DE", "1 High Street, 00000 Sampletown", "+49 30 000000"
    )
    assert found[SITES[1]].address == "2 Low Street"
    with pytest.raises(InvalidInput, match="Neither an address nor"):
        address_site(team.tx, site, address=" ", telephone="", by=team.quality)
    with pytest.raises(NotAllowed):
        address_site(team.tx, site, address="x", telephone="", by=team.engineer)
    with pytest.raises(InvalidInput, match="Row 2: Nothing is said of the site"):
        import_sites(team.tx, f"site,country\n{HERE},\n".encode(), by=team.quality)
