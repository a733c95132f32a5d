"""Reports by HL7, DICOM SR and tables: filed with their study, cleaned, versioned, never lost."""

from pathlib import Path

import pytest

from imaging.reports.intake import BEFORE_STUDY, CONTRADICTED, FUTURE, ReportIntake
from imaging.reports.truth import KIND
from imaging.reports.waiting import waiting_reports
from imaging.sources.base import SourceRefused
from journeys.receive_reports import receive_reports
from records.cases import Quarantine, ReferenceStandard
from records.lookup import list_records
from records.store import Store
from records.vault import Vault
from records.verify import verify_records
from tests.conftest import NOW
from tests.imaging.ris.reporting import NAMES, obx, result
from tests.journeys.report_workspace import TEXT, Ris, held, made_ris, reports, truths
from tests.journeys.ris_workspace import SITE, add_studies, states


@pytest.fixture
def ris(store: Store) -> Ris:
    return made_ris(store)


def test_a_report_is_filed_cleaned_and_read(ris: Ris) -> None:
    add_studies(ris.store, ["A"])
    assert ris.say(result("A", obx(1, TEXT), uid="1.2.1")) == "AA"
    (report,) = reports(ris.store)
    assert report.findings["pneumonia"] == {"said": "present", "section": "impression"}
    assert (report.status, report.version, report.origin) == ("final", 1, "ORU")
    assert report.reader.startswith("R")
    assert truths(ris.store) == [(True, "final", 1, "RPT-0001")]
    assert states(ris.store) == {("ORU^R01", "applied", ""): 1}
    text = Vault(ris.store.workspace.vault).fetch(report.text_digest, of="a report").decode()
    assert "IMPRESSION: Pneumonia." in text
    with ris.store.reader() as reader:
        assert verify_records(reader).whole


def test_a_report_waits_sealed_for_its_study_and_is_applied_when_it_comes(ris: Ris) -> None:
    assert ris.say(result("A", obx(1, TEXT), uid="1.2.1")) == "AA"
    assert ris.say(result("A", obx(1, TEXT), uid="1.2.1")) == "AA"
    assert waiting_reports(ris.store).counts() == {SITE: 2}
    content = ris.store.workspace.messages.read_bytes()
    assert not any(name.encode() in content for name in NAMES)
    add_studies(ris.store, ["A"])
    ris.desk.try_again()
    assert [one.version for one in reports(ris.store)] == [1]
    assert waiting_reports(ris.store).counts() == {}


def test_a_cancellation_that_waits_twice_is_one_version(ris: Ris) -> None:
    for status, minute in (("F", 10), ("X", 20), ("X", 30)):
        said = result("A", obx(1, TEXT, status=status), uid="1.2.1", status=status,
                      said_at=f"2026030110{minute}00")  # fmt: skip
        assert ris.say(said) == "AA"
    add_studies(ris.store, ["A"])
    ris.desk.try_again()
    assert [one.status for one in reports(ris.store)] == ["final", "cancelled"]


def test_an_addendum_that_waited_with_its_report_is_read_after_it(ris: Ris) -> None:
    added = obx(1, "No effusion.", called="ADT")
    for row, minute in ((obx(1, TEXT), 10), (added, 20)):
        said = result("A", row, uid="1.2.1", said_at=f"2026030110{minute}00")
        assert ris.say(said) == "AA"
    add_studies(ris.store, ["A"])
    ris.desk.try_again()
    last = reports(ris.store)[-1]
    text = Vault(ris.store.workspace.vault).fetch(last.text_digest, of="a report").decode()
    assert last.version == 2
    assert "IMPRESSION: Pneumonia." in text and text.endswith("ADDENDUM: No effusion.")


def test_nothing_of_an_identity_stays_outside_quarantine_and_the_mapping(
    ris: Ris, caplog: pytest.LogCaptureFixture
) -> None:
    add_studies(ris.store, ["A"])
    ris.say(result("A", obx(1, TEXT), uid="1.2.1"))
    ris.say(result("B", obx(1, TEXT), uid="1.2.9"))
    workspace = ris.store.workspace
    ris.journal.close()
    read = [one for one in workspace.home.rglob("*") if one.is_file()]
    assert len(read) > 3
    words = [*NAMES, "Kunigunde", "RP90017", "ACC4711", "23.05.1961", "19610523"]
    for file in read:
        content = file.read_bytes()
        found = [one for one in words if one.encode() in content]
        assert found == [], file.name
    assert not any(one in caplog.text for one in words)


def test_a_table_is_taken_in_by_label_uid_and_accession(ris: Ris, tmp_path: Path) -> None:
    add_studies(ris.store, ["A", "B", "C"], accession=True)
    table = tmp_path / "reports.csv"
    table.write_text(
        "study,text,status,reported_on,reader\n"
        'STU-0001,"Pneumonia, left.",final,2026-01-05,R07\n'
        "1.2.2,No pneumonia.,final,2026-01-05,Eva Unterholzner\n"
        "ACC3,Possible pneumonia.,preliminary,2026-01-06,\n"
        "9.9.9,No effusion.,final,2026-01-06,\n"
    )  # fmt: skip
    found = receive_reports(ris.store, table, site=SITE, actor="service:intake", now=NOW)
    assert {str(k): v for k, v in found.outcomes.items() if v} == {
        "recorded": 3, "waiting for its study": 1,
    }  # fmt: skip
    made = reports(ris.store)
    assert made[0].reader == "R07"
    pseudonym = ReportIntake(ris.store, actor="x").reader_pseudonym("UNTERHOLZNER, EVA")
    assert made[1].reader == pseudonym
    again = receive_reports(ris.store, table, site=SITE, actor="service:intake", now=NOW)
    assert again.outcomes["known before"] == 3  # type: ignore[index]
    assert len(reports(ris.store)) == 3
    with ris.store.reader() as reader:
        kinds = {one.kind for one in list_records(reader, ReferenceStandard)}
    assert kinds == {KIND}


def test_a_report_of_an_impossible_day_is_held_back(ris: Ris, tmp_path: Path) -> None:
    add_studies(ris.store, ["A", "B"])
    table = tmp_path / "reports.csv"
    table.write_text(
        "study;text;status;reported_on;reader\n"
        "STU-0001;Pneumonia.;final;2035-11-28;R07\n"
        "STU-0002;Pneumonia.;final;1850-11-28;R07\n"
    )
    found = receive_reports(ris.store, table, site=SITE, actor="service:intake", now=NOW)
    assert {str(k): v for k, v in found.outcomes.items() if v} == {"held back": 2}
    with ris.store.reader() as reader:
        reasons = {one.reason for one in list_records(reader, Quarantine)}
    assert reasons == {FUTURE, BEFORE_STUDY}
    assert reports(ris.store) == []


def test_lines_that_contradict_each_other_are_never_put_in_an_order(
    ris: Ris, tmp_path: Path
) -> None:
    add_studies(ris.store, ["A", "B"], accession=True)
    table, head = tmp_path / "reports.csv", "study,text,status,reported_on,reader\n"

    def given(*lines: str) -> dict[str, int]:
        table.write_text(head + "".join(f"{one}\n" for one in lines))
        found = receive_reports(ris.store, table, site=SITE, actor="service:intake", now=NOW)
        return {str(name): n for name, n in found.outcomes.items() if n}

    first, second = (f"STU-0001,{text},final,2026-01-05,R07" for text in ("Pneumonia.", "None."))
    with pytest.raises(SourceRefused, match=r"lines 2 and 4: one study, .* and another text"):
        given(first, "STU-0002,No effusion.,final,2026-01-05,R07", second)
    with pytest.raises(SourceRefused, match=r"lines 2 and 3: .* and another reader"):
        given(first, first.replace("R07", "R08"))
    assert given(first, second.replace("STU-0001", "ACC1")) == {"held back": 2}
    assert held(ris.store) == [CONTRADICTED, CONTRADICTED]
    assert reports(ris.store) == []
    later = "STU-0001,No pneumonia.,final,2026-01-06,R07"
    assert given(later, first, first, "STU-0001,Pneumonia?,preliminary,2026-01-05,") == {
        "recorded": 3, "known before": 1,
    }  # fmt: skip
    assert [one.reported_on.day for one in reports(ris.store)] == [5, 5, 6]
    assert given("STU-0001,Effusion.,final,2026-01-05,R07") == {"older than what is on record": 1}
