"""Where a study is, and why: by its number, or by an accession number that is never kept."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom import dcmread

from imaging.ingest import Arrival, ingest
from journeys.explain_study import LOOKED_UP, explain_accession
from journeys.return_results import return_results
from records.cases import Study
from records.errors import NotAllowed, NotFound
from records.lookup import find_events, list_records
from records.people import Role, find_actor, register_person
from records.store import Store
from records.study_corrections import merge_patients
from records.study_path import study_path
from tests.cli.conftest import write_radiograph
from tests.journeys.returning import NOW, SITE, WAYS, free_port, in_care, receive_at


def path(store: Store, number: int = 1) -> list[tuple[str, str]]:
    with store.reader() as reader:
        steps = study_path(reader, reader.get_one(Study, number))
    return [(one.what, one.why) for one in steps]


def test_each_end_of_the_way_has_its_reason(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    assert [what for what, _ in path(store)] == ["taken in", "read", "not returned"]
    assert "no system of its site receives" in path(store)[-1][1]
    receive_at(store, "PACS1", port=free_port())
    assert "no round has run" in path(store)[-1][1]
    return_results(store, WAYS, actor="service:results", clock=lambda: NOW)
    what, why = path(store)[-1]
    assert what == "result waiting"
    assert "attempts: 1" in why
    assert "is not reached" in why
    for number, purpose, reason in (
        (8, "development", "only clinical"), (9, "clinical", "has not run yet"),
    ):
        file = write_radiograph(tmp_path / f"{number}.dcm", number)
        ingest(store, [file], Arrival(SITE, purpose, NOW.date()), actor="service:intake", now=NOW)
        with store.reader() as reader:
            newest = max(one.id or 0 for one in list_records(reader, Study))
        assert reason in path(store, newest)[-1][1]


def test_a_shadow_is_named_as_the_reason(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in", mode="shadow")
    assert "shadow" in path(store)[-1][1]


@pytest.mark.requirement("REG-007")
def test_an_accession_number_is_looked_up_on_record_and_never_kept(
    store: Store, tmp_path: Path
) -> None:
    in_care(store, tmp_path / "in", studies=2)
    with store.reader() as reader:
        ada = find_actor(reader, "ada")
    found = explain_accession(store, "ACC-2", by=ada, now=NOW)
    assert list(found.paths) == ["STU-0002"]
    waiting = store.workspace.incoming / SITE / "2026-02-14"
    waiting.mkdir(parents=True)
    write_radiograph(waiting / "a.dcm", 7, AccessionNumber="ACC-7")
    assert explain_accession(store, "ACC-7", by=ada, now=NOW).waiting == 1
    truncated = tmp_path / "cut.dcm"
    whole = write_radiograph(truncated, 8, AccessionNumber="ACC-8").read_bytes()
    truncated.write_bytes(whole[: len(whole) // 2])
    ingest(store, [truncated], Arrival(SITE, "clinical", NOW.date()), actor="service:intake",
           now=NOW)  # fmt: skip
    (refused,) = explain_accession(store, "ACC-8", by=ada, now=NOW).quarantined
    assert refused.label == "QUA-0001"
    with pytest.raises(NotFound, match="Nothing of this accession number"):
        explain_accession(store, "ACC-99", by=ada, now=NOW)
    with store.reader() as reader:
        events = find_events(reader, action=LOOKED_UP)
        everything = json.dumps([[e.subject, e.old, e.new, e.reason] for e in find_events(reader)])
    assert {one.subject for one in events} == {"Study:2", "Study:unknown"}
    assert {one.actor for one in events} == {"ada"}
    assert "ACC-" not in everything


def test_what_was_sent_again_does_not_wait_once_it_was_taken_in(
    store: Store, tmp_path: Path
) -> None:
    """Corrections and copies make no image; their files stay among the arrivals."""
    in_care(store, tmp_path / "in")
    with store.reader() as reader:
        ada = find_actor(reader, "ada")
    assert explain_accession(store, "ACC-1", by=ada, now=NOW).waiting == 0  # nothing arrived yet
    arrived = store.workspace.incoming / SITE / "2026-02-14"
    arrived.mkdir(parents=True)
    (first,) = (tmp_path / "in").rglob("*.dcm")
    for attribute, value in (
        ("PatientName", "Nussbaum^Rosa"), ("InstitutionName", "Elsewhere"), ("PatientID", "QX-9")
    ):  # fmt: skip
        again = dcmread(first)
        setattr(again, attribute, value)
        again.save_as(arrived / f"{attribute}.dcm")
    assert explain_accession(store, "ACC-1", by=ada, now=NOW).waiting == 3
    arrival = Arrival(SITE, "clinical", NOW.date())
    files = sorted(arrived.glob("*.dcm"))
    for _ in range(2):
        report = ingest(store, files, arrival, actor="service:intake", now=NOW)
        assert (report.stored, report.quarantined) == (0, {})
        found = explain_accession(store, "ACC-1", by=ada, now=NOW)
        assert (found.waiting, list(found.paths)) == (0, ["STU-0001"])


def test_an_equal_file_of_a_study_that_a_person_reassigned_does_not_wait(
    store: Store, tmp_path: Path
) -> None:
    """Its patient stays the one that the person named, and that it came is on record."""
    in_care(store, tmp_path / "in", studies=2)
    with store.transaction("ada", "the archive telephoned", now=NOW) as tx:
        ada, study = find_actor(tx, "ada"), tx.get_one(Study, 1)
        patient = tx.get_one(Study, 2).patient
        merge_patients(tx, study.patient, patient, by=ada, now=NOW, study=study)
    arrived = store.workspace.incoming / SITE / "2026-02-14"
    arrived.mkdir(parents=True)
    again = dcmread(min((tmp_path / "in").rglob("*.dcm")))
    again.InstitutionName = "Elsewhere"
    accession = str(again.AccessionNumber)
    again.save_as(arrived / "again.dcm")
    assert explain_accession(store, accession, by=ada, now=NOW).waiting == 1
    ingest(store, [arrived / "again.dcm"], Arrival(SITE, "clinical", NOW.date()),
           actor="service:intake", now=NOW)  # fmt: skip
    assert explain_accession(store, accession, by=ada, now=NOW).waiting == 0
    with store.reader() as reader:
        assert reader.get_one(Study, 1).patient == patient


def test_who_only_audits_does_not_look_up(store: Store, tmp_path: Path) -> None:
    in_care(store, tmp_path / "in")
    with store.transaction("setup", "setup", now=NOW + timedelta(1)) as tx:
        register_person(tx, "eve", full_name="Eve Auditor", roles=[Role.AUDITOR],
                        password="x" * 14, now=NOW)  # fmt: skip
    with store.reader() as reader:
        eve = find_actor(reader, "eve")
    with pytest.raises(NotAllowed, match="look studies up"):
        explain_accession(store, "ACC-1", by=eve, now=NOW)


def test_the_command_line_tells_it_by_number(store: Store, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from cli.app import app

    in_care(store, tmp_path / "in")
    store.close()
    call = ["--home", str(store.workspace.home), "study", "explain"]
    told = CliRunner().invoke(app, [*call, "stu-0001", "--json"])
    assert [one["what"] for one in json.loads(told.stdout)] == ["taken in", "read", "not returned"]
    unsigned = CliRunner().invoke(app, [*call, "ACC-1"])
    assert unsigned.exit_code == 1
    assert "ACC-1" not in unsigned.output
