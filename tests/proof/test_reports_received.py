"""Reports in any order, corrected, of others, uncertain, waiting too long, read again."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from imaging.reports import reading
from imaging.reports.intake import ReportIntake
from imaging.reports.rules import CHEST, load_rules
from imaging.reports.waiting import KEPT_FOR, waiting_reports
from journeys.receive_reports import receive_reports, reread_reports
from records.errors import InvalidInput
from records.store import Store
from tests.conftest import NOW
from tests.imaging.ris.reporting import obx, result
from tests.journeys.report_workspace import TEXT, Ris, held, made_ris, reports, truths
from tests.journeys.ris_workspace import SITE, add_studies, states

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        os.environ.get("RADVIGIL_PROOF") != "full", reason="half a minute: make proof"
    ),
]


@pytest.fixture
def ris(store: Store) -> Ris:
    return made_ris(store)


def test_the_accession_number_finds_the_study_where_no_uid_is_told(ris: Ris) -> None:
    add_studies(ris.store, ["A", "B"], accession=True)
    assert ris.say(result("B", obx(1, "No pneumonia."), accession="ACC2")) == "AA"
    (report,) = reports(ris.store)
    assert report.study_id == 2
    assert truths(ris.store) == [(False, "final", 1, "RPT-0001")]


def test_a_report_of_another_patient_is_held_back(ris: Ris) -> None:
    add_studies(ris.store, ["A", "B"])
    assert ris.say(result("B", obx(1, TEXT), uid="1.2.1")) == "AA"
    assert reports(ris.store) == []
    assert held(ris.store) == ["report: another patient than its study's"]
    (kept,) = list(ris.store.workspace.quarantine.iterdir())
    assert "consolidation" in json.loads(kept.read_bytes())["text"]
    assert kept.stat().st_mode & 0o077 == 0


def test_what_waits_too_long_is_forgotten(ris: Ris) -> None:
    ris.say(result("A", obx(1, TEXT), uid="1.2.1"))
    intake = ReportIntake(ris.store, actor="service:hl7")
    with ris.store.reader() as reader:
        from records.clock import now_in

        late = now_in(reader) + KEPT_FOR + timedelta(days=1)
    intake.take_arrived(now=late)
    assert waiting_reports(ris.store).counts() == {}


def test_a_correction_is_a_new_version_and_a_cancellation_withdraws(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    said = [
        result("A", obx(1, "Pneumonia.", status="P"), uid="1.2.1", status="P"),
        result("A", obx(1, "Pneumonia."), uid="1.2.1", said_at="20260301101200"),
        result("A", obx(1, "No pneumonia.", status="C"), uid="1.2.1", status="C",
               said_at="20260301111200"),
        result("A", obx(1, "", status="X"), uid="1.2.1", status="X", said_at="20260301121200"),
    ]  # fmt: skip
    assert [ris.say(one) for one in said] == ["AA"] * 4
    assert [(one.status, one.version, one.supersedes_id) for one in reports(ris.store)] == [
        ("preliminary", 1, None), ("final", 2, 1), ("corrected", 3, 2), ("cancelled", 4, 3),
    ]  # fmt: skip
    assert truths(ris.store) == [
        (True, "preliminary", 1, "RPT-0001"), (True, "final", 2, "RPT-0002"),
        (False, "final", 3, "RPT-0003"), (False, "withdrawn", 4, "RPT-0004"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1)])
def test_whatever_the_order_of_arrival_the_last_word_stands(
    ris: Ris, order: tuple[int, ...]
) -> None:
    add_studies(ris.store, ["A"])
    said = [
        result("A", obx(1, words, status=status), uid="1.2.1", status=status, said_at=at)
        for words, status, at in (
            ("Pneumonia?", "P", "20260301100000"), ("Pneumonia.", "F", "20260301110000"),
            ("No pneumonia.", "C", "20260301120000"),
        )
    ]  # fmt: skip
    for at in order:
        assert ris.say(said[at]) == "AA"
    last = reports(ris.store)[-1]
    assert (last.status, last.findings["pneumonia"]["said"]) == ("corrected", "absent")
    assert truths(ris.store)[-1][:2] == (False, "final")


def test_an_addendum_is_read_after_the_report_that_it_follows(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    ris.say(result("A", obx(1, "IMPRESSION: No pneumonia. No effusion."), uid="1.2.1"))
    added = obx(1, "There is a left effusion.", called="ADDENDUM", status="C")
    ris.say(result("A", added, uid="1.2.1", status="C", said_at="20260301121200"))
    last = reports(ris.store)[-1]
    assert last.findings["pleural_effusion"] == {"said": "present", "section": "addendum"}
    assert last.findings["pneumonia"]["said"] == "absent"


def test_an_uncertain_report_gives_no_truth_and_withdraws_an_earlier_one(ris: Ris) -> None:
    add_studies(ris.store, ["A", "B"])
    ris.say(result("A", obx(1, "Possible pneumonia."), uid="1.2.1", filler="1"))
    ris.say(result("B", obx(1, "Pneumonia."), uid="1.2.2", filler="2"))
    ris.say(result("B", obx(1, "Pneumonia cannot be excluded."), uid="1.2.2", filler="2",
                   said_at="20260302101112", status="C"))  # fmt: skip
    assert truths(ris.store) == [(True, "final", 1, "RPT-0002"), (True, "withdrawn", 2, "RPT-0003")]


def test_results_of_another_service_stay_with_the_messages(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    lab = "OBX|1|NM|718-7^Hemoglobin^LN||13.2|g/dL|||||F"
    assert ris.say(result("A", lab, uid="1.2.1")) == "AA"
    by_device = obx(1, "Pneumonia: positive").ljust(0) + "|" * 7 + "CAD4^Acme"
    assert ris.say(result("A", by_device, uid="1.2.1")) == "AA"
    assert states(ris.store) == {("ORU^R01", "kept", ""): 2}
    assert b"Hemoglobin" not in ris.store.workspace.messages.read_bytes()


def test_a_text_that_is_not_cleaned_with_certainty_is_held_back(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    foreign = "Beide Lungen sind frei belüftet, kein Nachweis eines Ergusses, Herz normal groß."
    ris.say(result("A", obx(1, foreign), uid="1.2.1"))
    assert reports(ris.store) == []
    assert held(ris.store) == ["report: not cleaned with certainty"]


def test_a_table_with_a_wrong_line_is_refused_whole_and_quotes_no_cell(
    ris: Ris, tmp_path: Path
) -> None:
    add_studies(ris.store, ["A"])
    table = tmp_path / "reports.csv"
    table.write_text("study,text,status,reported_on,reader\n1.2.1,X,done,Rosalinde,\n")
    with pytest.raises(InvalidInput, match="line 2, column status") as refused:
        receive_reports(ris.store, table, site=SITE, actor="service:intake", now=NOW)
    assert "Rosalinde" not in str(refused.value)
    assert reports(ris.store) == []


def test_all_kept_texts_are_read_again_by_newer_rules(
    ris: Ris, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_studies(ris.store, ["A"])
    ris.say(result("A", obx(1, "There is the zebra sign."), uid="1.2.1"))
    assert reread_reports(ris.store, actor="service:intake", now=NOW) == (0, 0)
    newer = tmp_path / "rules.yaml"
    newer.write_text(
        CHEST.read_text().replace("version: 1", "version: 2")
        .replace('terms: ["(?:broncho)?', 'terms: ["zebra sign", "(?:broncho)?')
    )  # fmt: skip
    for module in (reading, "journeys.receive_reports"):
        target = module if not isinstance(module, str) else __import__(
            module, fromlist=["load_rules"]
        )
        monkeypatch.setattr(target, "load_rules", lambda: load_rules(newer))
    assert reread_reports(ris.store, actor="service:intake", now=NOW) == (1, 1)
    first, second = reports(ris.store)
    assert (first.rules, second.rules) == ("chest-radiograph-en-1", "chest-radiograph-en-2")
    assert second.findings["pneumonia"]["said"] == "present"
    assert second.supersedes_id == first.id
    assert truths(ris.store) == [(True, "final", 1, "RPT-0002")]
    assert reread_reports(ris.store, actor="service:intake", now=NOW) == (0, 0)
