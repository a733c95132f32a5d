"""Devices of other tasks live the whole life, from simulated studies to signed documents."""

import os
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from journeys.demonstrate import demonstrate
from journeys.demonstration_order import Order
from monitoring.worklist import waiting_studies
from records.cases import Prediction, ReferenceStandard, findings_in
from records.queries import find_device
from records.settings import Workspace
from records.store import open_store

pytestmark = [
    pytest.mark.proof, pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.environ.get("RADVIGIL_PROOF") != "full", reason="whole demonstrations: make proof"
    ),
]


def whole_life(home: Path, device: str) -> dict[str, Any]:
    content = demonstrate(home, Order(device=device)).to_dict()
    assert content["release"]["outcome"] == "released", content["criteria"]
    assert content["deployment_mode"] == "live"
    changed = content["source"]["changed_site"]
    assert {one["site"] for one in content["alerts"]} == {changed}
    assert [one["site"] for one in content["revalidations"]] == [changed]
    assert content["release"]["unwatched"] == []
    assert len(content["documents"]) == 4
    assert all(one["status"] == "effective" for one in content["documents"])
    assert content["audit_trail"]["whole"]
    return content


def test_a_triage_device_saves_waiting_and_orders_the_worklist(tmp_path: Path) -> None:
    content = whole_life(tmp_path / "triage", "chest-triage")
    for part in ("internal_test", "external_test", "post_market"):
        found = content["performance"][part]["estimates"]
        assert found["wait_saved_findings"]["low"] > 0
        assert found["wait_saved_missed"]["value"] < 0
    store = open_store(Workspace(tmp_path / "triage"), url="")
    with store.reader() as reader:
        device = find_device(reader, "chest-triage")
        last = max(reader.exec(select(Prediction)), key=lambda one: one.id or 0)
        day = last.predicted_at.date()
        waiting = waiting_studies(
            reader, device, site="northfield", since=day, now=last.predicted_at
        )
    store.close()
    moved = [one.moved_up for one in waiting]
    assert moved == sorted(moved, reverse=True)
    assert {one.why.rpartition(", ")[2] for one in waiting if one.moved_up} <= {
        "pneumothorax", "pneumonia"
    }


def test_a_device_that_outlines_is_watched_by_its_outlines(tmp_path: Path) -> None:
    content = whole_life(tmp_path / "lungs", "lung-fields")
    assert content["performance"]["post_market"]["estimates"]["dice"]["value"] > 0.9
    store = open_store(Workspace(tmp_path / "lungs"), url="")
    with store.reader() as reader:
        read = [one for one in reader.exec(select(Prediction)) if one.deployment_id is not None]
        truths = reader.exec(select(ReferenceStandard)).all()
    store.close()
    assert read
    assert all(len(one.outputs["mask"]) == 64 for one in read)
    assert all(one.region for one in truths)


def test_a_device_of_findings_present_together_names_each_of_them(tmp_path: Path) -> None:
    content = whole_life(tmp_path / "findings", "chest-findings")
    for part in ("internal_test", "external_test", "post_market"):
        found = content["performance"][part]
        assert found["estimates"]["macro_auc"]["low"] > 0.85
        for finding in ("pneumonia", "pneumothorax"):
            assert found["by_class"]["finding_auc"][finding]["low"] > 0.8
            assert found["by_class"]["finding_sensitivity"][finding]["value"] > 0.7
    store = open_store(Workspace(tmp_path / "findings"), url="")
    with store.reader() as reader:
        read = [one for one in reader.exec(select(Prediction)) if one.deployment_id is not None]
        truths = {one.finding for one in reader.exec(select(ReferenceStandard))}
    store.close()
    assert "pneumonia|pneumothorax" in truths
    named = [{one.finding for one in findings_in(each) if one.present} for each in read]
    assert {"pneumonia", "pneumothorax"} in named
    assert all(each.decision == bool(found) for each, found in zip(read, named, strict=True))
