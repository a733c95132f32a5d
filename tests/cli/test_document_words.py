"""``radvigil document``: texts, comments, differences and readiness, as they are typed."""

import json
from pathlib import Path

import pytest

from records.people import Role, register_person
from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate


@pytest.fixture
def as_quality(run: Run, store: Store) -> Run:
    """Call a verb in a small workspace, signed in as the quality manager."""
    populate(store)
    with store.transaction("setup", now=TODAY) as tx:
        register_person(tx, "demo.clinician", full_name="Demo Radiologist",
                        roles=[Role.CLINICIAN], password=PASSWORD, now=TODAY)  # fmt: skip
    store.close()
    home = store.workspace.home
    assert run("--home", home, "user", "login", "demo.quality", password=PASSWORD).exit_code == 0
    return lambda *words: run("--home", home, *words, password=PASSWORD)


@pytest.mark.requirement("REG-034")
def test_a_draft_is_made_written_in_commented_on_and_compared(
    as_quality: Run, run: Run, store: Store, tmp_path: Path
) -> None:
    def signed_in(name: str) -> None:
        home = store.workspace.home
        assert run("--home", home, "user", "login", name, password=PASSWORD).exit_code == 0

    def said(*words: str | Path) -> str:
        result = as_quality("document", *words)
        assert result.exit_code == 0, result.output
        return result.stdout

    every = json.loads(said("compile", "--all", "--json"))
    labels = {one["number"]: one["document"] for one in every["documents"]}
    assert {"pms_report", "trend_report"} <= {one["kind"] for one in every["not_made"]}
    number = "DOC-26-chest-radiograph-pneumonia"
    (tmp_path / "text.txt").write_text("All sites alike.")
    assert "version 1 of 'comparison'" in said(
        "write", "performance_monitoring_report", "comparison", "--file", tmp_path / "text.txt"
    )
    assert "All sites alike." in said("places", "performance_monitoring_report", "--json")
    assert "RVC-0001: a comment on place 3" in said(
        "comment", labels[number], "3", "--words", "which period?"
    )
    own = as_quality("document", "answer", "rvc-1", "--words", "see cover")
    assert own.exit_code == 1 and "'demo.quality' made it" in own.output
    signed_in("demo.regulatory")
    assert "is answered by Demo Regulatory Officer" in said(
        "answer", "rvc-1", "--words", "see cover"
    )
    signed_in("demo.quality")
    assert "which period?" in said("comments", labels[number], "--json")
    assert "'demo.clinician' supplies gap 1 by 2026-04-01" in said(
        "assign", labels[number], "--gap", "1", "--owner", "demo.clinician", "--due", "2026-04-01"
    )
    said("compile", "performance_monitoring_report", "--reason", "a text was written")
    paper = tmp_path / "difference.pdf"
    told = said("diff", number, "1", "2", "--pdf", paper)
    assert "added    5/text/comparison\n         + All sites alike." in told
    assert paper.read_bytes().startswith(b"%PDF")
    found = json.loads(said("diff", number, "1", "2", "--json"))
    assert found["in_short"] == "texts of people: 1 added; gaps: 1 removed"
    ready = json.loads(said("readiness", "--kind", "performance_monitoring_report", "--json"))
    assert [one["owner"] for one in ready if one["place"] == "interpretation"] == ["demo.clinician"]


def test_what_is_typed_wrongly_gets_a_sentence(as_quality: Run, tmp_path: Path) -> None:
    for words, told in (
        (("write", "psur", "limits", "--text", "x"), "no place 'limits'"),
        (("write", "validation_report", "limits"), "either --text or --file"),
        (("import-texts", tmp_path / "none.csv"), "none.csv cannot be read"),
        (("compile", "change_log", "--all"), "Name one kind, or give --all."),
        (("diff", "DOC-9", "1", "2"), "There is no document DOC-0009"),
        (("readiness", "--kind", "nothing"), "There is no document 'nothing'"),
        (("places", "nothing"), "There is no document 'nothing'"),
    ):
        result = as_quality("document", *words)
        assert result.exit_code in (1, 2), words
        assert told in " ".join(result.stderr.split()), (words, result.stderr)


@pytest.mark.requirement("REG-142")
def test_a_document_is_read_by_the_checklist_with_a_sheet(as_quality: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    assert "questions for performance_monitoring_report" in as_quality(
        "document", "checklist", "DOC-0001", "--blank", sheet
    ).stdout
    assert as_quality("document", "checklist", "DOC-0001").stdout.endswith("not read.\n")
    sheet.write_bytes(sheet.read_bytes().replace(b"A1,,,", b"A1,yes,1,").replace(
        b"A2,,,", b"A2,no,,two tables differ"))
    told = as_quality("document", "checklist", "DOC-0001", "--facts", sheet)
    assert told.exit_code == 0, told.output
    assert "Answers recorded: 2." in told.stdout
    assert "incomplete: 2 of 4 points (50.0 %), blocker at no: A2, 10 questions not" in told.stdout
    found = json.loads(as_quality("document", "checklist", "DOC-0001", "--json").stdout)
    assert (found["verdict"], found["blockers_at_no"], found["current"]) == (
        "incomplete", ["A2"], True,
    )  # fmt: skip
    (tmp_path / "wrong.csv").write_text("question,answer,page,remark\nA1,perhaps,1,\n")
    for words, said in (
        (("--facts", tmp_path / "wrong.csv"), "row 2, column answer: one of yes, partly"),
        (("--facts", tmp_path / "none.csv"), "none.csv cannot be read"),
        (("--facts", sheet, "--blank", sheet), "Give --facts or --blank."),
        (("--blank", tmp_path / "sheet.pdf"), "is .csv or .xlsx"),
    ):
        result = as_quality("document", "checklist", "DOC-0001", *words)
        assert result.exit_code == 2, words
        assert said in " ".join(result.stderr.split()), (words, result.stderr)
