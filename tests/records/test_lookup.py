"""Records found by what people call them."""

from datetime import datetime

import pytest

from records.errors import InvalidInput, NotFound
from records.lookup import find_events, find_record, list_records, sites_named
from records.product import Site
from records.queries import register_site
from records.store import Store


@pytest.fixture
def sites(store: Store, now: datetime) -> Store:
    """Three sites, a transaction each."""
    for name in ("north", "south", "west"):
        with store.transaction(f"by-{name}", now=now) as tx:
            register_site(tx, name, origin="reported", now=now)
    return store


@pytest.mark.parametrize("label", ["SIT-0002", "sit-2", " 2 ", "0002"])
def test_a_label_is_found_however_it_is_written(sites: Store, label: str) -> None:
    with sites.reader() as reader:
        assert find_record(reader, Site, label).name == "south"


@pytest.mark.parametrize("label", ["", "ALT-0002", "SIT-", "SIT-x", "north", "SIT-²"])
def test_what_is_no_label_is_refused(sites: Store, label: str) -> None:
    with sites.reader() as reader, pytest.raises(InvalidInput, match="SIT-0001"):
        find_record(reader, Site, label)


@pytest.mark.parametrize("label", ["SIT-0009", "9" * 30])
def test_a_record_that_is_not_there_is_named(sites: Store, label: str) -> None:
    with sites.reader() as reader, pytest.raises(NotFound, match="SIT-"):
        find_record(reader, Site, label)


def test_records_are_listed_in_order_the_last_so_many_or_as_wanted(sites: Store) -> None:
    with sites.reader() as reader:
        assert [one.name for one in list_records(reader, Site)] == ["north", "south", "west"]
        assert [one.name for one in list_records(reader, Site, last=2)] == ["south", "west"]
        assert [one.name for one in list_records(reader, Site, name="west")] == ["west"]
        assert len(list_records(reader, Site, name=None)) == 3


@pytest.mark.requirement("REG-016")
def test_events_are_filtered_by_subject_kind_actor_and_action(sites: Store) -> None:
    with sites.reader() as reader:
        assert [one.subject for one in find_events(reader, subject="Site:2")] == ["Site:2"]
        assert len(find_events(reader, subject="Site")) == 3
        assert find_events(reader, subject="Sit") == []
        assert [one.sequence for one in find_events(reader, actor="by-west")] == [3]
        assert find_events(reader, action="sign in") == []
        assert [one.sequence for one in find_events(reader, last=2)] == [2, 3]


def test_sites_are_found_by_name_in_the_order_asked(sites: Store) -> None:
    with sites.reader() as reader:
        assert [one.name for one in sites_named(reader, ["west", "north"])] == ["west", "north"]
        with pytest.raises(NotFound, match="'east'"):
            sites_named(reader, ["west", "east"])
