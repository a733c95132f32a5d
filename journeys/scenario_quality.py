"""What a story may tell of alerts, CAPAs, risks, trends, facts and texts."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from sqlmodel import col, select

from journeys.demonstration_facts import take_in_shipped_facts
from journeys.demonstration_setup import DEMO_PASSWORD, sign_as
from journeys.look_at_trends import look_at_trends
from journeys.scenario import Act, Deed, scenario_folder
from records.alert_decisions import Conclusion, acknowledge_alert, close_alert
from records.base import Record
from records.capa_criteria import read_criterion
from records.capas import CAPA, advance_capa, assign_capa, open_capa_for
from records.errors import NotFound
from records.fact_kinds import FACT_KINDS
from records.people import Meaning
from records.product import Device
from records.risk import (
    RiskFile,
    RiskReview,
    accept_risk_file,
    record_risk_file,
    record_risk_review,
)
from records.surveillance import Alert, MonitoringPlan
from records.trends import TrendLook, decisions_on, standing_looks, undecided_rows
from regulatory.fact_import import import_fact_table
from regulatory.risk_file import as_records, find_risk_file, read_risk_file
from regulatory.risk_review import review_risks
from regulatory.rule_sets import approve_rule_set, rule_sets
from regulatory.trend_decisions import decide_trend
from regulatory.trends import TREND

_FACTS: Final = "facts"


def _alerts(deed: Deed, *statuses: str) -> list[Alert]:
    """The alerts of the device at a site, or at all, that stand so; the oldest first."""
    query = (
        select(Alert).join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(Device.name == deed.scene.device, col(Alert.status).in_(statuses))
        .order_by(col(Alert.id))
    )
    found = list(deed.tx.exec(query))
    return [one for one in found if deed.said.get("site") in (None, one.site)]


def _acknowledge(deed: Deed) -> Alert | None:
    """Every open alert of the site is taken on; the first is what the deed made."""
    waiting = _alerts(deed, "open")
    for one in waiting:
        acknowledge_alert(deed.tx, one, by=deed.by, finding=deed.said["finding"], now=deed.now)
    seen = [*waiting, *_alerts(deed, "acknowledged")]
    return min(seen, key=lambda one: one.id or 0) if seen else None


def _close_alerts(deed: Deed) -> Alert | None:
    """Every acknowledged alert of the site is answered alike."""
    waiting = _alerts(deed, "acknowledged")
    conclusion = Conclusion(deed.said["disposition"], deed.said["root_cause"], deed.said["words"],
                            deed.said.get("not_done", ""))  # fmt: skip
    for one in waiting:
        close_alert(deed.tx, one, by=deed.by, conclusion=conclusion, now=deed.now,
                    password=DEMO_PASSWORD)  # fmt: skip
    return waiting[0] if waiting else None


def _open_capa(deed: Deed) -> CAPA:
    return open_capa_for(deed.tx, deed.said["source"], problem=deed.said["problem"], by=deed.by,
                         now=deed.now)  # fmt: skip


def _assign(deed: Deed) -> CAPA:
    due = {step: date.fromisoformat(str(day)) for step, day in (deed.said.get("due") or {}).items()}
    return assign_capa(
        deed.tx, deed.record("capa", CAPA), by=deed.by, now=deed.now, due=due,
        owner=deed.said.get("owner"), links=deed.said.get("links") or [],
    )


def _advance(deed: Deed) -> CAPA:
    criterion = deed.said.get("criterion")
    return advance_capa(
        deed.tx, deed.record("capa", CAPA), deed.said["to"], deed.said["words"], by=deed.by,
        now=deed.now, password=DEMO_PASSWORD,
        criterion=read_criterion(criterion) if criterion else None,
        otherwise=bool(deed.said.get("otherwise")),
    )


def _approve_rules(deed: Deed) -> None:
    for kind in rule_sets():
        approve_rule_set(deed.tx, kind, remarks=deed.said["remarks"], by=deed.by,
                         password=DEMO_PASSWORD, now=deed.now)  # fmt: skip


def _record_risks(deed: Deed) -> RiskFile:
    text = read_risk_file(find_risk_file(deed.scene.device))
    content, digest, items = as_records(text)
    return record_risk_file(deed.tx, deed.device, content=content, content_digest=digest,
                            items=items, by=deed.by, now=deed.now)  # fmt: skip


def _accept_risks(deed: Deed) -> RiskFile:
    return accept_risk_file(deed.tx, deed.record("file", RiskFile), by=deed.by, now=deed.now)


def _review_risks(deed: Deed) -> RiskReview:
    first, last = (date.fromisoformat(str(deed.said[key])) for key in ("since", "until"))
    review = review_risks(deed.tx, deed.scene.device, first, last, by=deed.by, now=deed.now,
                          conclusion=deed.said["conclusion"])  # fmt: skip
    return record_risk_review(deed.tx, review, by=deed.by, password=DEMO_PASSWORD, now=deed.now)


def _approve_review(deed: Deed) -> RiskReview:
    one: RiskReview = deed.record("review", RiskReview)
    sign_as(deed.store, one, deed.scene.by, Meaning.APPROVAL, reason=deed.scene.why, now=deed.now)
    return one


def _look_at_trends(deed: Deed) -> TrendLook | None:
    made = look_at_trends(deed.store, deed.scene.device, actor="service:surveillance",
                          now=deed.now)  # fmt: skip
    return made[-1] if made else None


def _decide_trends(deed: Deed) -> Record | None:
    """Every look that waits: what is no trend together, a trend by itself with both answers."""
    made: Record | None = None
    for look in standing_looks(deed.tx, deed.scene.device):
        waiting = undecided_rows(look, decisions_on(deed.tx, [look]).get(look.id or 0, []))
        trends = [one["question"] for one in waiting if one["verdict"] == TREND]
        common: dict[str, Any] = {"by": deed.by, "password": DEMO_PASSWORD, "now": deed.now}
        if len(trends) < len(waiting):
            made = decide_trend(deed.tx, look, benefit_risk=None, unacceptable_risk=None,
                                grounds=deed.said["grounds"], **common)  # fmt: skip
        if trends:
            made = decide_trend(
                deed.tx, look, questions=trends, grounds=deed.said["of_a_trend"],
                benefit_risk=bool(deed.said["benefit_risk"]),
                unacceptable_risk=bool(deed.said["unacceptable_risk"]), **common,
            )
    return made


def _shipped_facts(deed: Deed) -> None:
    take_in_shipped_facts(deed.store, deed.scene.device, by=deed.scene.by, now=deed.now)


def _import_facts(deed: Deed) -> None:
    """The tables of the scenario's folder of facts that is named, each of one kind."""
    folder = scenario_folder(deed.course.scenario) / _FACTS / deed.said["folder"]
    tables = sorted(folder.glob("*.csv"))
    if not tables:
        raise NotFound(f"There are no tables of facts in {folder.name}.")
    for path in tables:
        import_fact_table(deed.tx, FACT_KINDS[path.stem], deed.device, path.read_bytes(),
                          by=deed.by, now=deed.now, correct=bool(deed.said.get("correct")),
                          because=deed.scene.why if deed.said.get("correct") else "")  # fmt: skip


def _write_texts(deed: Deed) -> None:
    """What people write for places of documents, by kind and place."""
    from regulatory.document_texts import write_text

    for kind, places in deed.said["texts"].items():
        for place, words in places.items():
            write_text(deed.tx, deed.device, kind, place, words, by=deed.by, now=deed.now)


QUALITY: Final[Mapping[str, Act]] = MappingProxyType({
    "acknowledge alerts": _acknowledge,
    "close alerts": _close_alerts,
    "open capa": _open_capa,
    "assign capa": _assign,
    "advance capa": _advance,
    "approve rules": _approve_rules,
    "record risks": _record_risks,
    "accept risks": _accept_risks,
    "review risks": _review_risks,
    "decide trends": _decide_trends,
    "import facts": _import_facts,
    "write texts": _write_texts,
})  # fmt: skip
"""In a transaction of the person."""
QUALITY_ALONE: Final[Mapping[str, Act]] = MappingProxyType({
    "approve review": _approve_review,
    "look at trends": _look_at_trends,
    "take in shipped facts": _shipped_facts,
})  # fmt: skip
"""Use cases with transactions of their own."""
