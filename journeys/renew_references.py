"""After an announced change: the charts of the site take their reference afresh, by a person."""

from datetime import datetime

from journeys.watch_day import watch_of
from monitoring.new_reference import NewReference, prepare_new_reference
from records.accounts import acting_on, require_on_record
from records.errors import Refused
from records.people import find_actor
from records.permissions import Action
from records.planned_changes import PlannedChange, standing_changes
from records.renewed_references import RenewedReference, record_renewals
from records.store import Store


def renew_references(
    store: Store, device_name: str, change: PlannedChange, *, without_truth: bool, actor: str,
    reason: str, now: datetime,
) -> tuple[NewReference, list[RenewedReference]]:
    """Freeze new references of the charts of input and output at the site of a change.

    They count from the next watched day on, and the charts start afresh. Nothing is renewed by
    itself: where the truth since the change does not show that the claims hold, the person says
    without_truth, which stands on record; where it shows that one is broken, nobody can.

    Raises:
        Refused: The announcement was withdrawn, it is too early, or the truth speaks against it.
        NotAllowed: The person may not close alerts.
    """
    with store.reader() as reader:
        person = find_actor(reader, actor)
    require_on_record(store, person, Action.CLOSE_ALERT, now=now)
    with store.reader() as reader:
        if change.id not in {one.id for one, _ in standing_changes(reader)}:
            raise Refused(f"{change.label} does not stand: it was withdrawn, or withdraws another.")
        watch = watch_of(reader, device_name)
        found = prepare_new_reference(
            reader, watch.definition, watch.plan, watch.parsed, watch.running, change
        )
    if found.holds is False:
        raise Refused(
            f"Performance since {change.label} lies below its claim: {found.grounds}. A new "
            "reference would make the loss the new normal.",
            hint="Answer the alert: revalidate, or stop the use at the site.",
        )
    if found.holds is None and not without_truth:
        raise Refused(
            f"The truth since {change.label} does not show that the claims hold: {found.grounds}.",
            hint="Wait for more truth, or confirm with --without-truth and say why.",
        )
    grounds = found.grounds if found.holds else f"confirmed without truth; {found.grounds}"
    with acting_on(store, change, "new reference", actor=actor, reason=reason, now=now) as tx:
        made = record_renewals(
            tx, change, found.charts, grounds=grounds, by=find_actor(tx, actor), now=now
        )
    return found, made
