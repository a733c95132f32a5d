"""Devices of other tasks live the whole life, or run to a signed validation report."""

import os
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from journeys.demonstrate import demonstrate
from journeys.demonstration_order import Order
from journeys.summarise import Summary
from models.tasks import TASKS
from monitoring.worklist import waiting_studies
from records.cases import Prediction, ReferenceStandard, findings_in
from records.product import Deployment
from records.quality import Document, Release
from records.queries import find_device
from records.settings import Workspace
from records.signatures import signatures_on
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


def to_the_report(home: Path, device: str) -> dict[str, Any]:
    """A device that is not operated: its report is in force, its version never released."""
    content = demonstrate(home, Order(device=device)).to_dict()
    (document,) = content["documents"]
    assert document["status"] == "effective"
    assert any(name.endswith(".pdf") for name in document["files"])
    task = TASKS[content["model"]["task"]]
    assert content["not_operated"] == task.not_operated != ""
    main = content["performance"]["internal_test"]["estimates"][task.main_measure]
    assert main["value"] is not None
    assert content["validation"]["studies"] > 0
    assert content["audit_trail"]["whole"]
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        assert reader.exec(select(Deployment)).all() == []
        (report,) = reader.exec(select(Document)).all()
        signed = {(one.meaning, one.role) for one in signatures_on(reader, report)}
        outcomes = [one.outcome for one in reader.exec(select(Release))]
    store.close()
    assert signed == {
        ("author", "engineer"), ("approval", "regulatory"), ("review", "clinician"),
    }
    met = all(one["verdict"] == "met" for one in content["criteria"])
    assert outcomes == ([] if met else ["refused"])
    assert content["decision"]["outcome"] == ("not released" if met else "refused")
    assert task.not_operated in str(Summary(content))
    again = demonstrate(home, Order(unspecified=True)).to_dict()
    assert again["unchanged"]
    assert again["documents"] == content["documents"]
    return content


def test_a_device_that_marks_runs_to_its_signed_report(tmp_path: Path) -> None:
    content = to_the_report(tmp_path / "marks", "pneumonia-opacities")
    for part in ("internal_test", "external_test"):
        assert content["performance"][part]["estimates"]["lesion_sensitivity"]["low"] > 0.5


def test_a_prognosis_runs_to_its_signed_report(tmp_path: Path) -> None:
    content = to_the_report(tmp_path / "prognosis", "chest-prognosis")
    for part in ("internal_test", "external_test"):
        assert content["performance"][part]["estimates"]["uno_c"]["low"] > 0.65


def test_a_model_of_outlined_regions_runs_to_its_signed_report(tmp_path: Path) -> None:
    content = to_the_report(tmp_path / "regions", "pneumonia-lung-radiomics")
    for part in ("internal_test", "external_test"):
        assert content["performance"][part]["estimates"]["auc"]["low"] > 0.6


def test_lesions_in_volumes_run_to_their_signed_report(tmp_path: Path) -> None:
    content = to_the_report(tmp_path / "volumes", "chest-ct-nodule")
    for part in ("internal_test", "external_test"):
        assert content["performance"][part]["estimates"]["lesion_sensitivity"]["low"] > 0.6


def test_an_enhancement_runs_to_its_signed_report(tmp_path: Path) -> None:
    content = to_the_report(tmp_path / "enhancement", "low-dose-chest")
    for part in ("internal_test", "external_test"):
        assert content["performance"][part]["estimates"]["psnr_gain"]["low"] > 2
