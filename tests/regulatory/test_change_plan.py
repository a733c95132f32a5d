"""A retrained version is inside the change control plan only where the written protocol made it."""

import pytest

from records.product import Device, ModelVersion
from records.store import Store
from records.surveillance import AcceptanceResult
from regulatory.changes import check_pccp
from tests.regulatory.gathering.small_store import (
    START,
    add,
    add_development,
    add_device,
    add_version,
    definition,
)  # fmt: skip


@pytest.mark.requirement("REG-092")
@pytest.mark.parametrize("followed", [True, False])
def test_the_protocol_is_a_bound_of_the_plan_also_in_a_later_revision(
    store: Store, followed: bool
) -> None:
    with store.transaction("setup", "for a test", now=START) as tx:
        first = add_device(tx)
        version = add_version(tx, first, add_development(tx, first))
        alone = check_pccp(tx, definition(), version, [], followed=followed)
        assert not alone["applies"], "nothing is released yet"
        version.status = "released"
        later = Device(**first.model_dump(exclude={"id", "revision"}), revision=2)
        add(tx, later)
        again = ModelVersion(
            **version.model_dump(exclude={"id", "device_id", "status", "version_digest"}),
            device_id=later.id, version_digest="w",
        )
        add(tx, again)
        met = [
            AcceptanceResult(
                model_version_id=again.id, criterion=one.id, statement=one.statement,
                verdict="met", bound=one.bound, judged_at=START,
            )
            for one in definition().acceptance_criteria
        ]
        found = check_pccp(tx, definition(), again, met, followed=followed)
        assert (found["applies"], found["compared_with"]) == (True, version.label)
        assert found["inside"] == followed
        assert found["modifications"][0]["unknown_bounds"] == []
