"""Complaints and incidents from the command line, as two people work on them."""

import json
from pathlib import Path

import pytest

from records.store import Store
from tests.cli.conftest import Run, run
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

__all__ = ["run"]

WHY = ("--reason", "as the site told")
AT = f"{TODAY:%Y-%m-%d}T08:00:00+01:00"
US = ("death=false", "serious_injury=false", "device_may_have_caused_or_contributed=true",
      "fails_performance_spec_or_labeling_claim=true", "remedial_action_needed=false",
      "recurrence_likely_to_cause_death_or_serious_injury=true", "fda_5day_request=false")


@pytest.fixture
def people(run: Run, store: Store) -> Run:
    """Call a verb; the first word is the person who is signed in for it."""
    populate(store)
    store.close()
    home = store.workspace.home
    state = {"who": ""}

    def call(who: str, *words: object) -> object:
        if state["who"] != who:
            done = run("--home", home, "user", "login", f"demo.{who}", password=PASSWORD)
            assert done.exit_code == 0, done.output
            state["who"] = who
        return run("--home", home, *words, password=PASSWORD)

    return call


@pytest.mark.requirement("REG-075", "REG-077", "REG-081")
def test_a_complaint_is_taken_to_an_acknowledged_report(people: Run, tmp_path: Path) -> None:
    def did(*words: object) -> str:
        done = people(*words)
        assert done.exit_code == 0, done.output
        return str(done.stdout)

    did("engineer", "complaint", "receive", "--words", "It missed one", "--channel", "telephone",
        "--received-at", AT, "--site", SITES[0], *WHY)  # fmt: skip
    said = did("quality", "complaint", "assess", "CMP-0001", "--harm", "NONE", "--harm-grounds",
               "seen in time", "--category", "finding missed", "--investigated",
               "--investigation", "score 0.2", "--say", "reply=unknown: none yet", *WHY)
    assert "It lacks: " in said
    assert json.loads(did("quality", "complaint", "list", "--json"))[0]["harm"] == "NONE"
    did("quality", "incident", "open", "CMP-0001", *WHY)
    did("quality", "incident", "fact", "INC-0001", "--person", "support", "--person-class",
        "ANY_EMPLOYEE", "--known-at", AT, "--zone", "Europe/Berlin", "--how", "a call", *WHY)
    refused = people("regulatory", "incident", "assess", "INC-0001", "US", *WHY)
    assert (refused.exit_code, "Missing facts" in refused.stderr) == (1, True)
    told = [word for one in US for word in ("--tell", one)]
    said = did("regulatory", "incident", "assess", "INC-0001", "US", *told, *WHY)
    assert "803.50_30CD: day0 2026-03-06, due_target 2026-04-03, due_legal 2026-04-05" in said
    assert "Primary text checked:" in said
    assert "NO_RULES_LOADED" in did("regulatory", "incident", "assess", "INC-0001", "JP", *WHY)
    did("regulatory", "incident", "decide", "INC-0001", "US", "reportable", *WHY)
    did("regulatory", "incident", "decide", "INC-0001", "JP", "not applicable", *WHY)
    (line,) = json.loads(did("quality", "incident", "list", "--json"))
    assert (line["status"], line["due"]) == ("open", "2026-04-03")
    said = did("regulatory", "incident", "follow-up", "INC-0001", "US", "--changed", "all",
               "--no-form", "filled in eSubmitter", *WHY)  # fmt: skip
    assert "is version 1 (initial). Due 2026-04-03." in said
    did("regulatory", "incident", "submit", "RGR-0001", "--authority", "FDA", "--channel", "ESG",
        "--outcome", "taken", *WHY)  # fmt: skip
    refused = people("regulatory", "incident", "close", "INC-0001", "--conclusion", "x", *WHY)
    assert "US has a version without acknowledgement" in refused.stderr
    answer = tmp_path / "ack.txt"
    answer.write_text("ACK3")
    said = did("regulatory", "incident", "submit", "RGR-0001", "--authority", "FDA",
               "--acknowledgement", answer, "--reference", "N-7", "--reference-status", "assigned",
               *WHY)  # fmt: skip
    assert "is 'acknowledged'; reference N-7" in said
    did("regulatory", "incident", "close", "INC-0001", "--conclusion", "a threshold", *WHY)
    shown = json.loads(did("quality", "incident", "show", "INC-0001", "--json"))
    assert shown["status"] == "closed"
    assert any("version 1, initial" in words and "due 2026-04-03" in words
               for words in shown["US (RPB-0001)"])  # fmt: skip
    assert (shown["complaint"], shown["device"].split()[0]) == ("CMP-0001", "DEV-0001")
    assert not [name for name in shown if name.endswith("_id")]
    (line,) = json.loads(did("quality", "incident", "list", "--json"))
    assert (line["incident"], line["status"], line["due"]) == ("INC-0001", "closed", None)
    assert line["jurisdictions"] == {"US": "reportable", "JP": "not applicable"}


@pytest.mark.requirement("REG-075")
def test_a_table_of_complaints_is_taken_whole_or_its_wrong_rows_named(
    people: Run, tmp_path: Path
) -> None:
    table = tmp_path / "old.csv"
    table.write_text(
        "number,words,channel,received_at,site\n"
        f"C-1,it missed one,letter,{AT},{SITES[0]}\n"
        f"C-2,it froze,letter,yesterday,{SITES[0]}\n"
        f"C-3,it froze,letter,{AT},nowhere\n"
    )
    refused = people("quality", "complaint", "import", table, *WHY)
    assert refused.exit_code == 1
    assert "Nothing was imported. line 3:" in refused.stderr
    assert "line 4: There is no site 'nowhere'." in refused.stderr
    assert json.loads(people("quality", "complaint", "list", "--json").stdout) == []
    done = people("quality", "complaint", "import", table, "--accept-good", *WHY)
    assert "Complaints imported: 1." in done.stdout, done.output
    again = people("quality", "complaint", "import", table, *WHY)
    assert "The number C-1 is on record already." in again.stderr


@pytest.mark.requirement("REG-078")
def test_a_receipt_before_the_first_fact_is_told_where_the_clock_is_shown(people: Run) -> None:
    def did(*words: object) -> str:
        done = people(*words)
        assert done.exit_code == 0, done.output
        return str(done.stdout)

    did("engineer", "complaint", "receive", "--words", "It missed one", "--channel", "telephone",
        "--received-at", "2026-02-20T09:00:00+01:00", "--site", SITES[0], *WHY)  # fmt: skip
    did("quality", "incident", "open", "CMP-0001", *WHY)
    did("quality", "incident", "fact", "INC-0001", "--person", "support", "--person-class",
        "ANY_EMPLOYEE", "--known-at", AT, "--zone", "Europe/Berlin", "--how", "a call", *WHY)
    words = "CMP-0001 was received 2026-02-20 09:00, before the first awareness fact (2026-03-06)"
    told = [word for one in US for word in ("--tell", one)]
    assert words in did("regulatory", "incident", "assess", "INC-0001", "US", *told, *WHY)
    assert words in json.loads(did("quality", "incident", "show", "INC-0001", "--json"))["day_0"][0]
    assert "INC-0001:receipt" in {one["key"] for one in json.loads(
        did("quality", "work", "list", "--json"))}  # fmt: skip
