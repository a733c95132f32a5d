"""Which version a change is compared with: the one cleared last, not the one released last.

A version counts as cleared where it was the first one released, where an authority's word on its
change is on record, or its clearance is (``model clear``): what was released in between under a
letter to file or the plan adds up against it (21 CFR 807.81(a)(3); FDA guidance on software
changes, 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from records.clearances import Clearance
from records.product import Device, ModelVersion
from records.quality import ChangeRequest
from records.regime_decisions import Regime, RegimeDecision

CLEARING = (Regime.FDA_LABELLING, Regime.FDA_SOFTWARE, Regime.EU_CHANGE)


@dataclass(frozen=True, slots=True)
class ClearanceWord:
    """An authority's word on a version: who gave it, its number and day, and the record of it."""

    version: ModelVersion
    authority: str
    number: str
    on: str
    record: Clearance | RegimeDecision


def released_versions(session: Session, device: str) -> list[ModelVersion]:
    """Every version of a device that was released, the first one first, retired ones too."""
    query = (
        select(ModelVersion)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .join(ChangeRequest, col(ChangeRequest.model_version_id) == ModelVersion.id)
        .where(Device.name == device, ChangeRequest.status == "released")
        .order_by(col(ChangeRequest.decided_at), col(ModelVersion.id))
    )
    found = list(session.exec(query))
    if found:
        return found
    told = (  # as older workspaces and other programs have them
        select(ModelVersion)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device, ModelVersion.status == "released")
        .order_by(col(ModelVersion.id))
    )
    return list(session.exec(told))


def last_cleared(session: Session, device: str) -> ModelVersion | None:
    """The released version that was cleared last; None where none was released yet."""
    released = released_versions(session, device)
    if not released:
        return None
    numbers = [one.id or 0 for one in released]
    query = (
        select(ChangeRequest.model_version_id, RegimeDecision.settled)
        .join(RegimeDecision, col(RegimeDecision.change_request_id) == ChangeRequest.id)
        .where(
            col(ChangeRequest.model_version_id).in_(numbers),
            col(RegimeDecision.status) == "reviewed",
            col(RegimeDecision.regime).in_([one.value for one in CLEARING]),
        )
    )
    cleared = {number for number, settled in session.exec(query) if settled}
    cleared |= set(session.exec(
        select(Clearance.model_version_id).where(col(Clearance.model_version_id).in_(numbers))
    ))
    later = [one for one in released[1:] if one.id in cleared]
    return later[-1] if later else released[0]


def clearance_words(
    session: Session, versions: Sequence[ModelVersion]
) -> tuple[ClearanceWord, ...]:
    """Every clearance of these versions: recorded as one, or as what a reviewed decision asked for.

    In the order of versions given.
    """
    known = {one.id or 0: one for one in versions}
    found = [
        ClearanceWord(known[one.model_version_id], one.authority, one.number,
                      one.cleared_on.isoformat(), one)
        for one in session.exec(select(Clearance).where(
            col(Clearance.model_version_id).in_(list(known))).order_by(col(Clearance.id)))
    ]  # fmt: skip
    query = (
        select(ChangeRequest.model_version_id, RegimeDecision)
        .join(RegimeDecision, col(RegimeDecision.change_request_id) == ChangeRequest.id)
        .where(col(ChangeRequest.model_version_id).in_(list(known)),
               col(RegimeDecision.status) == "reviewed",
               col(RegimeDecision.regime).in_([one.value for one in CLEARING]))
        .order_by(col(RegimeDecision.id))
    )  # fmt: skip
    found += [
        ClearanceWord(
            known[number], "notified body" if one.regime == Regime.EU_CHANGE.value else "FDA",
            str(one.settled.get("reference", "")), str(one.settled.get("on", "")), one,
        )
        for number, one in session.exec(query) if one.settled
    ]
    place = {number: at for at, number in enumerate(known)}
    return tuple(sorted(found, key=lambda one: place[one.version.id or 0]))
