"""A detector changes, a chart signals, a person looks, the device is retrained by its protocol."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from journeys.release import MANIFEST
from journeys.retrain_by_rule import retrain_by_rule
from journeys.retraining_due import proposal_on_alert, retraining_due
from journeys.tell import write_document
from records.errors import Refused
from records.frozen_files import frozen_folder
from records.lookup import list_records
from records.product import DatasetVersion, JourneyStep, ModelVersion
from records.quality import ChangeRequest
from records.queries import evaluations_of, results_of
from records.store import Store
from records.surveillance import RETRAINING
from records.vault import Vault
from records.verify import verify_records
from regulatory.compile import Request
from tests.journeys import retraining_workspace as made
from tests.journeys.retraining_workspace import DEVICE, FIT, in_use, operate_until_alert, take_in

pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

TAUGHT = {"train", "tuning"}


def run_of(store: Store, now: Any, train: Any = made.train, alert: str | None = None) -> Any:
    return retrain_by_rule(
        store, DEVICE, seed=5, actor="service:training", now=now, report=lambda _: None,
        alert=alert, train=train,
    )


def rows_of(store: Store, number: int) -> list[dict[str, Any]]:
    with store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, number)
    folder = frozen_folder(Vault(store.workspace.vault), dataset)
    return pq.read_table(folder / MANIFEST).to_pylist()


def broken_off(*_: Any, **__: Any) -> ModelVersion:
    raise KeyboardInterrupt


@pytest.mark.requirement("REG-092")
def test_from_a_drift_alert_to_a_change_request_that_people_sign(
    store: Store, tmp_path: Path
) -> None:
    first = in_use(store, tmp_path)
    before = rows_of(store, 1)
    locked = next(row["patient"] for row in before if row["split"] == "internal_test")
    alert, day = operate_until_alert(store)
    take_in(store, 2, first=9000, day=day, purpose="clinical", changed=True, patient=locked)
    with store.reader() as reader:
        assert f"model retrain --alert {alert.label}" in proposal_on_alert(reader, alert)

    with pytest.raises(KeyboardInterrupt):
        run_of(store, day, broken_off)
    run = run_of(store, day)
    assert (run.number, run.outcome) == (1, "proposed")
    assert list(run.steps) == ["begun", "selected", "frozen", "trained", "compared", "ended"]
    with store.reader() as reader:
        assert len(list_records(reader, DatasetVersion)) == 2, "what was frozen is not frozen anew"
        assert run.said("begun")["trigger"] == f"alert {alert.label}"

    # the data: every locked test kept, nobody of one learnt from, the reason of each on record
    after = {row["study_uid"]: row for row in rows_of(store, 2)}
    assert all(after[row["study_uid"]]["split"] == row["split"] for row in before)
    guarded = {row["patient"] for row in before if row["split"] not in TAUGHT}
    assert not guarded & {row["patient"] for row in after.values() if row["split"] in TAUGHT}
    new = [row for uid, row in after.items() if uid not in {one["study_uid"] for one in before}]
    assert len(new) == run.said("selected")["new_cases"] >= 60
    assert {row["split"] for row in new} == {"train", "tuning", "internal_test"}
    said = run.said("selected")["by_reason"]
    assert said["patient in a locked test of DSV-0001"]["studies"] == 2
    with store.reader() as reader:
        dataset = reader.get_one(DatasetVersion, 2)
        assert dataset.datasheet["selection"]["record"] == run.steps["selected"].label
        assert dataset.datasheet["excluded"] == {"patient in a locked test of DSV-0001": 2}
        assert dataset.datasheet["patient_overlap"] == 0

        looks = [evaluations_of(reader, reader.get_one(ModelVersion, number), "internal_test")[0]
                 for number in (1, 2)]  # fmt: skip
        assert [one.attempt for one in looks] == [1, 2], "the tests are the same ones"

    # the comparison: each figure of the record is that of the recorded estimate
    with store.reader() as reader:
        candidate = reader.get_one(ModelVersion, 2)
        [comparison] = evaluations_of(reader, candidate, RETRAINING)
        results = {one.label: one for one in results_of(reader, comparison)}
    limits = run.said("compared")["limits"]
    assert {one["against"] for one in limits} == {first.label}
    assert {one["subgroup"].partition(", ")[2].partition("=")[0] for one in limits} == {
        "", "sex", "age", "view", "site"
    }
    for one in limits:
        stored = results[one["record"]]
        assert (one["value"], one["low"], one["n"]) == (stored.value, stored.low, stored.n)
    assert {one["verdict"] for one in limits} <= {"kept", "not estimable"}
    learnt = {one.measure: one for one in results.values() if one.subgroup.startswith("auc, ")}
    assert set(learnt) == {"learning", "potential", "retention"}
    assert all(one.value is not None for one in learnt.values())

    # the change request: assessed, with the record that people sign, inside the plan
    with store.reader() as reader:
        change = reader.get_one(ChangeRequest, 2)
        assert len(list_records(reader, JourneyStep, journey=run.name)) == 6
    assert (change.status, change.proposed_by) == ("assessed", "service:training")
    assert run.said("ended")["change_request"] == change.label
    record = change.assessment["retraining"]
    assert (record["alert"], record["dataset"], record["candidate"], record["evaluation"]) == (
        alert.label, dataset.label, candidate.label, comparison.label
    )
    assert sum(record["limits"].values()) == len(limits)
    assert change.assessment["pccp"]["modifications"][0]["answers"]["retraining_protocol_followed"]
    with pytest.raises(Refused, match=f"{change.label} of an earlier run waits for a decision"):
        run_of(store, day, alert=alert.label)
    content = str(Vault(store.workspace.vault).fetch(write_document(
        store, Request("change_log", DEVICE, requested_by="demo.engineer", reason="x"),
        actor="service:documents", now=day,
    ).draft_json_digest, of="the change log"))  # fmt: skip
    for words in (run.name, alert.label, comparison.label, limits[-1]["record"]):
        assert words in content
    with store.reader() as reader:
        assert verify_records(reader).findings == ()


@pytest.mark.skipif(
    os.environ.get("RADVIGIL_PROOF") != "full", reason="three more trainings: make proof"
)
def test_a_candidate_not_shown_to_be_as_good_is_stopped_and_the_rule_ends_the_attempts(
    store: Store, tmp_path: Path
) -> None:
    in_use(store, tmp_path, margin=0.001, attempts=2)  # no test of this size shows it
    alert, day = operate_until_alert(store)
    hardly = partial(made.train, fit=replace(FIT, image_passes=1, max_epochs=1))
    for number in (1, 2):
        run = run_of(store, day, hardly, alert=alert.label)
        assert (run.number, run.outcome) == (number, "stopped")
        why = run.said("ended")["reason"]
        assert "auc_difference, internal test against MDV-0001: non-inferiority is not shown" in why
        with store.reader() as reader:
            assert len(list_records(reader, ChangeRequest)) == 1, "nothing was proposed"
    with pytest.raises(Refused, match="stopped: 2 of 2 attempts failed since the last release"):
        run_of(store, day, alert=alert.label)
    due = retraining_due(store, DEVICE, seed=5, now=day)
    assert due.standing.uses == 3
