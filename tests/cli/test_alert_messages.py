"""Routes, tests of an alert, escalation and the week at the command line; secrets stay secret."""

import json
from pathlib import Path

import pytest

from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, SITES, populate
from tests.journeys.servers import hook_server, running

SECRET = "s3cretword"


@pytest.fixture
def as_quality(run: Run, store: Store) -> Run:
    """Call a verb in a small workspace with an alert, signed in as the quality manager."""
    populate(store)
    store.close()

    def call(*words: str) -> object:
        return run("--home", store.workspace.home, *words, password=PASSWORD)

    assert call("user", "login", "demo.quality").exit_code == 0  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def test_a_route_is_set_tested_and_withdrawn_and_its_address_is_never_shown(
    as_quality: Run, tmp_path: Path
) -> None:
    file, why = tmp_path / "address", ("--reason", "on call")
    file.write_text("file:///etc/passwd")
    route = ("alert", "route", "quality", "--address-file", str(file), *why)
    refused = as_quality(*route)
    assert (refused.exit_code, "mailtos://" in refused.stderr) == (2, True)
    assert as_quality("alert", "test").exit_code == 1
    with running(hook_server()) as hook:
        file.write_text(f"json://127.0.0.1:{hook.server_address[1]}/{SECRET}\n")
        said = [as_quality(*route)]
        said.append(as_quality("alert", "test", "--site", SITES[0], "--json"))
        said.append(as_quality("alert", "send", "--json"))
        posted, alerted = hook.taken
    assert posted["title"] == f"Radvigil DEMONSTRATION: TEST, no alert: {SITES[0]}"
    assert json.loads(said[1].stdout)[0]["status"] == "delivered"
    assert json.loads(said[2].stdout)["delivered"] == 1
    assert alerted["title"].startswith("Radvigil DEMONSTRATION: ALT-0001, high: ")
    said += [as_quality("alert", one, "--json") for one in ("routes", "messages")]
    said.append(as_quality("alert", "withdraw-route", "RTE-0001", *why))
    assert [one.exit_code for one in said] == [0] * 6
    assert SECRET not in "".join(one.output for one in said)
    assert as_quality("alert", "escalate").stdout.strip() == "Nothing is to be escalated now."


def test_the_week_is_told_on_one_page(as_quality: Run) -> None:
    said = as_quality("monitor", "week", "--until", "2026-03-06")
    assert said.exit_code == 0, said.output
    assert "the week 2026-02-28 to 2026-03-06" in said.stdout
    assert f"{SITES[0]}: studies came; 140 studies" in said.stdout
    facts = json.loads(as_quality("monitor", "week", "--until", "2026-03-06", "--json").stdout)
    assert facts["verdict"] == "1 alert raised. 0 alerts overdue."


@pytest.mark.requirement("REG-064", "REG-067")
def test_candidates_are_listed_and_the_week_is_written_as_a_page(
    as_quality: Run, tmp_path: Path
) -> None:
    assert "No alert suggests" in as_quality("alert", "awareness").stdout
    assert as_quality("alert", "awareness", "--json").stdout.strip() == "[]"
    page = tmp_path / "out" / "week.pdf"
    written = as_quality("monitor", "week", "--until", "2026-03-01", "--out", str(page))
    assert written.exit_code == 0, written.stderr
    assert page.read_bytes().startswith(b"%PDF-")
    wrong = as_quality("monitor", "week", "--until", "2026-03-01", "--out", "week.doc")
    assert (wrong.exit_code, "End the name in .pdf" in wrong.stderr) == (2, True)


@pytest.mark.requirement("REG-112")
def test_a_reason_that_names_a_patient_is_refused_without_repeating_it(as_quality: Run) -> None:
    refused = as_quality("alert", "acknowledge", "ALT-0001", "--finding", "MRN 4471123 was missed",
                         "--reason", "seen")  # fmt: skip
    assert refused.exit_code == 2
    said = "The finding or conclusion seems to hold a patient's or an order's number"
    assert said in " ".join(refused.stderr.split())
    assert "4471123" not in refused.stdout + refused.stderr
