"""``radvigil monitor trend``: what is seen, recorded and decided of trends."""

import json
from pathlib import Path

import pytest

from records.clock import advance_clock
from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, populate
from tests.journeys.trend_workspace import JULY, add_incident, add_quarter


@pytest.mark.requirement("REG-068")
def test_a_period_is_shown_recorded_and_decided(run: Run, store: Store) -> None:
    populate(store)
    with store.transaction("setup", "a quarter", now=JULY) as tx:
        add_quarter(tx, missed=7)
        add_incident(tx, said={})
        advance_clock(tx, JULY)
    store.close()

    def here(*words: str | Path) -> str:
        said = run("--home", store.workspace.home, *words, password=PASSWORD)
        assert said.exit_code == 0, said.output
        return said.stdout

    shown = here("monitor", "trend")
    assert "2026-04-01 to 2026-06-30 (not recorded yet)" in shown
    assert "This period may spend 0.0125 of the year's error of 0.05" in shown
    assert "No studies read from south clinic" in shown
    assert "2026-07-01 to 2026-09-30: this period runs; nothing of it is judged yet." in shown
    told = json.loads(here("monitor", "trend", "--json"))
    row = told["closed"]["rows"][0]
    assert (row["count"], row["undecided"], row["exposure"], row["verdict"]) == (7, 1, 40, "trend")
    assert row["rate"]["low"] < row["rate"]["value"] < row["rate"]["high"]
    assert ": not estimable, no period is over" in here("monitor", "trend", "--as-of", "2026-06-29")
    assert "TLK-0001" in here("monitor", "trend-look")
    assert "Every period that is over was looked at" in here("monitor", "trend-look")
    here("user", "login", "demo.regulatory")
    assert "Decide on the trend of 2026-04-01" in here("work", "list", "--json")
    words = ("monitor", "trend-decide", "TLK-0001", "--reason", "seven alike at one site",
             "--question", "missed", "--benefit-risk", "yes")  # fmt: skip
    wrong = run("--home", store.workspace.home, *words, password=PASSWORD)
    assert (wrong.exit_code, "Not answered: unacceptable risk" in wrong.stderr) == (2, True)
    said = here(*words, "--unacceptable-risk", "yes")
    assert "TRD-0001: missed: the trend is reported (MDR Art. 88)" in said
    assert "Report by: 2026-07-17" in said
    assert "report trend: TRD-0001" in here("monitor", "trend")
    assert "no trend" in here("monitor", "trend-decide", "TLK-0001", "--reason", "none is graver")
    assert here("audit", "verify", "--records-only")
