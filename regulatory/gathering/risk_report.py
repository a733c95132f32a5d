"""The facts of the risk management report: the file in force, its reviews, open new hazards."""

from collections import Counter
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from records.errors import NotFound
from records.product import Device
from records.risk import RiskFile, RiskItem, RiskReview, items_of, risk_file_in_force
from records.test_runs import newest_test_run
from regulatory.documents.facts import Note
from regulatory.documents.registry import RISK_REPORT
from regulatory.documents.risk_report_facts import (
    ObservedEntry,
    ReviewEntry,
    RiskEntry,
    RiskFileEntry,
    RiskReportFacts,
)
from regulatory.documents.wording import span
from regulatory.gathering.edition import Basis, edition_of, signed_on, trace
from regulatory.gathering.trace_matrix import control_entries
from regulatory.new_hazards import owed_new_hazards
from regulatory.risk_file import VERDICTS, matrix_verdict, one_in
from regulatory.trace_matrix import control_gaps, hazards_without_control


def gather_risk_report(session: Session, basis: Basis) -> RiskReportFacts:
    """Plan, items, residual risks, and the estimates beside what was observed."""
    edition, name = edition_of(RISK_REPORT, basis), basis.device.name
    query = select(RiskFile).where(RiskFile.device_name == name).order_by(col(RiskFile.version))
    files = list(session.exec(query))
    versions = tuple(_file(session, one) for one in files)
    try:
        known = risk_file_in_force(session, name)
    except NotFound as why:
        return RiskReportFacts(
            edition, (trace("6", "versions of the risk file", files),),
            f"{why.message} {why.hint}".strip(), versions=versions,
        )
    items, reviews = items_of(session, known), _reviews(session, files)
    device = session.get_one(Device, known.device_id)
    run = newest_test_run(session)
    entries = tuple(_item(one, known) for one in items)
    counted = Counter(one.after_verdict for one in entries)
    own = [one for one in reviews if one.risk_file_id == known.id]
    newest = own[-1] if own else None
    labels = {one.id: f"{one.label}, version {one.version}" for one in files}
    return RiskReportFacts(
        edition=edition, why_not="",
        traces=(
            trace("1", "the risk file in force", [known]),
            trace("2", "items of the risk file in force", items),
            trace("3", "items of the risk file in force", items),
            trace("4", "reviews of risks by period", reviews),
            trace("6", "versions of the risk file", files),
        ),
        file=_file(session, known), scope=known.content["scope"], policy=known.content["policy"],
        overall=Note(known.content["overall"], known.recorded_by, "recorded the risk file",
                     known.recorded_at, known.label),
        severities=tuple((f"{one['value']} {one['name']}", one["meaning"])
                         for one in known.content["severities"]),
        matrix=tuple((one["name"], one_in(one["from_rate"]), tuple(one["by_severity"]))
                     for one in known.content["bands"]),
        items=entries, controls=control_entries(session, items, run, device),
        control_gaps=(*hazards_without_control(items), *control_gaps(items, run, device)),
        versions=versions, review=_review(session, newest, labels) if newest else None,
        earlier_reviews=tuple(
            (one.label, labels[one.risk_file_id], span((one.period_from, one.period_to)),
             one.conclusion)
            for one in reviews if one is not newest
        ),
        open_hazards=tuple(
            (one.label, one.what) for one in owed_new_hazards(session, basis.freeze_at)
            if f"no item of {known.label} " in one.what
        ),
        verdicts={said: counted[said] for said in VERDICTS},
    )  # fmt: skip


def _reviews(session: Session, files: list[RiskFile]) -> list[RiskReview]:
    numbers = [one.id for one in files]
    query = select(RiskReview).where(col(RiskReview.risk_file_id).in_(numbers))
    return list(session.exec(query.order_by(col(RiskReview.id))))


def _file(session: Session, one: RiskFile) -> RiskFileEntry:
    return RiskFileEntry(
        one.label, str(one.version), one.status, one.content_digest, one.recorded_by,
        one.recorded_at, one.in_force_at, signed_on(session, one),
    )


def _item(one: RiskItem, known: RiskFile) -> RiskEntry:
    before, before_verdict = matrix_verdict(known.content, one.severity, one.probability_before)
    after, after_verdict = matrix_verdict(known.content, one.severity, one.probability_after)
    names = {each["value"]: each["name"] for each in known.content["severities"]}
    return RiskEntry(
        record=one.label, code=one.code, category=one.category, hazard=one.hazard,
        sequence=one.sequence, situation=one.situation, harm=one.harm,
        severity=f"{one.severity} {names[one.severity]}",
        before=f"{before}: {one_in(one.probability_before)}", before_verdict=before_verdict,
        after=f"{after}: {one_in(one.probability_after)}", after_verdict=after_verdict,
        basis=one.basis, controls=tuple(own["id"] for own in one.controls),
        residual=one.residual, benefit_risk=one.benefit_risk,
    )


def _review(session: Session, one: RiskReview, labels: dict[int | None, str]) -> ReviewEntry:
    return ReviewEntry(
        record=one.label, file=labels[one.risk_file_id], period=(one.period_from, one.period_to),
        studies=one.studies, rows=tuple(_observed(row) for row in one.rows),
        new_hazards=tuple((each["source"], each["kind"], each["events"])
                          for each in one.new_hazards),
        conclusion=Note(one.conclusion, one.made_by, "made the review", one.made_at, one.label),
        signed=signed_on(session, one),
    )  # fmt: skip


def _observed(row: dict[str, Any]) -> ObservedEntry:
    """A row of a review as it is stored: nothing is computed again."""
    if row["observed"] is None:
        rate = Estimate.not_estimable(row["code"], row["reason"], n=row["exposure"] or 0)
    else:
        rate = Estimate(
            row["code"], n=row["exposure"], value=row["observed"], low=row["low"],
            high=row["high"], method=row["method"],
        )
    return ObservedEntry(
        row["code"], row["hazard"], row["estimate"], rate, row["events"], row["exposure"],
        row["unit"], row["verdict"], row["reason"],
        tuple(f"{one['source']} ({', '.join(one['of']) or 'all'}): {one['events']}"
              for one in row["beside"]),
    )  # fmt: skip
