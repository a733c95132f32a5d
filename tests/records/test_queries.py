"""Questions that use cases ask: a study is counted once, whatever is on record about it."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from records.cases import Instance, Prediction, ReferenceStandard, Study
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.queries import (
    case_rows,
    newest_dataset,
    prediction_rows,
    running_deployments,
)  # fmt: skip
from records.store import Store

KNOWN = date(2026, 1, 20)


def add(tx: Session, row: object) -> int:
    tx.add(row)
    tx.flush()
    return int(row.id)  # type: ignore[attr-defined]


def add_study(tx: Session, number: int, now: datetime, deployment: int | None = None) -> int:
    study = add(tx, Study(
        study_uid=f"2.25.{number}", patient="P", site_id=1, purpose="clinical",
        arrived_on=now.date(), received_at=now, modality="DX", body_part="CHEST", view="PA",
        rows=8, columns=8,
    ))  # fmt: skip
    add(tx, Instance(
        study_id=study, instance_uid=f"2.25.9{number}", digest=str(number),
        source_digest=f"s{number}", deidentification={}, brightness=0, contrast=0, sharpness=0,
        noise=0, entropy=0, saturation=0,
    ))  # fmt: skip
    add(tx, Prediction(
        study_id=study, model_version_id=1, score=0.5, decision=True, out_of_distribution=0.1,
        returned_to_care=False, predicted_at=now, deployment_id=deployment,
    ))  # fmt: skip
    return study


def test_of_several_truths_the_one_recorded_first_counts_and_the_study_once(
    store: Store, now: datetime
) -> None:
    with store.transaction("setup", now=now) as tx:
        add(tx, Site(name="north", registered_at=now))
        add(tx, Device(name="d", revision=1, trade_name="D", definition={}, definition_digest="0",
                       defined_at=now))  # fmt: skip
        add(tx, DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
            commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        ))  # fmt: skip
        add(tx, ModelVersion(
            device_id=1, dataset_version_id=1, name="m", version_digest="0", weights_hash="0",
            architecture="a", model={}, operating_point=0.5, params={}, dvc_lock_digest="0",
            code_digest="0", commit="0", vault_path="m", trained_at=now,
        ))  # fmt: skip
        add(tx, Deployment(model_version_id=1, site_id=1, mode="live", started_at=now))
        twice, never = (add_study(tx, number, now, deployment=1) for number in (1, 2))
        add_study(tx, 3, now)  # read by nobody in operation: for an evaluation only
        for present, source, day in ((True, "report", KNOWN), (False, "consensus", KNOWN
                                      + timedelta(days=9))):  # fmt: skip
            add(tx, ReferenceStandard(
                study_id=twice, finding="f", present=present, source=source, known_on=day,
                received_at=now,
            ))  # fmt: skip
    with store.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
        cases = [row for row in case_rows(reader, purposes=["clinical"]) if row["study_id"] != 3]
        read = prediction_rows(reader, version)
        early = prediction_rows(reader, version, known_until=KNOWN - timedelta(days=1))
    for rows in (cases, read):
        assert {row["study_id"]: row["truth"] for row in rows} == {twice: True, never: None}
        assert len(rows) == 2
    assert [row["known_on"] for row in read] == [KNOWN, None]
    assert [row["truth"] for row in early] == [None, None]


def test_a_version_runs_on_under_the_next_revision_of_the_definition(
    store: Store, now: datetime
) -> None:
    with store.transaction("setup", now=now) as tx:
        site = add(tx, Site(name="north", registered_at=now))
        first, second = (
            Device(name="d", revision=number, trade_name="D", definition={},
                   definition_digest=str(number), defined_at=now)
            for number in (1, 2)
        )  # fmt: skip
        add(tx, first)
        dataset = DatasetVersion(
            device_id=first.id or 0, name="d", manifest_digest="0", content_digest="0",
            vault_path="d", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=now,
        )
        version = add(tx, ModelVersion(
            device_id=first.id or 0, dataset_version_id=add(tx, dataset), name="m",
            version_digest="0", weights_hash="0", architecture="a", model={}, operating_point=0.5,
            params={}, dvc_lock_digest="0", code_digest="0", commit="0", vault_path="m",
            trained_at=now,
        ))  # fmt: skip
        add(tx, Deployment(model_version_id=version, site_id=site, mode="live", started_at=now))
        add(tx, second)
    with store.reader() as reader:
        assert [one.model_version_id for one in running_deployments(reader, second)] == [version]
        kept = newest_dataset(reader, second)
        assert kept is not None
        assert kept == newest_dataset(reader, first)
        other = Device(name="e", revision=1, trade_name="E", definition={},
                       definition_digest="0", defined_at=now)  # fmt: skip
        assert running_deployments(reader, other) == []
