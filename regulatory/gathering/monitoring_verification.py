"""The facts of a monitoring verification: the newest run of drills on record."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from measures.estimate import Estimate
from records.product import JourneyStep
from records.watch_verifications import verification_name, watch_verifications
from regulatory.documents.registry import MONITORING_VERIFICATION
from regulatory.documents.verification_facts import (
    QuietChart,
    ShiftFound,
    VerificationFacts,
)  # fmt: skip
from regulatory.gathering.edition import Basis, edition_of, trace

QUIET = "none"


def gather_verification(session: Session, basis: Basis) -> VerificationFacts:
    """Each drill of the newest run, in the order in which they were recorded."""
    runs = watch_verifications(session, basis.device.name)
    newest = max(runs, default=0)
    steps: Mapping[str, JourneyStep] = runs.get(newest, {})
    first: dict[str, Any] = next((one.summary for one in steps.values()), {})
    quiet = steps.get(QUIET)
    shifts = [one for name, one in steps.items() if name != QUIET]
    return VerificationFacts(
        edition=edition_of(MONITORING_VERIFICATION, basis),
        run=verification_name(basis.device.name, newest) if steps else "",
        device=first.get("device", ""), definition_digest=first.get("definition_digest", ""),
        current=first.get("definition_digest") == basis.device.definition_digest,
        arranged=_arranged(first),
        quiet_record=quiet.label if quiet else "",
        quiet=tuple(_quiet(one) for one in _charts(quiet)),
        shifts=tuple(_shift(one) for one in shifts),
        earlier=max(len(runs) - 1, 0),
        traces=(
            trace("2", "drill without a shift", [quiet] if quiet else []),
            trace("3", "drills with a shift", shifts),
        ),
    )


def _arranged(summary: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not summary:
        return ()
    arranged = summary["arrangement"]
    return (
        ("Repeats of each drill", str(arranged["repeats"])), ("Seed", str(arranged["seed"])),
        ("Sites", str(len(arranged["sites"]))),
        ("Studies a day and site", str(summary["daily_studies"])),
        ("Studies of each reference", str(summary["reference_studies"])),
    )  # fmt: skip


def _charts(step: JourneyStep | None) -> list[dict[str, Any]]:
    return [*step.summary["charts"], step.summary["whole"]] if step else []


def _quiet(one: Mapping[str, Any]) -> QuietChart:
    return QuietChart(
        one["chart"], one["budget"], Estimate.from_dict(one["false_alerts"]),
        Estimate.from_dict(one["disturbed"]), one["reason"],
    )  # fmt: skip


def _shift(step: JourneyStep) -> ShiftFound:
    said, whole = step.summary["shift"], step.summary["whole"]
    size = f"{said['size']:g} {said['unit']}".strip()
    if said["ramp_days"]:
        size += f", growing over {said['ramp_days']} days"
    found = {name: Estimate.from_dict(whole[name]) for name in ("detected", "days", "studies")}
    return ShiftFound(
        step.label, said["title"], size, **found,
        charts=tuple(
            one["chart"] for one in step.summary["charts"]
            if (one["detected"]["value"] or 0.0) >= 0.5
        ),
        elsewhere=step.summary["alerts_elsewhere"],
    )
