"""A small workspace with something on every page: 30 days of three sites, an alert, a change."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from records.audit import note
from records.base import digest_of
from records.cases import Quarantine
from records.clock import advance_clock, mark_workspace
from records.definition import find_definition, load_definition
from records.lookup import find_events
from records.people import Meaning, Role, find_actor, register_person
from records.product import (
    DatasetVersion,
    Deployment,
    Device,
    ModelVersion,
    Site,
    WorkspaceKind,
)  # fmt: skip
from records.quality import ChangeRequest, Document
from records.signatures import sign
from records.store import Store
from records.surveillance import (
    AcceptanceResult,
    Alert,
    ChartBaseline,
    ChartPoint,
    DriftReport,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    MonitoringRun,
    Revalidation,
)  # fmt: skip
from records.vault import Vault
from regulatory.documents import change_log
from regulatory.documents.writers.json import write_json
from tests.dashboards.weeks_of_performance import BASELINE, point_of_week
from tests.people import qualify_everybody
from tests.regulatory.documents.sample_others import change_log_facts

PASSWORD = "demonstration"
BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FIRST = date(2026, 2, 5)
DAYS = 30
TODAY = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
SITES = ("north hospital", "south clinic", "west practice")
PEOPLE = (
    ("demo.engineer", "Demo Engineer", Role.ENGINEER),
    ("demo.quality", "Demo Quality Manager", Role.QUALITY),
    ("demo.regulatory", "Demo Regulatory Officer", Role.REGULATORY),
)

KEPT: list[tuple[sqlite3.Connection, dict[str, bytes]]] = []
"""What was written once in this process: the database in memory, and the files of the vault."""


def populate(store: Store) -> None:
    """Everything that the pages show, in a fresh SQLite workspace: written once, then copied."""
    with store.reader() as reader:
        assert not find_events(reader), "only a fresh workspace is populated: it is overwritten"
    with closing(store.engine.raw_connection()) as lent:
        database = lent.driver_connection
        assert isinstance(database, sqlite3.Connection)
        if not KEPT:
            write_everything(store)
            copy = sqlite3.connect(":memory:", check_same_thread=False)
            database.backup(copy)
            KEPT.append((copy, files_below(store.workspace.vault)))
            return
        KEPT[0][0].backup(database)
    for name, content in KEPT[0][1].items():
        file = store.workspace.vault / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*") if file.is_file()
    }  # fmt: skip


def write_everything(store: Store) -> None:
    """The same through transactions, as the system writes it."""
    with store.transaction("radvigil", "begin a demonstration", now=BEGIN) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=BEGIN, seed=7)
        for name, full_name, role in PEOPLE:
            register_person(
                tx, name, full_name=full_name, roles=[role], password=PASSWORD, now=BEGIN
            )
        qualify_everybody(tx, BEGIN)
    with store.transaction("service:training", "train", now=BEGIN) as tx:
        version = _product(tx)
        _evaluations(tx, version)
        _change(tx, version)
    with store.transaction("demo.engineer", "propose", now=BEGIN) as tx:
        sign(
            tx, tx.get_one(ChangeRequest, 1), signer=find_actor(tx, "demo.engineer"),
            password=PASSWORD, meaning=Meaning.AUTHOR, reason="I propose it", now=BEGIN,
        )
    with store.transaction("service:surveillance", "watch", now=TODAY) as tx:
        _surveillance(tx, version, Vault(store.workspace.vault))
        advance_clock(tx, TODAY)
    with store.transaction("service:documents", "compile", now=TODAY) as tx:
        document = _document(tx, Vault(store.workspace.vault))
        note(tx, "compile", document.subject)
    with store.transaction("demo.regulatory", "reviewed", now=TODAY) as tx:
        sign(
            tx, tx.get_one(Document, document.id), signer=find_actor(tx, "demo.regulatory"),
            password=PASSWORD, meaning=Meaning.REVIEW, reason="reviewed", now=TODAY,
        )


def _product(tx: Session) -> ModelVersion:
    definition = load_definition(find_definition("chest-radiograph-pneumonia"))
    content = definition.model_dump(mode="json")
    device = Device(
        name=definition.name, revision=1, trade_name=definition.trade_name,
        definition=content, definition_digest=digest_of(content), defined_at=BEGIN,
    )
    sites = [
        Site(name=name, registered_at=BEGIN, status="unconfirmed" if number else "confirmed")
        for number, name in enumerate(SITES)
    ]
    tx.add_all([device, *sites])
    tx.flush()
    assert device.id is not None
    dataset = DatasetVersion(
        device_id=device.id, name="chest-1", manifest_digest="a" * 64, content_digest="b" * 32,
        vault_path="datasets/chest-1", commit="c" * 40, studies=1200, patients=1100, splits={},
        datasheet={}, frozen_at=BEGIN,
    )
    tx.add(dataset)
    tx.flush()
    assert dataset.id is not None
    version = ModelVersion(
        device_id=device.id, dataset_version_id=dataset.id, name="chest-1.0",
        version_digest="1f" * 32, weights_hash="2e" * 32, architecture="small_resnet", model={},
        operating_point=0.4321, params={}, dvc_lock_digest="3" * 64, code_digest="4" * 64,
        commit="5" * 40, vault_path="models/chest-1.0", trained_at=BEGIN,
    )
    tx.add(version)
    tx.flush()
    assert version.id is not None
    for place, mode in enumerate(("live", "live", "shadow"), start=1):
        tx.add(
            Deployment(model_version_id=version.id, site_id=place, mode=mode, started_at=BEGIN)
        )
    return version


def _evaluations(tx: Session, version: ModelVersion) -> None:
    assert version.id is not None
    for purpose in ("internal_test", "external_test"):
        evaluation = Evaluation(
            model_version_id=version.id, purpose=purpose, attempt=1, studies=300, patients=290,
            figures={}, inputs_digest="6" * 64, evaluated_at=BEGIN,
        )
        tx.add(evaluation)
        tx.flush()
        assert evaluation.id is not None
        results = [
            EvaluationResult(
                evaluation_id=evaluation.id, measure="auc", subgroup="all", n=300, value=0.912,
                low=0.874, high=0.951, level=0.95, method="DeLong",
            ),
            EvaluationResult(
                evaluation_id=evaluation.id, measure="ppv", subgroup="all", n=0, level=0.95,
                reason="no study was flagged",
            ),
        ]
        tx.add_all(results)
        tx.flush()
        tx.add(
            AcceptanceResult(
                evaluation_id=evaluation.id, model_version_id=version.id,
                evaluation_result_id=results[0].id,
                criterion="AC-1" if purpose == "internal_test" else "AC-4",
                statement=f"lower 95 % limit of auc on the {purpose} at least 0.8",
                verdict="met", observed=0.874, bound=0.8, judged_at=BEGIN,
            )
        )


def _change(tx: Session, version: ModelVersion) -> None:
    assert version.id is not None
    change = ChangeRequest(
        device_id=version.device_id, model_version_id=version.id,
        title="Put model version chest-1.0 into use", description="First model version.",
        reason="first release", proposed_by="demo.engineer", proposed_at=BEGIN,
    )
    tx.add(change)
    tx.flush()
    change.assessment = {
        "all_met": True, "criteria": [], "pccp": {"applies": False, "reason": "first version"},
    }  # fmt: skip
    change.status = "assessed"
    tx.add(change)


def _surveillance(tx: Session, version: ModelVersion, vault: Vault) -> None:
    assert version.id is not None
    content = tx.get_one(Device, version.device_id).definition["monitoring_plan"]
    plan = MonitoringPlan(
        device_id=version.device_id, content=content, content_digest="7" * 64, effective_at=BEGIN
    )
    tx.add(plan)
    tx.flush()
    assert plan.id is not None
    for site in (1, 2, 3):
        for chart, measure in (("image_noise", ""), ("sensitivity", "sensitivity")):
            tx.add(
                ChartBaseline(
                    plan_id=plan.id, model_version_id=version.id, site_id=site, chart=chart, n=200,
                    alpha=0.004, frozen_at=BEGIN,
                    prepared={"measure": measure, "bound": 0.78} if measure else {},
                )
            )
        tx.add(ChartBaseline(
            plan_id=plan.id, model_version_id=version.id, site_id=site, frozen_at=BEGIN, **BASELINE
        ))  # fmt: skip
    for number in range(DAYS):
        _day(tx, plan.id, version.id, number)
    html = vault.put(b"<html><body>drift report</body></html>")
    _answers(tx, plan.id, version.id, html)


def _day(tx: Session, plan: int, version: int, number: int) -> None:
    day = FIRST + timedelta(days=number)
    run = MonitoringRun(
        plan_id=plan, model_version_id=version, day=day, studies=60, run_at=TODAY,
        counts={
            site: {"studies": 20, "truth_received": number % 4, "truth_too_late": 0}
            for site in SITES
        },
    )
    tx.add(run)
    tx.flush()
    assert run.id is not None
    for site in SITES:
        drifting = site == SITES[1] and number >= 20
        evidence = 0.2 + (0.6 * (number - 19) if drifting else 0.02 * (number % 5))
        tx.add(
            ChartPoint(
                run_id=run.id, chart="image_noise", site=site, day=day, n=20, value=0.1,
                low=-0.3, high=0.5, statistic=evidence, limit=2.4, signal=evidence >= 2.4,
            )
        )
        tx.add(ChartPoint(run_id=run.id, site=site, day=day, **point_of_week(FIRST, number)))
        known = number % 4 != 0
        drop = 0.015 * (number - 19) if drifting else 0.0
        tx.add(
            ChartPoint(
                run_id=run.id, chart="sensitivity", site=site, day=day, n=5 + number,
                value=0.86 - drop if known else None, low=0.62 - drop if known else None,
                high=0.97 - drop if known else None, statistic=0.1 if known else None, limit=2.4,
                reason="" if known else "no truth arrived for a case with the finding",
            )
        )


def _answers(tx: Session, plan: int, version: int, html: str) -> None:
    """The alert, its revalidation, a weekly drift report and a refused file."""
    point = tx.get_one(ChartPoint, 1)
    assert point.id is not None
    alert = Alert(
        plan_id=plan, chart_point_id=point.id, chart="image_noise", site=SITES[1],
        severity="high", summary=f"{SITES[1]}: noise is 1.4 SD higher over 80 studies.",
        onset_estimate=FIRST + timedelta(days=20), raised_on=FIRST + timedelta(days=23),
        raised_at=TODAY,
    )
    tx.add(alert)
    tx.flush()
    tx.add_all(
        [
            Revalidation(
                alert_id=alert.id, model_version_id=version, site=SITES[1], trigger="alert",
                period_from=FIRST, period_to=TODAY.date(),
                comparison={"below_claim": ["sensitivity"]}, outcome="degraded",
                conclusion="Sensitivity fell at south clinic.", revalidated_at=TODAY,
            ),
            DriftReport(
                run_id=7, day=FIRST + timedelta(days=6), occasion="weekly", reference_rows=300,
                current_rows=420, html_digest=html, json_digest=html,
                verdicts=[
                    {"column": "noise", "method": "wasserstein", "threshold": 0.1,
                     "n_reference": 300, "n_current": 420, "value": 0.34, "drifted": True,
                     "reason": ""},
                    {"column": "age_years", "method": "wasserstein", "threshold": 0.1,
                     "n_reference": 0, "n_current": 420, "value": None, "drifted": None,
                     "reason": "not recorded in the reference"},
                ],
            ),
            Quarantine(
                source_digest="8" * 64, site_id=1, reason="not a DICOM file", size_bytes=12,
                arrived_on=FIRST, received_at=TODAY,
            ),
        ]
    )  # fmt: skip


def _document(tx: Session, vault: Vault) -> Document:
    content = change_log.build(change_log_facts())
    document = Document(
        device_id=1, kind="performance_monitoring_report", number="DOC-26-0001", version=1,
        title="Periodic performance-monitoring report", period_from=FIRST,
        period_to=TODAY.date(), freeze_at=TODAY, freeze_sequence=420, facts_digest="9" * 64,
        template_digest="0" * 64, draft_json_digest=vault.put(write_json(content)),
        pdf_digest=vault.put(b"%PDF-1.7 a draft"), compiled_at=TODAY,
        gaps=[{"missing": "Conclusion of the quality manager", "reason": "only a person says so",
               "who": "quality", "clause": ""}],
    )  # fmt: skip
    tx.add(document)
    tx.flush()
    return document
