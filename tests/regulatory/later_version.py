"""A device with a version in use and a candidate trained anew, under an authorized plan."""

import sqlite3
from contextlib import closing
from typing import Any

from sqlmodel import Session

from journeys.assess_change import assess_change, review_change
from journeys.release import propose_version, release_change
from records.accounts import sign_record
from records.base import digest_of
from records.people import Meaning, find_actor
from records.product import DatasetVersion, Device, ModelVersion
from records.quality import ChangeRequest
from records.signatures import signatures_on
from records.store import Store
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult
from regulatory.rule_sets import approve_rule_set, rule_sets
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

LABEL = "CHR-0002"
KEPT: list[sqlite3.Connection] = []
PLAN: dict[str, Any] = {
    "authorization": {"document": "K990001/S001", "version": "1", "authorized_on": "2026-01-02",
                      "authority": "FDA"},
    "protocol": ["dataset_checked", "internal_test_evaluated", "criteria_judged"],
    "test_set_attempts": 3,
    "cumulative": [{"measure": "auc", "split": "internal_test", "largest_change": 0.05}],
    "rollout": {"scope": "named_sites", "sites": [SITES[0]]},
    "communication": {"audience": ["radiologists"], "by": "release notes", "days_before": 7},
}  # fmt: skip
WHY = "judged by the risk review of the change"
PCCP = {
    "facts": {"new_unmitigated_risk": False, "deviations": [], "update_procedure_ready": True},
    "rationale": {"new_unmitigated_risk": WHY, "deviations": WHY, "update_procedure_ready": WHY},
    "sites": [SITES[0]],
}
ANSWERS: dict[str, Any] = {
    "change": {"affected_items": ["model version", "release notes"],
               "risk_review": "no hazard is added; risk of missed findings is looked at anew",
               "verification_plan": "locked tests, shadow run of four weeks"},
    "regimes": {
        "pccp": PCCP,
        "fda-labelling": {
            "facts": {"warnings_or_precautions_changed": False,
                      "directions_for_use_affected": False},
            "rationale": {"A3": WHY, "A4": WHY},
        },
        "fda-software": {"why": "the plan covers it"},
        "eu-change": {
            "facts": {}, "why": "a certificate is held",
            "settled": {"reference": "NB letter 12", "on": "2026-03-01", "evidence": "DMS 4711"},
        },
        "udi": {"settled": {"reference": "(01)04012345000009", "on": "2026-03-01",
                            "evidence": "EUDAMED entry"}},
        "ai-act": {
            "facts": {"foreseen_in_conformity_assessment": True},
            "rationale": {"foreseen_in_conformity_assessment": WHY},
        },
    },
}  # fmt: skip


def in_use(store: Store) -> None:
    """The first version is released, without any regime: there is no change to assess."""
    populate(store)
    sign_as(store, 1, "demo.quality", Meaning.APPROVAL)
    release_change(store, 1, sites=[SITES[0]], decided_by="demo.regulatory", password=PASSWORD,
                   reason="first release", now=TODAY)  # fmt: skip


def candidate(store: Store, **changes: Any) -> ModelVersion:
    """A candidate under the next revision of the definition; changes: of the plan, or
    ``regulation``, ``definition`` (other fields) and ``version`` (columns)."""
    with store.transaction("demo.quality", "define anew and train", now=TODAY) as tx:
        version = _made(tx, **changes)
    with store.reader() as reader:
        return reader.get_one(ModelVersion, version.id)


def _made(tx: Session, **changes: Any) -> ModelVersion:
    first = tx.get_one(ModelVersion, 1)
    content = dict(tx.get_one(Device, first.device_id).definition)
    content |= changes.pop("definition", {})
    regulation = changes.pop("regulation", {
        "jurisdictions": ["EU", "US"],
        "eu": {"certificate": "mdr", "technical_documentation_certificate": False},
    })
    content.pop("regulation", None)
    if regulation is not None:
        content["regulation"] = regulation
    columns = changes.pop("version", {})
    value = changes.pop("auc", 0.9)
    modifications = [
        one | {"bounds": {"architecture_unchanged": True, "operating_point_rule_unchanged": True},
               "parameters": [{"parameter": "fit.max_epochs", "at_most": 20}]}
        for one in content["pccp"]["modifications"]
    ]  # fmt: skip
    content["pccp"] = {"modifications": modifications} | PLAN | changes
    content["pccp"] = {key: one for key, one in content["pccp"].items() if one is not None}
    device = Device(**tx.get_one(Device, 1).model_dump(
        exclude={"id", "revision", "definition", "definition_digest", "status"}
    ), revision=2, definition=content, definition_digest=digest_of(content))  # fmt: skip
    tx.add(device)
    tx.flush()
    device.status = "accepted"
    version = ModelVersion(**first.model_dump(
        exclude={"id", "device_id", "status", "version_digest", "weights_hash", "name", *columns}
    ) | {"params": {"fit": {"max_epochs": 12}}} | columns, device_id=device.id, name="chest-1.1",
        version_digest="2f" * 32, weights_hash="5e" * 32)  # fmt: skip
    tx.add(version)
    tx.flush()
    _judged(tx, version, content, value)
    return version


def _judged(tx: Session, version: ModelVersion, content: dict[str, Any], value: float) -> None:
    dataset = tx.get_one(DatasetVersion, version.own_dataset)
    for purpose in ("internal_test", "external_test"):
        look = Evaluation(
            model_version_id=version.id or 0, dataset_version_id=dataset.id, purpose=purpose,
            attempt=1, studies=300, patients=290, figures={}, inputs_digest="7" * 64,
            evaluated_at=TODAY,
        )
        tx.add(look)
        tx.flush()
        tx.add(EvaluationResult(
            evaluation_id=look.id or 0, measure="auc", subgroup="all", n=300, value=value,
            low=0.87, high=0.95, level=0.95, method="DeLong",
        ))  # fmt: skip
    for one in content["acceptance_criteria"]:
        tx.add(AcceptanceResult(
            evaluation_id=look.id or 0, model_version_id=version.id or 0, criterion=one["id"],
            statement=one["id"], verdict="met", observed=0.9, bound=0.8, judged_at=TODAY,
        ))  # fmt: skip


def approve_rules(store: Store) -> None:
    """Every rule set in use is approved by signature."""
    with store.transaction("demo.regulatory", "compared", now=TODAY) as tx:
        for kind in rule_sets():
            approve_rule_set(tx, kind, remarks="compared with the collection of rules",
                             by=find_actor(tx, "demo.regulatory"), password=PASSWORD,
                             now=TODAY)  # fmt: skip


def proposed(store: Store, **changes: Any) -> None:
    """The candidate proposed, with rule sets approved: nothing is answered yet."""
    ready(store)
    version = candidate(store, **changes)
    propose_version(store, version, reason="more data", actor="demo.engineer", now=TODAY)


def ready(store: Store) -> None:
    """A version in use, and rule sets approved: written once, then copied."""
    with closing(store.engine.raw_connection()) as lent:
        database = lent.driver_connection
        assert isinstance(database, sqlite3.Connection)
        if KEPT:
            KEPT[0].backup(database)
            return
        in_use(store)
        approve_rules(store)
        KEPT.append(sqlite3.connect(":memory:", check_same_thread=False))
        database.backup(KEPT[0])


def sign_as(store: Store, number: int, name: str, meaning: Meaning) -> None:
    with store.reader() as reader:
        change, person = reader.get_one(ChangeRequest, number), find_actor(reader, name)
    sign_record(
        store, change, signer=person, password=PASSWORD, meaning=meaning, reason="read", now=TODAY
    )


def answer(store: Store, answers: dict[str, Any] | None = None, by: str = "demo.engineer") -> None:
    assess_change(store, LABEL, answers or ANSWERS, actor=by, password=PASSWORD,
                  reason="assessed", now=TODAY)  # fmt: skip


def review(store: Store, *regimes: str, by: str = "demo.quality", agrees: bool = True) -> None:
    review_change(store, LABEL, list(regimes), agrees=agrees, actor=by, password=PASSWORD,
                  reason="reviewed", now=TODAY)  # fmt: skip


def release(store: Store, *sites: str) -> None:
    """Sign it and release it, as far as the gate lets."""
    with store.reader() as reader:
        change = reader.get_one(ChangeRequest, 2)
        signed = signatures_on(reader, change)
    if not signed:
        sign_as(store, 2, "demo.engineer", Meaning.AUTHOR)
        sign_as(store, 2, "demo.quality", Meaning.APPROVAL)
    release_change(store, 2, sites=list(sites or (SITES[0],)), decided_by="demo.regulatory",
                   password=PASSWORD, reason="ready", now=TODAY)  # fmt: skip
