"""What a legal hold covers is not deleted until it is lifted."""

from typing import Any

import pytest

from records.deletions import (
    Deletion,
    withdraw_deletion,
)  # fmt: skip
from records.errors import (
    Refused,
    TransitionRefused,
)  # fmt: skip
from records.legal_holds import lift_hold, place_hold
from records.people import find_actor
from records.product import Device
from records.store import Store
from tests.records.kept_bytes import LATER, confirm, ends, here, kept, propose, template

__all__ = ["kept", "template"]


@pytest.mark.requirement("REG-120")
@pytest.mark.parametrize(
    "scope", [{}, {"site": "north"}, {"patient": "P2"}, {"kinds": ["image"]}, {"device": "chest"}]
)
def test_a_legal_hold_blocks_what_it_covers_until_it_is_lifted(
    kept: Store, scope: dict[str, Any]
) -> None:
    with kept.transaction("radvigil", "define", now=LATER) as tx:
        tx.add(Device(name="chest", revision=1, trade_name="C", definition={},
                      definition_digest="d", defined_at=LATER))
    ends(kept, "north", "2029-02-28")
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        hold = place_hold(tx, by=find_actor(tx, "regina"), reason="a claim", now=LATER, **scope)
    if "patient" in scope:
        assert [one["name"] for one in propose(kept).items] == ["INS-0001", "INS-0002"]
        return
    with pytest.raises(Refused, match="held by HLD-0001"):
        propose(kept)
    with kept.transaction("quinn", "it was settled", now=LATER) as tx:
        held = tx.get_one(type(hold), hold.id)
        lift_hold(tx, held, by=find_actor(tx, "quinn"), reason="it was settled", now=LATER)
        with pytest.raises(TransitionRefused):
            lift_hold(tx, held, by=find_actor(tx, "quinn"), reason="again", now=LATER)
    assert len(propose(kept).items) == 3


@pytest.mark.requirement("REG-120")
def test_a_hold_of_another_site_or_kind_blocks_nothing_else(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        for scope in ({"site": "south"}, {"kinds": ["export"]}, {"patient": "P3"}):
            place_hold(tx, by=find_actor(tx, "regina"), reason="x", now=LATER, **scope)  # type: ignore[arg-type]
    assert len(propose(kept).items) == 3
    with pytest.raises(Refused, match="held by HLD-0003"):
        propose(kept, "quarantine")  # whose file it is, nobody knows


@pytest.mark.requirement("REG-120")
def test_a_hold_placed_in_between_and_a_withdrawal_stop_it(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    proposed = propose(kept)
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        place_hold(tx, by=find_actor(tx, "regina"), reason="x", now=LATER, patient="P2")
    with pytest.raises(Refused, match="names INS-0003, which is held by HLD-0001"):
        confirm(kept, proposed)
    with kept.transaction("quinn", "wait", now=LATER) as tx:
        withdraw_deletion(tx, tx.get_one(Deletion, 1), by=find_actor(tx, "quinn"), now=LATER)
    with pytest.raises(TransitionRefused):
        confirm(kept, proposed)
    assert len(here(kept)) == 4
