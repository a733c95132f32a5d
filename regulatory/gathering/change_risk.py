"""The risk file before and after a change: each item's estimate with its controls."""

from datetime import datetime

from sqlmodel import Session, col, select

from records.risk import RiskFile, RiskItem, items_of
from regulatory.documents.change_assessment_facts import RiskBeside


def risk_beside(session: Session, device: str, *, proposed: datetime) -> RiskBeside | None:
    """The file that was in force when a change was proposed beside the one accepted last.

    None where no risk file of the device was ever in force.
    """
    query = select(RiskFile).where(
        RiskFile.device_name == device, col(RiskFile.in_force_at).is_not(None)
    )
    files = [(one.in_force_at, one) for one in session.exec(query.order_by(col(RiskFile.version)))
             if one.in_force_at is not None]  # fmt: skip
    if not files:
        return None
    earlier = [one for at, one in files if at <= proposed]
    before, after = (earlier[-1] if earlier else None), files[-1][1]
    then = {one.code: one for one in items_of(session, before)} if before else {}
    now = {one.code: one for one in items_of(session, after)}
    return RiskBeside(
        _file(before), _file(after),
        tuple((code, (now.get(code) or then[code]).hazard, _said(then.get(code)),
               _said(now.get(code)), (now.get(code) or then[code]).label)
              for code in sorted({*then, *now})),
    )  # fmt: skip


def _file(one: RiskFile | None) -> str:
    return f"{one.label}, version {one.version}" if one else ""


def _said(one: RiskItem | None) -> str:
    if one is None:
        return ""
    return f"severity {one.severity}; {1e5 * one.probability_after:g} in 100,000 studies read"
