"""What is owed from the command line: other days, reminders, calendars, CAPAs taken over."""

import json
from pathlib import Path

import pytest

from records.notices import NoticeKind, raise_notice
from records.store import Store
from tests.cli.conftest import Run
from tests.cli.test_incident import AT, US, people
from tests.dashboards.small_workspace import SITES, TODAY

__all__ = ["people"]
WHY = ("--reason", "as the meeting said")


@pytest.fixture
def did(people: Run) -> Run:
    def call(*words: object) -> object:
        done = people(*words)
        assert done.exit_code == 0, done.output
        return str(done.stdout)

    return call


def test_a_day_is_set_anew_and_stands_beside_the_computed_one_wherever_it_is_shown(
    people: Run, did: Run
) -> None:
    did("quality", "complaint", "receive", "--words", "It missed one", "--channel", "letter",
        "--received-at", AT, "--site", SITES[0], *WHY)  # fmt: skip
    did("quality", "incident", "open", "CMP-0001", *WHY)
    did("quality", "incident", "fact", "INC-0001", "--person", "support", "--person-class",
        "ANY_EMPLOYEE", "--known-at", AT, "--zone", "Europe/Berlin", "--how", "a call", *WHY)
    told = [word for one in US for word in ("--tell", one)]
    said = did("regulatory", "incident", "assess", "INC-0001", "US", *told, *WHY)
    assert "R-803-01, 21 CFR 803.3(b)(2) [T]: read: text; by the author" in said
    refused = people("quality", "work", "override", "RPB-0001", "2026-05-01", "--beyond-law", *WHY)
    assert (refused.exit_code, "may not set a day later" in refused.stderr) == (1, True)
    said = did("quality", "work", "override", "RPB-0001", "2026-03-20", *WHY)
    assert said == "OVR-0001: RPB-0001 is worked towards by 2026-03-20; computed: 2026-04-03.\n"
    (one,) = [row for row in json.loads(did("quality", "work", "list", "--json"))
              if row["key"] == "RPB-0001"]  # fmt: skip
    assert (one["due"], one["computed"], one["override"], one["legal_day"]) == (
        "2026-03-20", "2026-04-03", "OVR-0001", "2026-04-05")  # fmt: skip
    assert "read: text" in one["checked"]
    assert {"2026-03-20", "2026-04-03", "(OVR-0001)"} <= set(did("quality", "work", "list").split())
    for verb in (("show", "INC-0001"), ("assess", "INC-0001", "US", *WHY)):
        said = did("regulatory", "incident", *verb)
        assert "OVR-0001: 2026-03-20 instead of the computed 2026-04-03 (21 CFR 803)" in said
    assert json.loads(did("quality", "incident", "list", "--json"))[0]["due"] == "2026-03-20"


def test_a_security_event_is_screened_by_the_verb_of_candidates(
    people: Run, did: Run, store: Store
) -> None:
    from records.store import open_store

    again = open_store(store.workspace)
    with again.transaction("service:verification", "verify", now=TODAY) as tx:
        raise_notice(tx, NoticeKind.DAMAGE_FOUND, "AuditTrail:all", "event 7", now=TODAY)
    again.close()
    assert "screen as a possible incident: damage found" in [
        row["what"] for row in json.loads(did("quality", "work", "list", "--json"))]  # fmt: skip
    said = did("quality", "incident", "screen", "NTC-0001", "--site", SITES[0], *WHY)
    assert said == "NTC-0001 is screened: INC-0001 is open.\n"
    assert people("quality", "incident", "screen", "NTC-0001", *WHY).exit_code == 1
    assert "security event" not in did("quality", "work", "list", "--json")


def test_reminders_calendars_and_capas_of_another_system(
    people: Run, did: Run, tmp_path: Path
) -> None:
    header = did("quality", "capa", "import", "--template")
    assert header.startswith("number,problem,status,opened_at,source,owner,")
    table = tmp_path / "old.csv"
    table.write_text("number,problem,status,opened_at,owner,due_investigated\n"
                     f"Q-1,noise,open,2025-11-03,demo.engineer,{TODAY.date()}\n")  # fmt: skip
    for said in ("imported: 1; known before: 0", "imported: 0; known before: 1"):
        assert said in did("quality", "capa", "import", table, *WHY)
    assert "No table is named" in people("quality", "capa", "import", *WHY).stderr
    made = json.loads(did("quality", "work", "remind", "--json"))
    (one,) = [row for row in made["reminders"] if row["kind"] == "capa"]
    assert (one["record"], one["step"], one["holders"], one["routes"]) == (
        "CAPA-0001", "on the day", ["demo.engineer"], "no route carries it")  # fmt: skip
    assert "Nobody is to be reminded now." in did("quality", "work", "remind")
    shown = people("engineer", "work", "subscribe", "--at", "https://ward.example:8446/", *WHY)
    assert shown.stdout.startswith("https://ward.example:8446/calendar/")
    token = shown.stdout.strip().rpartition("/")[2].removesuffix(".ics")
    listed = did("engineer", "work", "subscriptions")
    assert "CLT-0001" in listed
    assert token not in listed
    assert "may not" in people("quality", "work", "unsubscribe", "CLT-0001", *WHY).stderr
    assert did("engineer", "work", "unsubscribe", "CLT-0001", *WHY) == "CLT-0001 is revoked.\n"
    said = did("engineer", "work", "calendar", "--mine", "--out", tmp_path / "work.ics")
    assert "days" in said
    assert b"BEGIN:VTODO" in (tmp_path / "work.ics").read_bytes()
    (row,) = json.loads(did("quality", "document", "schedule", "--json"))
    assert (row["report"], row["state"]) == ("PSUR", "UNKNOWN")
    assert row["says"].startswith("unknown: cannot be computed, needs periodic_reports.cert")
