"""The runs of a device's retraining protocol, step by step, as they stand on record.

A run is a journey whose finished steps are kept (:class:`records.product.JourneyStep`): begun,
selected, frozen, trained, compared, ended. One without 'ended' was interrupted and goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from records.product import JourneyStep

STEPS = ("begun", "selected", "frozen", "trained", "compared", "ended")
PROPOSED, STOPPED = "proposed", "stopped"
_JOURNEY = "retraining "


@dataclass(frozen=True, slots=True)
class RetrainingRun:
    """One run: its number at the device, and each finished step with its label and what it says."""

    device: str
    number: int
    steps: Mapping[str, JourneyStep]

    @property
    def name(self) -> str:
        """What people call it: 'retraining chest-radiograph-pneumonia 1'."""
        return journey_name(self.device, self.number)

    def said(self, step: str) -> dict[str, Any]:
        """What a step left behind; empty before it was finished."""
        return dict(self.steps[step].summary) if step in self.steps else {}

    @property
    def open(self) -> bool:
        """Whether it was interrupted and goes on."""
        return "ended" not in self.steps

    @property
    def outcome(self) -> str:
        """'proposed', 'stopped', or 'under way'."""
        return str(self.said("ended").get("outcome", "under way"))

    @property
    def begun_at(self) -> datetime:
        """When it was started."""
        return self.steps["begun"].finished_at


def journey_name(device: str, number: int) -> str:
    """The name that the steps of a run carry."""
    return f"{_JOURNEY}{device} {number}"


def retraining_runs(session: Session, device: str) -> list[RetrainingRun]:
    """Every run of the device's protocol, the first one first."""
    start = f"{_JOURNEY}{device} "
    query = select(JourneyStep).where(col(JourneyStep.journey).startswith(start, autoescape=True))
    found: dict[int, dict[str, JourneyStep]] = {}
    for one in session.exec(query.order_by(col(JourneyStep.id))):
        found.setdefault(int(one.journey.removeprefix(start)), {})[one.step] = one
    return [RetrainingRun(device, number, steps) for number, steps in sorted(found.items())]


def protocol_of(run: RetrainingRun) -> dict[str, Any]:
    """The written record of a run that the change request carries and people sign: each part with
    the labels of the records that hold its figures."""
    begun, compared = run.said("begun"), run.said("compared")
    counts: dict[str, int] = {}
    for one in compared["limits"]:
        counts[one["verdict"]] = counts.get(one["verdict"], 0) + 1
    return {
        "run": run.name, "steps": {step: one.label for step, one in run.steps.items()},
        "trigger": begun["trigger"], "alert": begun["alert"], "device": begun["device"],
        "rules_digest": begun["rules_digest"], "dataset": run.said("frozen")["dataset"],
        "new_cases": run.said("selected")["new_cases"],
        "candidate": run.said("trained")["model_version"], "evaluation": compared["evaluation"],
        "compared_with": compared["compared_with"], "limits": counts,
        "not_estimable": [
            f"{one['measure']}, {one['subgroup']}: {one['reason']}"
            for one in compared["limits"] if one["verdict"] == "not estimable"
        ],
        "learnt": compared["learnt"], "attempt": begun["attempt"],
        "attempts_allowed": begun["attempts_allowed"],
        "locked_test_uses": begun["locked_test_uses"],
        "locked_test_uses_allowed": begun["locked_test_uses_allowed"],
    }
