"""Monitoring verification: drills of a device's plan, kept as records.

One drill after the other is recorded as it ends, so that an interrupted run keeps what it found.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from monitoring.baselines import claim_bounds
from monitoring.chart_levels import plan_content
from monitoring.drill import Arrangement
from monitoring.drill_files import drilled, simulated_for
from monitoring.drill_shifts import Shift
from monitoring.plan import parse_plan
from monitoring.replay_plan import ReplayPlan
from records.counting import counted
from records.errors import InvalidInput
from records.held_definition import definition_of
from records.product import JourneyStep
from records.queries import find_device
from records.store import Store
from records.watch_verifications import verification_name, watch_verifications

QUIET = "none"
IN_TURN = (
    "none", "brightness", "tube_voltage", "contrast", "noise", "blur", "gradual_blur",
    "new_scanner", "prevalence", "harder_disease", "score_noise", "software", "volume", "silence",
)  # fmt: skip
"""What is drilled when nothing else is asked for; each at its own size."""
YEAR = Arrangement(before=0, after=365)


def verify_watch(
    store: Store, device_name: str, *, shifts: Sequence[str], repeats: int, seed: int, sites: int,
    daily_n: int, actor: str, now: datetime, progress: Callable[[str], None] = lambda _said: None,
) -> list[JourneyStep]:  # fmt: skip
    """Drill the plan of the device's definition on simulated studies, and record each drill.

    shifts: names, each at its own size; 'none' watches a whole year. The plan is the one of the
    newest definition, whose digest the record carries.

    Raises:
        NotFound: No such device or shift.
        InvalidInput: A shift is named twice, or the plan cannot be drilled on simulated studies.
    """
    chosen = [Shift.of(name) for name in shifts]
    if len(set(shifts)) < len(shifts):
        raise InvalidInput("--shift: one is named twice.", hint="Name each once.")
    with store.reader() as reader:
        device = find_device(reader, device_name)
        definition = definition_of(device)
        label, digest = device.label, device.definition_digest
        number = max(watch_verifications(reader, device_name), default=0) + 1
    plan = ReplayPlan(parse_plan(plan_content(definition)), claim_bounds(definition))
    source = simulated_for(plan, sites=sites, daily_n=daily_n)
    journey = verification_name(device_name, number)
    made = []
    for shift in chosen:
        begun = time.perf_counter()
        arrangement = YEAR if shift.name == QUIET else Arrangement()
        progress(f"{shift.name}: {counted(repeats, 'repeat')}")
        found = drilled(plan, source, shift, arrangement, repeats=repeats, seed=seed)
        step = JourneyStep(
            journey=journey, step=shift.name, finished_at=now,
            seconds=round(time.perf_counter() - begun, 3),
            summary=found | {"device": label, "definition_digest": digest, "studies": "simulated",
                             "daily_studies": daily_n, "reference_studies": source.reference_n},
        )  # fmt: skip
        with store.transaction(actor, f"{journey}: {shift.name}", now=now) as tx:
            tx.add(step)
            tx.flush()
        made.append(step)
    return made
