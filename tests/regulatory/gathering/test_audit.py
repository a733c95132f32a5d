"""What the audit-trail export says of the trail's anchors is what the trail holds."""

from records.anchors import write_anchor
from records.audit import note
from records.clock import mark_workspace
from records.product import WorkspaceKind
from records.store import Store
from regulatory.gathering.audit import gather_audit
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.conftest import basis_in


def test_a_long_value_reaches_the_document_whole(developed: Store) -> None:
    with developed.transaction("radvigil", now=small.at(9)) as tx:
        note(tx, "told", "Workspace:1", new={"words": "x" * 3000})
    with developed.reader() as reader:
        told = next(one for one in gather_audit(reader, basis_in(reader)).events
                    if one.action == "told")  # fmt: skip
    assert told.new == '{"words":"' + "x" * 3000 + '"}'


def test_an_anchored_trail_is_said_to_be_and_another_is_not(developed: Store) -> None:
    with developed.reader() as reader:
        assert gather_audit(reader, basis_in(reader)).check.anchors == ()
    with developed.transaction("radvigil", now=small.at(9)) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=small.at(9), seed=1)
    anchor = write_anchor(developed, now=small.at(9))
    assert anchor is not None
    with developed.reader() as reader:
        (said,) = gather_audit(reader, basis_in(reader)).check.anchors
    assert f"1 anchor outside the database, of audit event {anchor.sequence} up to" in said
    assert anchor.public_key[:16] in said
