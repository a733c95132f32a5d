"""What people decide at the command line: alerts, changes, documents, sites; all on record."""

import json
from pathlib import Path

import pytest

from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, SITES, populate


@pytest.fixture
def run_here(run: Run, store: Store) -> Run:
    """Call a verb in a small workspace with an alert, a change request and a document."""
    populate(store)
    store.close()
    return lambda *words: run("--home", store.workspace.home, *words, password=PASSWORD)


@pytest.fixture
def as_quality(run_here: Run) -> Run:
    """The same, signed in as the quality manager."""
    assert run_here("user", "login", "demo.quality").exit_code == 0
    return run_here


def rows(run: Run, *words: str) -> list[dict[str, object]]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_every_noun_lists_what_is_there(run_here: Run) -> None:
    for words in (
        ("device", "list"), ("site", "list"), ("dataset", "list"), ("model", "list"),
        ("monitor", "show"), ("alert", "list"), ("change", "list"), ("document", "list"),
        ("study", "quarantine"),
    ):
        assert rows(run_here, *words), words
        said = run_here(*words)
        assert said.exit_code == 0, said.output
        assert "None" not in said.stdout
    for one in (
        ("dataset", "show", "1"), ("device", "show", "chest-radiograph-pneumonia"),
        ("change", "show", "CHR-0001"),
    ):
        assert run_here(*one).exit_code == 0
        assert isinstance(json.loads(run_here(*one, "--json").stdout), dict)


def test_an_alert_is_acknowledged_then_closed_by_quality(as_quality: Run) -> None:
    assert [one["status"] for one in rows(as_quality, "alert", "list", "--open")] == ["open"]
    close = ("alert", "close", "ALT-0001", "--conclusion", "software rolled back", "--reason", "x",
             "--root-cause", "software")  # fmt: skip
    early = as_quality(*close, "--disposition", "true change at the site")
    assert (early.exit_code, "acknowledged" in early.stderr) == (1, True)
    words = ("alert", "acknowledge", "ALT-0001", "--finding", "new software", "--reason", "seen")
    assert as_quality(*words).exit_code == 0
    unknown = as_quality(*close, "--disposition", "nothing")
    assert (unknown.exit_code, "false alarm" in unknown.stderr) == (2, True)
    assert as_quality(*close, "--disposition", "true change at the site").exit_code == 0
    assert rows(as_quality, "alert", "list", "--open") == []
    events = rows(as_quality, "audit", "show", "--subject", "Alert:1")
    assert [(one["actor"], one["reason"]) for one in events][-2:] == [
        ("demo.quality", "seen"), ("demo.quality", "x"),
    ]
    assert as_quality("audit", "verify", "--records-only").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("site", "confirm", SITES[0]), ("device", "accept", "DEV-0001"),
        ("change", "refuse", "CHR-0001"), ("document", "declare-unknown", "DOC-0001"),
        ("document", "sign", "DOC-0001", "--meaning", "review"),
    ],
)
def test_a_blank_reason_is_refused_everywhere(as_quality: Run, words: tuple[str, ...]) -> None:
    refused = as_quality(*words, "--reason", "  ")
    assert (refused.exit_code, "No reason was given" in refused.stderr) == (2, True)


def test_a_decision_needs_somebody_signed_in_who_may(run_here: Run) -> None:
    words = ("alert", "acknowledge", "ALT-0001", "--finding", "new software", "--reason", "seen")
    nobody = run_here(*words)
    assert (nobody.exit_code, "user login" in nobody.stderr) == (1, True)
    assert run_here("user", "login", "demo.engineer").exit_code == 0
    assert run_here(*words).exit_code == 0
    close = run_here(
        "alert", "close", "ALT-0001", "--disposition", "false alarm", "--conclusion", "no cause",
        "--root-cause", "chance", "--reason", "x",
    )
    assert (close.exit_code, "quality" in close.stderr) == (1, True)
    assert run_here("user", "logout").exit_code == 0


def test_a_reason_is_required(as_quality: Run) -> None:
    missing = as_quality("alert", "acknowledge", "ALT-0001", "--finding", "new software")
    assert (missing.exit_code, "--reason" in missing.stderr) == (2, True)


@pytest.mark.requirement("REG-090")
def test_a_release_without_signatures_is_refused_and_leaves_nothing(as_quality: Run) -> None:
    words = ("change", "release", "CHR-0001", "--site", SITES[0], "--reason", "go")
    early = as_quality(*words)
    assert (early.exit_code, "two people" in early.stderr) == (1, True)
    unknown = as_quality("change", "release", "CHR-0001", "--site", "nowhere", "--reason", "go")
    assert (unknown.exit_code, "nowhere" in unknown.stderr) == (1, True)
    assert rows(as_quality, "change", "list")[0]["status"] == "assessed"


@pytest.mark.requirement("REG-050", "REG-090")
def test_a_signed_change_is_released_to_the_sites(as_quality: Run) -> None:
    sign = ("change", "sign", "CHR-0001", "--reason", "read")
    first = as_quality(*sign, "--meaning", "approval")
    assert first.exit_code == 0, first.output
    release = ("change", "release", "CHR-0001", "--site", SITES[0], "--reason", "go")
    assert as_quality("user", "login", "demo.engineer").exit_code == 0
    assert as_quality(*sign, "--meaning", "approval").exit_code == 1
    engineer = as_quality(*release)
    assert (engineer.exit_code, "may not release" in engineer.stderr) == (1, True)
    refused = rows(as_quality, "audit", "show", "--action", "decision refused")
    assert [one["actor"] for one in refused] == ["demo.engineer"]
    assert as_quality("user", "login", "demo.quality").exit_code == 0
    done = as_quality(*release)
    assert done.exit_code == 0, done.output
    running = {one["site"]: one["mode"] for one in rows(as_quality, "site", "list")}
    assert running[SITES[0]] == "live"


@pytest.mark.requirement("REG-024", "REG-036")
def test_a_change_is_refused_with_its_reason_on_record(as_quality: Run) -> None:
    done = as_quality("change", "refuse", "CHR-0001", "--reason", "not wanted")
    assert done.exit_code == 0, done.output
    assert rows(as_quality, "change", "list")[0]["outcome"] == "refused"
    again = as_quality("change", "refuse", "CHR-0001", "--reason", "still not")
    assert (again.exit_code, "only an assessed change" in again.stderr) == (1, True)


def test_a_document_is_exported(as_quality: Run, tmp_path: Path) -> None:
    words = ("document", "sign", "DOC-0001", "--meaning", "approval", "--reason", "read")
    early = as_quality(*words)
    assert (early.exit_code, "only its author signs it yet" in early.stderr) == (1, True)
    out = tmp_path / "papers"
    done = as_quality("document", "export", "DOC-0001", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    files = [Path(path).name for path in json.loads(done.stdout)["files"]]
    kinds = ("pdf", "json", "html", "docx", "xlsx", "trace.json", "manifest.json")
    written = [f"DOC-26-0001-v1.{kind}" for kind in kinds]
    assert files[:-1] == [*written, *(f"{one}.sig" for one in written)]
    assert files[-1].startswith("signing-key-")
    assert (out / files[0]).read_bytes() == b"%PDF-1.7 a draft"
    (event,) = rows(as_quality, "audit", "show", "--action", "export")
    assert (event["subject"], event["software"]) == ("Document:1", "radvigil 0.1.0; command")


@pytest.mark.requirement("REG-035")
def test_an_attempt_to_find_a_value_out_is_recorded_with_its_gap(as_quality: Run) -> None:
    words = ("document", "attempt", "DOC-0001", "--who", "head of radiology", "--on", "2026-03-05",
             "--channel", "e-mail", "--question", "Which conclusion?", "--answer", "no answer")
    done = as_quality(*words, "--gap", "1")
    assert done.exit_code == 0, done.output
    missing = as_quality(*words, "--gap", "7")
    assert (missing.exit_code, "has no gap 7" in missing.stderr) == (1, True)
    (gap,) = rows(as_quality, "document", "list")[0]["gaps"]  # type: ignore[misc, attr-defined]
    assert gap["attempts"] == [
        {"who": "head of radiology", "on": "2026-03-05", "channel": "e-mail", "answer": "no answer",
         "question": "Which conclusion?", "by": "Demo Quality Manager"}
    ]  # fmt: skip


@pytest.mark.requirement("REG-024", "REG-030")
def test_a_document_is_led_from_draft_to_its_end(as_quality: Run, store: Store) -> None:
    made = rows(as_quality, "document", "compile", "change_log")
    assert [one["document"] for one in made] == ["DOC-0002"]

    def act(verb: str, *more: str) -> str:
        result = as_quality("document", verb, "DOC-0002", "--reason", "decided", *more)
        return result.stderr if result.exit_code else result.stdout

    assert "may not become 'approved'" in act("approve")
    assert "DOC-0002 is in review" in act("submit")
    assert "two people" in act("approve")
    assert "SIG-" in act("reject", "--comment", "wrong period")
    assert "DOC-0002 is in review" in act("submit")
    assert "is signed by" in act("sign", "--meaning", "approval", "--comment", "under protest")
    assert as_quality("user", "login", "demo.engineer").exit_code == 0
    assert "is signed by" in act("sign", "--meaning", "author")
    assert "may not approve" in act("approve")
    assert as_quality("user", "login", "demo.quality").exit_code == 0
    assert "is approved by demo.quality" in act("approve")
    assert "is effective" in act("effective")
    assert len(list(store.workspace.exports.glob("*.pdf"))) == 1
    assert "may not become 'superseded'" not in act("withdraw")
    listed = rows(as_quality, "document", "list")[0]
    assert listed["status"] == "withdrawn"
    given = listed["signatures"]
    assert isinstance(given, list)
    assert [(one["meaning"], one["comment"]) for one in given] == [
        ("rejection", "wrong period"), ("approval", "under protest"), ("author", ""),
    ]  # fmt: skip
    assert {one["zone"] for one in given} == {"+00:00 UTC"}, "a demonstration lives in UTC"


def test_a_report_that_does_not_fit_the_class_is_refused(as_quality: Run) -> None:
    result = as_quality("document", "compile", "pms_report")
    assert result.exit_code == 1
    assert "class I" in result.stderr
    assert len(rows(as_quality, "document", "list")) == 1


def test_a_site_is_confirmed_once(as_quality: Run) -> None:
    words = ("site", "confirm", SITES[1], "--reason", "contract signed")
    assert as_quality(*words).exit_code == 0
    assert as_quality("site", "confirm", "nowhere", "--reason", "x").exit_code == 1
    confirmed = {one["site"]: one["site_status"] for one in rows(as_quality, "site", "list")}
    assert confirmed[SITES[1]] == "confirmed"
