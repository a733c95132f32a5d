"""The side bar: work counted by deadline, the search, and pages in the order of one's roles."""

from datetime import date, timedelta
from html import unescape

from dashboards.links import PAGE_OF_LABEL
from dashboards.navigation import AREAS_OF, PAGES, all_pages, areas_for
from dashboards.views.overview import PAGE_OF
from journeys.my_work import my_work, owed_work
from records.owed_work import DEADLINES, counts_by_deadline, deadline_of
from records.people import ROLES_OF_PEOPLE, find_actor
from records.store import Store
from records.tables import RECORDS
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY


def test_the_counts_are_those_of_the_list_of_work_and_lead_to_it(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality")
    with records.reader() as reader:
        work = my_work(reader, owed_work(reader, TODAY), find_actor(reader, "demo.quality"),
                       on=TODAY.date())  # fmt: skip
    counts = counts_by_deadline(work, TODAY.date())
    words = text_of(app)
    for name, count in counts.items():
        assert (f"?work={name}&amp;mine=yes" in words) == bool(count)
    assert sum(counts.values()) == len(work) > 0
    name = next(name for name, count in counts.items() if count)
    app.query_params["work"], app.query_params["mine"] = name, "yes"
    app.run()
    assert app.toggle(key="work-mine").value is True
    shown = [one for one in work if deadline_of(one.due, TODAY.date()) == name]
    listed = next(one for one in text_of(app).splitlines() if "By what rule" in one)
    assert listed.count("<tr>") == len(shown) + 1
    app.query_params["work"] = "never"
    assert "'never', which is no deadline" in unescape(text_of(app.run()))


def test_a_day_belongs_to_one_deadline() -> None:
    today = date(2026, 3, 6)
    found = [deadline_of(today + timedelta(days=one), today) for one in (-1, 0, 1, 7, 8)]
    assert [*found, deadline_of(None, today)] == [
        "overdue", "today", "7 days", "7 days", "later", "no day"
    ]
    assert set(found) < set(DEADLINES)


def test_the_search_leads_to_the_page_of_what_it_finds(visit: Visit) -> None:
    app = visit("demo.quality")
    app.text_input(key="find").set_value("chr-1").run()
    links = [one.proto for one in app.get("page_link")]
    assert any(one.label == "CHR-0001: change request" and one.page == "pending-changes"
               and "open=CHR-0001" in one.query_string for one in links)  # fmt: skip
    app.text_input(key="find").set_value("nothing-of-ours").run()
    assert "Nothing has the identifier" in text_of(app)
    assert "Identifiers look like ALT-0001" in text_of(app)


def test_a_role_sees_first_what_it_works_with_and_reaches_everything() -> None:
    for role in ROLES_OF_PEOPLE:
        areas = areas_for([role])
        assert areas[0] == "Today" and set(areas) == set(PAGES)
        assert areas[1] == AREAS_OF.get(role, ("Quality",))[0]
    assert all(PAGES.values())
    assert len({one.address for one in all_pages()}) == len(all_pages())


def test_every_record_leads_to_a_page_that_there_is() -> None:
    addresses = {one.address for one in all_pages()}
    assert set(PAGE_OF_LABEL.values()) <= addresses and set(PAGE_OF.values()) <= addresses
    assert set(PAGE_OF_LABEL) <= {table.PREFIX for table in RECORDS} | {"ESC"}
