"""What pages read of studies by the thousand stands counted by day: put down after each day."""

from dataclasses import dataclass
from datetime import datetime

from records.answer_counts import recount_answers
from records.day_counts import held
from records.image_flags import recount_images
from records.queries import find_device
from records.reading_counts import recount_readings
from records.store import Store
from regulatory.gathering.truth_states import recount_truth_states


@dataclass(frozen=True)
class Recounted:
    """How many counts of days were put down anew, and of these how many had stood otherwise though
    nothing of their day had come since: somebody altered them, or a rule of counting is wrong."""

    counted: int
    stood_otherwise: int = 0


def count_days(store: Store, device_name: str, *, actor: str, now: datetime) -> Recounted:
    """Count again the days of a device of which something came since they were counted."""
    with store.transaction(actor, "count the days that changed", now=now) as tx:
        device = find_device(tx, device_name)
        return Recounted(
            recount_truth_states(tx, device) + recount_readings(tx, device.name)
            + recount_images(tx) + recount_answers(tx, device.name)
        )


def count_all_days(store: Store, device_name: str, *, actor: str, now: datetime) -> Recounted:
    """Count every day of a device from its records, and say which counts stood otherwise."""
    count_days(store, device_name, actor=actor, now=now)
    with store.transaction(actor, "count all days anew", now=now) as tx:
        device = find_device(tx, device_name)
        before = held(tx, device.name)
        recount_truth_states(tx, device, anew=True)
        recount_readings(tx, device.name, anew=True)
        recount_images(tx, anew=True)
        recount_answers(tx, device.name, anew=True)
        after = held(tx, device.name)
    wrong = sum(before.get(key) != counts for key, counts in after.items())
    return Recounted(len(after), wrong)
