"""Evaluate a candidate, propose it, and carry the decision: release, or refusal and shadow."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlmodel import Session

from journeys.keep_tests_apart import require_tests_apart
from journeys.tell_users import tell_in_use
from models.tasks import TASKS
from models.tasks.multilabel import ranked_findings
from monitoring.evaluate import evaluate_rows, judge_criteria, record_evaluation
from records.accounts import acting_on
from records.cases import Prediction
from records.errors import InvalidInput
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.lookup import find_record, sites_named
from records.people import Actor, Meaning, find_actor, prove_identity
from records.performance_claims import LOCKED_SPLITS
from records.permissions import Action, require
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.queries import evaluations_of, studies_by_uid
from records.signatures import sign, signatures_on
from records.store import Store
from records.surveillance import AcceptanceResult, Evaluation
from records.vault import Vault
from regulatory.acceptance import acceptance_results
from regulatory.changes import (
    approve_change,
    assess_change,
    deploy,
    propose_change,
    refuse_change,
    release_version,
    signed_for_release,
)  # fmt: skip
from regulatory.claims import claim_gaps

PREDICTIONS, MANIFEST = "predictions.parquet", "manifest.parquet"

_AS_TEXT = ("boxes", "list", "words")
"""Kinds of fields that the table of predictions holds as JSON."""


def scored_rows(
    vault: Vault, version: ModelVersion, dataset: DatasetVersion
) -> list[dict[str, Any]]:
    """The frozen predictions of a version beside the facts of each study in its dataset.

    One row a study: where a study has several images the highest score decides, as in use.

    Raises:
        IntegrityBroken: One of the two tables is not what was frozen; its version is named.
    """
    import pyarrow.parquet as pq

    tables = (
        frozen_folder(vault, record, name) / name
        for record, name in ((version, PREDICTIONS), (dataset, MANIFEST))
    )
    predictions, manifest = map(pq.read_table, tables)
    facts = {row["instance_uid"]: row for row in manifest.to_pylist()}
    highest: dict[str, dict[str, Any]] = {}
    for row in predictions.to_pylist():
        seen = highest.get(row["study_uid"])
        if seen is None or row["score"] > seen["score"]:
            highest[row["study_uid"]] = facts[row["instance_uid"]] | row
    return [
        row | {"study": row["study_uid"], "truth": row["finding"]}
        for _, row in sorted(highest.items())
    ]


def evaluate_version(
    store: Store, version: ModelVersion, *, actor: str, now: datetime
) -> list[AcceptanceResult]:
    """Evaluate on the locked internal and external test, and judge the declared criteria.

    A split without studies is not evaluated; its criteria are 'not available'. A version that was
    evaluated before, or by another program meanwhile, is not looked at again.

    Raises:
        Refused: A device that feeds this one learnt from images of the tests.
    """
    with store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, version.own_dataset)
        device = reader.get_one(Device, version.device_id)
        known = _evaluated(reader, version)
    definition = definition_of(device)
    require_tests_apart(store, dataset, definition, actor=actor, now=now)
    rows = scored_rows(Vault(store.workspace.vault), version, dataset)
    facts = [
        evaluate_rows(definition, chosen, purpose=split)
        for split in LOCKED_SPLITS
        if split not in known and (chosen := [row for row in rows if row["split"] == split])
    ]
    with store.transaction(actor, "evaluate against the declared criteria", now=now) as tx:
        if _evaluated(tx, version).keys() != known.keys():  # another program was first
            return acceptance_results(tx, version)
        evaluations: dict[str, Evaluation] = dict(known)
        for one in facts:
            evaluations[one.purpose] = record_evaluation(
                tx, version, one, dataset=dataset, now=now
            )
        if not facts and known:
            return acceptance_results(tx, version)
        record_test_predictions(tx, version, rows, now=now)
        return judge_criteria(tx, definition, version, evaluations, now=now)


def _evaluated(session: Session, version: ModelVersion) -> dict[str, Evaluation]:
    """The newest evaluation of each locked test that the version was evaluated on."""
    return {
        split: found[-1]
        for split in LOCKED_SPLITS
        if (found := evaluations_of(session, version, split))
    }


def record_test_predictions(
    tx: Session, version: ModelVersion, rows: list[dict[str, Any]], *, now: datetime
) -> None:
    """Keep what the version said about each study of the locked tests, as predictions.

    They are what the evaluation's figures trace to, and what operation is compared with.
    """
    assert version.id is not None
    locked = [row for row in rows if row["split"] in LOCKED_SPLITS]
    studies = studies_by_uid(tx, [row["study_uid"] for row in locked])
    for row in locked:
        study_id = studies[row["study_uid"]].id
        assert study_id is not None
        tx.add(
            Prediction(
                study_id=study_id, model_version_id=version.id, score=float(row["score"]),
                decision=bool(row["decision"]),
                out_of_distribution=float(row["out_of_distribution"]),
                returned_to_care=False, predicted_at=now, outputs=outputs_of(version, row),
                embedding=embedding_of(row),
            )
        )


def embedding_of(row: Mapping[str, Any]) -> list[float] | None:
    """What the model saw of a scored study; None of versions that did not keep it."""
    held = row.get("embedding")
    return None if held is None or not len(held) else [float(one) for one in held]


def outputs_of(version: ModelVersion, row: dict[str, Any]) -> dict[str, Any]:
    """What the task gives beside score and decision: the probability of each class by its name,
    each finding in rank where they may be present together, the measurements of an outline, or the
    marks of lesions; and the uncertainty of an ensemble."""
    spread = {"uncertainty": row["uncertainty"]} if "uncertainty" in row else {}
    if each := version.model.get("each"):
        names, points = ([one[name] for one in each] for name in ("finding", "operating_point"))
        return {
            "findings": ranked_findings(names, row["probabilities"], row["named"], points)
        }
    classes = version.model.get("classes", ())
    if classes:
        return dict(zip(classes, row["probabilities"], strict=True)) | spread
    task = TASKS[str(version.model.get("task", "classification"))]
    given = (one for one in task.fields if one.name not in ("score", "decision"))
    return {
        one.name: json.loads(row[one.name]) if one.kind in _AS_TEXT else row[one.name]
        for one in given if one.name in row
    } | spread


def propose_version(
    store: Store, version: ModelVersion, *, reason: str, actor: str, now: datetime,
    protocol: Mapping[str, Any] | None = None,
) -> ChangeRequest:  # fmt: skip
    """Propose the version as a change of the device, and assess it against the criteria.

    protocol: the record of the retraining run that made it, which becomes part of the assessment
    that people sign.

    Raises:
        NotAllowed: The person or service may not propose; the trail says so.
    """
    with acting_on(store, version, "proposal", actor=actor, reason=reason, now=now) as tx:
        require(find_actor(tx, actor), Action.PROPOSE_CHANGE)
        change = propose_change(
            tx, version, title=f"Put model version {version.name} into use",
            description=(
                f"Model version {version.name} (weights {version.weights_hash[:16]}…), operating "
                f"point {version.operating_point:.4f}, {_made_on(version)} "
                f"DSV-{version.own_dataset:04d}."
            ),
            reason=reason, proposed_by=actor, now=now,
        )
        return assess_change(tx, change, protocol=protocol)


def _made_on(version: ModelVersion) -> str:
    return "made elsewhere, tested on" if version.made_elsewhere else "trained on"


def release_change(
    store: Store, change_id: int, *, sites: list[str], decided_by: str, password: str, reason: str,
    now: datetime,
) -> Release:
    """Approve if that is still to do, sign the release, and deploy to the sites.

    Raises:
        NotAllowed: The password is not right, or the person may not release; the trail says so.
        Refused: A criterion is not met, or a signature is missing.
    """
    if not sites:
        raise InvalidInput("No site was named.", hint="Name where the version is to run.")
    with _deciding(store, change_id, decided_by, "release", reason, now) as (tx, change, person):
        require(person, Action.RELEASE_CHANGE)
        chosen = sites_named(tx, sites)
        if change.status == "assessed":
            approve_change(tx, change, now=now)
        sign_release(tx, change, person, password=password, reason=reason, now=now)
        return _released(tx, change, chosen, person, now=now)


def _released(
    tx: Session, change: ChangeRequest, sites: list[Site], person: Actor, *, now: datetime
) -> Release:
    release = release_version(tx, change, sites=sites, decided_by=person, now=now)
    tell_in_use(tx, change, release, [site.name for site in sites], now=now)
    return release


def reject_change(
    store: Store, change_id: int, *, decided_by: str, password: str, reason: str, now: datetime,
    shadow_at: Sequence[str] = (),
) -> Release:
    """Record that the version is not released; what runs stays, but where it is to be a shadow.

    A shadow is watched, and nothing that it says is returned to care.

    Raises:
        NotAllowed: The password is not right, or the person may not decide; the trail says so.
        Refused: The change is decided already.
    """
    with _deciding(store, change_id, decided_by, "refuse", reason, now) as (tx, change, person):
        prove_identity(person, password)
        release = refuse_change(tx, change, decided_by=person, now=now)
        deploy(tx, change, sites=sites_named(tx, shadow_at), mode="shadow", now=now)
        return release


@contextmanager
def _deciding(
    store: Store, change_id: int, decided_by: str, wanted: str, reason: str, now: datetime
) -> Iterator[tuple[Session, ChangeRequest, Actor]]:
    """One decision of one person about a change; a refused attempt is on record."""
    with store.reader() as reader:
        known = reader.get_one(ChangeRequest, change_id)
    with acting_on(
        store, known, "decision", actor=decided_by, reason=reason, now=now,
        refused={"wanted": wanted},
    ) as tx:
        yield tx, tx.get_one(ChangeRequest, change_id), find_actor(tx, decided_by)


def sign_release(
    tx: Session, change: ChangeRequest, person: Actor, *, password: str, reason: str, now: datetime
) -> None:
    """The release signature; who gave it before only proves the identity again."""
    if any(
        one.signer_id == person.id and one.meaning == Meaning.RELEASE.value
        for one in signatures_on(tx, change)
    ):
        prove_identity(person, password)
        return
    sign(
        tx, change, signer=person, password=password, meaning=Meaning.RELEASE, reason=reason,
        now=now,
    )


def decide_change(
    store: Store, change_id: int, *, sites: list[str], decided_by: str, password: str, reason: str,
    now: datetime,
) -> Release:
    """Decide as the assessment says: release, or refuse and watch the version as a shadow; a claim
    of the label that its tests contradict refuses it too."""
    with store.reader() as reader:
        change = reader.get_one(ChangeRequest, change_id)
        version = reader.get_one(ModelVersion, change.model_version_id)
        met = change.assessment.get("all_met") and not claim_gaps(reader, version)
    if met:
        return release_change(
            store, change_id, sites=sites, decided_by=decided_by, password=password, reason=reason,
            now=now,
        )
    return reject_change(
        store, change_id, decided_by=decided_by, password=password, reason=reason, now=now,
        shadow_at=sites,
    )


def carry_out_release(
    store: Store, label: str, *, sites: list[str], actor: str, now: datetime
) -> Release:
    """Deploy what a person has signed for release; for routine work, which has no password.

    Raises:
        NotAllowed: Who carries it out is no service.
        Refused: Nobody has signed for release, a criterion is not met, or a signature is missing.
    """
    with store.transaction(actor, "carry out a signed decision", now=now) as tx:
        require(find_actor(tx, actor), Action.CARRY_OUT_RELEASE)
        change = find_record(tx, ChangeRequest, label)
        chosen, person = sites_named(tx, sites), signed_for_release(tx, change)
        if change.status == "assessed":
            approve_change(tx, change, now=now)
        return _released(tx, change, chosen, person, now=now)
