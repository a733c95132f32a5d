"""Monitoring verifications of a device: drills of its plan, each a finished step of a journey.

Every drill is one :class:`records.product.JourneyStep`, whose summary holds all that runs it again
and what it found; those of one run share a number.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, col, select

from records.product import JourneyStep

__all__ = ["verification_name", "watch_verifications"]

_JOURNEY = "monitoring verification "


def verification_name(device: str, number: int) -> str:
    """The name that the drills of a run carry."""
    return f"{_JOURNEY}{device} {number}"


def watch_verifications(
    session: Session, device: str
) -> Mapping[int, Mapping[str, JourneyStep]]:
    """The drills of each run by the name of their shift, by number of the run."""
    start = f"{_JOURNEY}{device} "
    query = select(JourneyStep).where(col(JourneyStep.journey).startswith(start, autoescape=True))
    found: dict[int, dict[str, JourneyStep]] = {}
    for one in session.exec(query.order_by(col(JourneyStep.id))):
        found.setdefault(int(one.journey.removeprefix(start)), {})[one.step] = one
    return found
