"""What was decided by regime for a change, and whether taking its version back was a correction."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from records.correction_assessments import CorrectionAssessment
from records.regime_decisions import SUPERSEDED, TITLES, Regime, RegimeDecision
from records.rollbacks import Rollback
from records.suspensions import Suspension
from regulatory.gathering.phrases import result_words


def regimes_decided(
    session: Session, changes: Sequence[int]
) -> dict[int, tuple[tuple[str, str, str], ...]]:
    """By change every decision that is not superseded: regime and result, what settled it, record.
    """
    query = (
        select(RegimeDecision)
        .where(col(RegimeDecision.change_request_id).in_(list(changes)),
               RegimeDecision.status != SUPERSEDED)
        .order_by(col(RegimeDecision.id))
    )  # fmt: skip
    found: dict[int, list[tuple[str, str, str]]] = {}
    for one in session.exec(query):
        settled = ", ".join(
            str(one.settled[key]) for key in ("reference", "on") if one.settled.get(key)
        )
        regime = TITLES[Regime(one.regime)]
        found.setdefault(one.change_request_id, []).append(
            (f"{regime}: {result_words(one.result)}", settled or "nothing to settle", one.label)
        )
    return {change: tuple(rows) for change, rows in found.items()}


def corrections_of(
    session: Session, versions: Mapping[int, int]
) -> dict[int, tuple[tuple[str, str], ...]]:
    """By version whether stopping it or taking it back was assessed as a correction.

    21 CFR 806.2 and 806.10; EU MDR Art. 87(1)(b). versions: the change of each version.
    """
    stopped = select(Suspension.model_version_id, CorrectionAssessment).join(
        CorrectionAssessment, col(CorrectionAssessment.suspension_id) == Suspension.id
    ).where(col(Suspension.model_version_id).in_(list(versions)))
    found: dict[int, list[CorrectionAssessment]] = {}
    for version, one in session.exec(stopped):
        found.setdefault(version, []).append(one)
    back = {
        one.label: one.change_request_id for one in session.exec(select(Rollback).where(
            col(Rollback.change_request_id).in_(list(versions.values()))))
    }  # fmt: skip
    of_change = {change: version for version, change in versions.items()}
    told = select(CorrectionAssessment).where(col(CorrectionAssessment.source).in_(list(back)))
    for one in session.exec(told) if back else ():
        found.setdefault(of_change[back[one.source]], []).append(one)
    return {
        version: tuple((f"{one.site}, {one.initiated_at:%Y-%m-%d}: {one.status}", one.label)
                       for one in sorted(rows, key=lambda one: one.id or 0))
        for version, rows in found.items()
    }  # fmt: skip
