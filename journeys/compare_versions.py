"""A retrained candidate beside every version released before it, on the same locked tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from imaging.case_selection import LOCKED
from imaging.dataset_diff import read_manifest
from imaging.pixels import parse_file, read_pixels
from journeys.release import scored_rows
from journeys.retraining_cases import Material
from measures.estimate import Estimate
from monitoring.evaluate import EvaluationFacts, record_evaluation
from monitoring.regression import LimitVerdict, adaptation_of, judge_regression
from records.base import digest_of
from records.definition import DeviceDefinition
from records.frozen_files import frozen_folder
from records.product import DatasetVersion, ModelVersion
from records.queries import results_of
from records.retraining_rules import RetrainingRules
from records.store import Store
from records.surveillance import RETRAINING, Evaluation
from records.vault import Vault
from regulatory.gathering.edition import estimate_of

_BATCH = 64
Read = dict[str, dict[str, Any]]


def compare_versions(
    store: Store, candidate: ModelVersion, material: Material, definition: DeviceDefinition,
    rules: RetrainingRules, *, actor: str, now: datetime,
) -> Evaluation:  # fmt: skip
    """Judge every limit against every earlier version, and what the update learnt; record both.

    What an earlier version has not said of a study of the tests yet, it is asked for now.

    Raises:
        IntegrityBroken: An image or a frozen file is missing or altered.
    """
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, candidate.own_dataset)
        frozen = {
            one.label: reader.get_one(DatasetVersion, one.own_dataset)
            for one in material.earlier
        }
    rows = [row for row in scored_rows(vault, candidate, dataset) if row["split"] in LOCKED]
    images = [
        row for row in read_manifest(vault, dataset) if row["split"] in LOCKED
    ]
    earlier = _read_by(vault, [(one, frozen[one.label]) for one in material.earlier], images)
    verdicts = judge_regression(definition, rules.regression, rows, earlier)
    tests = _tests_of_each(material, rows)
    versions = earlier | {candidate.label: {row["study"]: row for row in rows}}
    learnt = adaptation_of({row["study"]: int(row["truth"]) for row in rows}, versions, tests)
    estimates = list({
        (one.measure, one.subgroup): one for one in [*(v.estimate for v in verdicts), *learnt]
    }.values())  # fmt: skip
    facts = EvaluationFacts(
        purpose=RETRAINING, estimates=estimates,
        figures={
            "compared_with": list(earlier), "limits": [_plain(one) for one in verdicts],
            "new_in_each_test": dict(zip(versions, map(len, tests), strict=True)),
        },
        inputs_digest=digest_of([
            [row["study"], int(row["truth"]), *(
                [name, float(read[row["study"]]["score"]), bool(read[row["study"]]["decision"])]
                for name, read in versions.items()
            )] for row in rows
        ]),
        studies=len(rows), patients=len({row["patient"] for row in rows}),
    )  # fmt: skip
    with store.transaction(actor, "compare with every earlier version", now=now) as tx:
        return record_evaluation(tx, candidate, facts, dataset=dataset, now=now)


def _read_by(
    vault: Vault, versions: Sequence[tuple[ModelVersion, DatasetVersion]],
    images: Sequence[dict[str, Any]],
) -> dict[str, Read]:  # fmt: skip
    """What each version says of each study: as frozen with it, else by looking at the images now,
    each decoded once for all."""
    from models.predict import Predictor

    wanted = {row["study_uid"] for row in images}
    found: dict[str, Read] = {
        version.label: {
            row["study"]: {"score": float(row["score"]), "decision": bool(row["decision"])}
            for row in scored_rows(vault, version, dataset) if row["study"] in wanted
        }
        for version, dataset in versions
    }
    known = {label: set(read) for label, read in found.items()}
    predictors = {
        version.label: Predictor.load(
            frozen_folder(vault, version), weights_hash=version.weights_hash
        )
        for version, _ in versions if known[version.label] < wanted
    }
    fresh = [row for row in images if any(row["study_uid"] not in known[one] for one in predictors)]
    for at in range(0, len(fresh), _BATCH):
        batch = fresh[at : at + _BATCH]
        pictures = [
            read_pixels(parse_file(vault.fetch(row["digest"], of=f"image {row['record']}"))).array
            for row in batch
        ]
        for label, predictor in predictors.items():
            asked = [n for n, row in enumerate(batch) if row["study_uid"] not in known[label]]
            if not asked:
                continue
            said = predictor.predict([pictures[n] for n in asked])
            for n, one in zip(asked, said, strict=True):
                seen = found[label].get(batch[n]["study_uid"])
                if seen is None or one.score > seen["score"]:
                    found[label][batch[n]["study_uid"]] = {
                        "score": one.score, "decision": one.decision,
                    }
    return found


def _tests_of_each(material: Material, rows: Sequence[dict[str, Any]]) -> list[set[str]]:
    """The internal test that came with the dataset of each version in turn, the candidate last."""
    left = {row["study"] for row in rows if row["split"] == "internal_test"}
    tests = []
    for version in material.earlier:
        studies = material.datasets[version.own_dataset].studies
        own = {uid for uid in left if studies.get(uid, ("", ""))[1] == "internal_test"}
        tests.append(own)
        left -= own
    return [*tests, left]


def _plain(one: LimitVerdict) -> dict[str, Any]:
    return {
        "statement": one.limit.statement, "against": one.against, "verdict": one.verdict,
        "measure": one.estimate.measure, "subgroup": one.estimate.subgroup, "reason": one.reason,
    }


def limits_on_record(session: Session, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Each judged limit of a comparison with its estimate and the label of the record that holds
    it."""
    results = {(one.measure, one.subgroup): one for one in results_of(session, evaluation)}
    return [
        one | {
            "record": (found := results[one["measure"], one["subgroup"]]).label, "n": found.n,
            "value": found.value, "low": found.low, "high": found.high, "method": found.method,
        }
        for one in evaluation.figures["limits"]
    ]  # fmt: skip


def learnt_on_record(session: Session, evaluation: Evaluation) -> list[Estimate]:
    """Learning, potential and retention of a comparison, as recorded."""
    return [
        estimate_of(one)
        for one in results_of(session, evaluation)
        if one.measure in ("learning", "potential", "retention")
    ]
