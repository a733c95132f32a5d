"""A workspace with a year of surveillance: facts, incidents at home and abroad, a look, a CAPA."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import select

from records.capas import open_capa
from records.complaints import receive_complaint, screen_complaint
from records.fact_kinds import FACT_KINDS
from records.incidents import Incident, add_awareness, open_incident
from records.people import Role, find_actor, register_person
from records.product import Device
from records.risk import RiskFile, RiskReview
from records.store import Store
from records.surveillance import MonitoringPlan
from records.trends import TrendLook
from regulatory.fact_import import import_fact_table
from regulatory.reportability import assess_incident
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate
from tests.people import qualify_everybody
from tests.regulatory.event_team import EU

END = TODAY.date()
YEAR = date(2025, 3, 7), END
REPORT = date(2024, 3, 7), END
TABLES = {
    "organisation": "key,role,name,country,registration,source\n"
    "maker,manufacturer,Example GmbH,DE,DE-MF-000000001,register\n",
    "market": "key,country,since,languages,source\nde,DE,2024-06-01,German,register\n",
    "sales": "key,since,until,region,unit,number,counting,source\n"
    f"eea,{YEAR[0]},{END},EEA+TR+XI,installations,12,contracts,register\n"
    f"world,{YEAR[0]},{END},worldwide,installations,15,contracts,register\n",
    "exposure": "key,since,until,region,characteristic,group,patients,studies,method,source\n"
    f"eea,{YEAR[0]},{END},EEA+TR+XI,all,,16000,20000,archives,register\n"
    f"world,{YEAR[0]},{END},worldwide,all,,24000,30000,archives,register\n"
    f"sex,{YEAR[0]},{END},worldwide,sex,female,13000,,archives,register\n",
    "literature-search": "key,database,words,searched_on,since,until,hits,screened,included,"
    f"left_out,conclusion,source\ns1,PubMed,pneumonia AND CNN,{END},2025-01-01,2025-12-31,50,50,1,"
    "other organ: 49,nothing new was found,protocol\n",
    "pmcf-activity": "key,aim,method,endpoint,since,owner,state,source\n"
    "audit,sensitivity in use is as claimed,audit sample,sensitivity,2025-06-01,clinical affairs,"
    "running,plan\n",
    "plan-indicator": "key,name,measure,baseline,direction,threshold,unit,period,action,owner,"
    "risk_item,justification,since,source\n"
    "missed,missed findings,complaints over studies,0.4,above,1.0,for each 1000 studies,12 months,"
    "review of the risk file,regulatory,R-01,twice the estimate,2025-06-01,plan\n",
    "plan-source": "key,collects,name,every,owner,method,proactive,since,source\n"
    "complaints,non-serious incidents and side-effects,complaints of all sites,month,quality,"
    "records,no,2025-06-01,plan\n",
}  # fmt: skip


def surveil(opened: Store) -> None:
    """Three incidents: serious in Germany, serious in the US, not assessed; what follows."""
    populate(opened)
    with opened.transaction("demo.quality", "the year", now=TODAY) as tx:
        register_person(tx, "demo.responsible", full_name="Demo Responsible",
                        roles=[Role.RESPONSIBLE_PERSON], password=PASSWORD, now=TODAY)  # fmt: skip
        qualify_everybody(tx, TODAY)
        device = tx.exec(select(Device)).one()
        by = find_actor(tx, "demo.quality")
        for kind, content in TABLES.items():
            import_fact_table(tx, FACT_KINDS[kind], device, content.encode(), by=by, now=TODAY)
        for number, harm in enumerate(("TEMPORARY", "TEMPORARY", "NONE")):
            one = receive_complaint(
                tx, device=device, words=f"It missed a pneumothorax, case {number}.",
                channel="telephone", received_at=TODAY - timedelta(days=number), site=SITES[number],
                by=by, now=TODAY,
            )
            screen_complaint(
                tx, one, harm=harm, harm_grounds="the radiologist saw it", investigated=True,
                categories=["finding missed"], investigation="score 0.2", elements={}, by=by,
            )
            made = open_incident(tx, one, words="", by=by, now=TODAY)
            add_awareness(tx, made, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                          zone="Europe/Berlin", how="a call", by=by, now=TODAY)  # fmt: skip
        open_capa(tx, device_id=device.id or 0, source=made, problem="small findings are missed",
                  by=by.name, now=TODAY)  # fmt: skip
        _look(tx, device)
        _review(tx, device)
    with opened.transaction("demo.regulatory", "as the rules say", now=TODAY) as tx:
        by = find_actor(tx, "demo.regulatory")
        for number, country in ((1, "DE"), (2, "US")):
            facts = EU | {"country_of_incident": country}
            assess_incident(tx, tx.get_one(Incident, number), "EU", facts, grounds="the call",
                            by=by, now=TODAY)  # fmt: skip


def _look(tx: Any, device: Device) -> None:
    plan = tx.exec(select(MonitoringPlan)).first()
    rate = {"value": 0.0004, "low": 0.0001, "high": 0.001, "reason": ""}
    row = {
        "question": "findings missed", "imdrf_annex_a": ["False Negative Result"], "count": 3,
        "exposure": 9000, "unit": "studies read", "rate": rate, "digest": "d", "serious": 2,
        "baseline": {"rate": 0.0002, "source": "risk file, R-01"}, "p_value": 0.2, "alpha": 0.01,
        "ratio": {"value": None, "low": None, "high": None, "reason": "too few"},
        "verdict": "no trend", "reason": "",
    }  # fmt: skip
    tx.add(TrendLook(
        device_id=device.id or 0, plan_id=plan.id, period_from=date(2025, 10, 1),
        period_to=date(2025, 12, 31), version=1, rows=[row], counts={}, alpha_spent=0.0125,
        alpha_year=0.05, decide_by=date(2026, 1, 30), looked_at=TODAY,
    ))  # fmt: skip


def _review(tx: Any, device: Device) -> None:
    file = RiskFile(device_id=device.id or 0, device_name=device.name, version=1, content={},
                    content_digest="c", recorded_by="demo.quality", recorded_at=TODAY)  # fmt: skip
    tx.add(file)
    tx.flush()
    tx.add(RiskReview(
        risk_file_id=file.id or 0, period_from=date(2025, 10, 1), period_to=date(2025, 12, 31),
        studies=9000, rows=[{
            "code": "R-01", "hazard": "finding missed", "estimate": 0.0002, "events": 3,
            "exposure": 9000, "unit": "studies read", "observed": 0.00033, "low": 0.00007,
            "high": 0.00097, "method": "exact Poisson", "verdict": "within",
            "reason": "the interval holds the estimate", "beside": [],
        }], new_hazards=[], conclusion="stands", made_by="demo.quality", made_at=TODAY,
    ))  # fmt: skip
