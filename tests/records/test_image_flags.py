"""Flags are counted by site and check with their denominators, and listed newest last."""

from datetime import UTC, date, datetime

import pytest

from records.cases import Instance, Study
from records.image_flags import flag_counts, flag_words, flagged_images
from records.product import Site
from records.store import Store

NOW = datetime(2026, 3, 6, 8, tzinfo=UTC)


def flag(check: str, found: float | str = 0.5, allowed: tuple[str, ...] = ()) -> dict[str, object]:
    return {
        "check": check, "found": found, "at_least": None, "at_most": None, "allowed": list(allowed)
    }


@pytest.fixture
def flagged(store: Store) -> Store:
    """A workspace with five images, some of them flagged."""
    fill(store)
    return store


def fill(store: Store) -> None:
    """Two sites; of five images two have one flag and one has two."""
    quality = dict.fromkeys(
        ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
    )
    kinds = [[flag("noise")], [], [flag("noise"), flag("view", "LL", ("PA", "AP"))], [],
             [flag("view", "LL", ("PA", "AP"))]]  # fmt: skip
    with store.transaction("service:intake", "take in", now=NOW) as tx:
        tx.add_all([Site(name=name, registered_at=NOW) for name in ("north", "south")])
        tx.flush()
        for number, flags in enumerate(kinds, start=1):
            study = Study(
                study_uid=f"2.25.{number}", patient="P", site_id=1 if number < 4 else 2,
                purpose="clinical", rows=9, columns=9, arrived_on=date(2026, 3, number),
                received_at=NOW,
            )
            tx.add(study)
            tx.flush()
            assert study.id is not None
            tx.add(
                Instance(study_id=study.id, instance_uid=f"2.25.{number}.1", digest="c" * 64,
                         source_digest=f"d{number}", deidentification={}, flags=flags, **quality)
            )


def test_flags_are_counted_with_the_images_that_arrived(flagged: Store) -> None:
    with flagged.reader() as reader:
        found = [(one.site, one.check, one.images, one.of) for one in flag_counts(reader)]
        early = flag_counts(reader, until=date(2026, 3, 1))
    assert found == [("north", "noise", 2, 3), ("north", "view", 1, 3), ("south", "view", 1, 2)]
    assert [(one.images, one.of) for one in early] == [(1, 1)]


def test_the_newest_are_listed_by_site_and_check(flagged: Store) -> None:
    with flagged.reader() as reader:
        assert [one.image for one in flagged_images(reader)] == ["INS-0001", "INS-0003", "INS-0005"]
        assert [one.image for one in flagged_images(reader, last=2)] == ["INS-0003", "INS-0005"]
        assert [one.image for one in flagged_images(reader, site="south")] == ["INS-0005"]
        assert [one.image for one in flagged_images(reader, since=date(2026, 3, 4))] == ["INS-0005"]
        (view, _) = flagged_images(reader, check="view")
    assert [one["check"] for one in view.flags] == ["view"]
    assert flag_words(view.flags[0]) == "view LL, allowed: PA, AP"


def test_an_image_without_a_flag_is_recorded_as_before(flagged: Store) -> None:
    with flagged.reader() as reader:
        plain, with_flag = reader.get_one(Instance, 2), reader.get_one(Instance, 1)
    assert "flags" not in plain.as_recorded()
    assert with_flag.as_recorded()["flags"][0]["check"] == "noise"
