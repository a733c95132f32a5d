"""The rule sets in use approved by one person's signature."""

from datetime import datetime

from records.accounts import acting_on
from records.errors import Refused
from records.people import find_actor
from records.rule_set_approvals import RuleSetApproval
from records.store import Store
from regulatory.rule_sets import approve_rule_set, standing


def approve_rule_sets(
    store: Store, kinds: list[str], *, actor: str, password: str, reason: str, now: datetime
) -> list[RuleSetApproval]:
    """Approve the kinds that are named, or all that nobody approved yet.

    Raises:
        NotAllowed: No role that may, or the password is not right; the trail says so.
        Refused: All are approved already.
        InvalidInput: No such kind.
    """
    with store.reader() as reader:
        person = find_actor(reader, actor)
        waiting = [one["kind"] for one in standing(reader) if one["approval"] is None]
    if not kinds and not waiting:
        raise Refused("Every rule set in use is approved.", hint="See 'radvigil rule approvals'.")
    with acting_on(
        store, person, "approval of rules", actor=actor, reason=reason, now=now
    ) as tx:
        by = find_actor(tx, actor)
        return [
            approve_rule_set(tx, one, remarks=reason, by=by, password=password, now=now)
            for one in kinds or waiting
        ]
