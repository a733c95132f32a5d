"""Who made a thing is not who judges it: by creation, by proposal, by signing as its author."""

from datetime import datetime

import pytest

from records.errors import NotAllowed
from records.people import Meaning, Role, find_actor, register_person
from records.product import Device
from records.quality import ChangeRequest
from records.separation import NOT_BOTH, makers_of, require_separate
from records.store import Store

JUDGING = NOT_BOTH[Meaning.AUTHOR]


@pytest.fixture
def made(store: Store, now: datetime) -> Store:
    """A device that Ada made, and Bob, who did not."""
    with store.transaction("ada", "define", now=now) as tx:
        for name in ("ada", "bob"):
            register_person(tx, name, full_name=name.title(), roles=[Role.QUALITY],
                            password="correct horse", now=now)  # fmt: skip
        tx.add(Device(name="chest", revision=1, trade_name="Chest", definition={},
                      definition_digest="d", defined_at=now))  # fmt: skip
    return store


@pytest.mark.requirement("REG-003")
@pytest.mark.parametrize("meaning", Meaning)
def test_who_made_a_record_signs_it_as_author_but_judges_it_not(
    made: Store, meaning: Meaning
) -> None:
    with made.reader() as reader:
        device = reader.get_one(Device, 1)
        require_separate(reader, device, find_actor(reader, "bob"), meaning)
        if meaning in JUDGING:
            with pytest.raises(NotAllowed, match=r"'ada' made DEV-0001 and may not sign or decide"):
                require_separate(reader, device, find_actor(reader, "ada"), meaning)
        else:
            require_separate(reader, device, find_actor(reader, "ada"), meaning)


@pytest.mark.requirement("REG-003")
def test_who_proposed_a_change_and_who_signed_it_as_author_made_it(store: Store) -> None:
    from tests.dashboards.small_workspace import populate

    populate(store)
    with store.reader() as reader:
        change = reader.get_one(ChangeRequest, 1)
        assert makers_of(reader, change) == {"service:training", "demo.engineer"}
        with pytest.raises(NotAllowed, match=r"'demo\.engineer' made CHR-0001"):
            require_separate(reader, change, find_actor(reader, "demo.engineer"), Meaning.RELEASE)
