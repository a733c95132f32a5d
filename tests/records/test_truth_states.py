"""Every study is in one state, and pairs of sources are told by kind."""

import random
from datetime import datetime, timedelta

from sqlmodel import col, select

from records.batches import add_batch
from records.cases import Prediction, ReferenceStandard, Study
from records.product import DatasetVersion, Deployment, Device, ModelVersion
from records.reference_kinds import DEFAULT_RULE, KINDS, STATES
from records.store import Store
from records.truth import first_known_on, truth_of_study
from records.truth_states import pairs_of_kinds, study_truths
from tests.records.test_truth import START, add_studies, add_truths, said

HISTORIES = {
    "known": [said("panel", "consensus", True, 2), said("lab", "histology", False, 5)],
    "partial": [said("lab", "histology", True, 2, state="preliminary")],
    "weak only": [said("notes", "report text", True, 1)],
    "withdrawn": [said("lab", "histology", True, 1),
                  said("lab", "histology", True, 2, version=2, state="withdrawn")],
    "waiting": [said("lab", "histology", True, 60)],
}  # fmt: skip


def filled(store: Store, now: datetime) -> Device:
    with store.transaction("setup", now=now) as tx:
        ids = add_studies(tx, now, len(HISTORIES) + 1)  # the last is read by nobody
        device = Device(name="d", revision=1, trade_name="D", definition={},
                        definition_digest="0", defined_at=now)  # fmt: skip
        for row in (
            device,
            DatasetVersion(
                device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
                commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
            ),
            ModelVersion(
                device_id=1, dataset_version_id=1, name="m", version_digest="0", weights_hash="0",
                architecture="a", model={}, operating_point=0.5, params={}, dvc_lock_digest="0",
                code_digest="0", commit="0", vault_path="m", trained_at=now,
            ),
            Deployment(model_version_id=1, site_id=1, mode="live", started_at=now),
        ):
            tx.add(row)
            tx.flush()
        add_batch(tx, Prediction, [
            {"study_id": study, "model_version_id": 1, "score": 0.5, "decision": True,
             "out_of_distribution": 0.1, "returned_to_care": False, "predicted_at": now,
             "deployment_id": 1}
            for study in ids[:-1]
        ])  # fmt: skip
        for study, history in zip(ids, HISTORIES.values(), strict=False):
            add_truths(tx, study, history, now)
    return device


def test_each_study_is_in_one_state_as_known_by_a_day(store: Store, now: datetime) -> None:
    filled(store, now)
    with store.reader() as reader:
        device = reader.get_one(Device, 1)

        def states(day: int) -> list[str]:
            by = START.fromordinal(START.toordinal() + day)
            return [
                one.state
                for one in study_truths(reader, device, DEFAULT_RULE, by=by, late_after_days=30)
            ]

        assert states(6) == list(HISTORIES)
        assert states(1) == ["waiting", "waiting", "weak only", "known", "waiting"]
        assert states(31) == [*list(HISTORIES)[:-1], "late"]
        (one, *_) = study_truths(
            reader, device, DEFAULT_RULE, by=START.replace(day=20), late_after_days=30
        )
    assert (one.kind, one.first_known_on) == ("histology", START.replace(day=7))
    (pair,) = pairs_of_kinds([one])
    assert (pair.stronger, pair.weaker, pair.first, pair.second) == (
        "histology", "consensus", (False,), (True,)
    )  # fmt: skip


def test_all_studies_at_once_are_told_what_each_is_told_alone(store: Store, now: datetime) -> None:
    filled(store, now)
    draw = random.Random(7)
    with store.transaction("more", now=now) as tx:
        studies = add_studies(tx, now, 40)
        add_batch(tx, Prediction, [
            {"study_id": study, "model_version_id": 1, "score": 0.5, "decision": True,
             "out_of_distribution": 0.1, "returned_to_care": False, "predicted_at": now,
             "deployment_id": 1}
            for study in studies
        ])  # fmt: skip
        rows = [
            {"study_id": study, "source": source, "version": number + 1, "kind": kind,
             "state": draw.choice(STATES), "present": draw.random() < 0.5, "finding": "f",
             "known_on": START + timedelta(days=day), "received_at": now}
            for study in studies
            for source, kind in zip("abc", draw.sample(KINDS, draw.randint(1, 3)), strict=False)
            for number, day in enumerate(sorted(draw.choices(range(6), k=draw.randint(1, 3))))
        ]  # fmt: skip
        add_batch(tx, ReferenceStandard, rows)
    with store.reader() as reader:
        device = reader.get_one(Device, 1)
        for day in range(7):
            by = START + timedelta(days=day)
            alone = {
                study: (kind or "", None if kind is None else first)
                for study, kind, first in reader.exec(
                    select(Study.id, ReferenceStandard.kind, first_known_on(DEFAULT_RULE, by=by))
                    .outerjoin(ReferenceStandard, truth_of_study(DEFAULT_RULE, by=by))
                    .where(col(Study.id).in_(studies))
                )
            }  # fmt: skip
            at_once = study_truths(reader, device, DEFAULT_RULE, by=by, late_after_days=30)
            assert {
                one.study_id: (one.kind, one.first_known_on) for one in at_once
                if one.study_id in alone
            } == alone  # fmt: skip
