"""How good and on what basis, at the command line; and refused files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from measures.score_counts import score_counts
from monitoring.evaluate import EvaluationFacts, record_evaluation
from records.product import ModelVersion
from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate

Here = Callable[..., str]

COUNTS = {"true_positive": 2, "false_positive": 1, "false_negative": 0, "true_negative": 1}


@pytest.fixture
def here(run: Run, store: Store) -> Here:
    """Call a verb in a populated workspace; the exit code it ends with is the one expected."""
    populate(store)
    counts = score_counts([1, 1, 0, 0], [0.9, 0.5, 0.6, 0.1], probability=True)
    facts = EvaluationFacts(
        "post_market", [], {"two_by_two": COUNTS, "score_counts": counts.to_dict()}, "7" * 64,
        studies=4, patients=4,
    )
    with store.transaction("service:evaluation", "measure", now=TODAY) as tx:
        record_evaluation(tx, tx.get_one(ModelVersion, 1), facts, now=TODAY)
    store.close()

    def call(*words: str | Path, code: int = 0) -> str:
        said = run("--home", store.workspace.home, *words, password=PASSWORD)
        assert said.exit_code == code, said.output
        return said.stdout + said.stderr

    return call


def test_other_thresholds_are_told_with_intervals_and_a_warning(here: Here) -> None:
    said = here("monitor", "thresholds", "EVA-0003", "--cut", "0.55")
    assert "as it was" in said and "1 (0.342 to 1)" in said
    assert "Exploratory: nothing is changed by it" in said
    rows = json.loads(here("monitor", "thresholds", "EVA-0003", "--cut", "0.55", "--json"))
    assert [row["threshold"] for row in rows] == ["as it was", 0.55]
    assert rows[1]["sensitivity"]["value"] == 0.5
    assert rows[1]["alerts_per_100"]["value"] == 50
    assert rows[1]["net_benefit"]["low"] < rows[1]["net_benefit"]["value"]
    assert "not estimable" in here("monitor", "thresholds", "EVA-0001", code=1)


def test_a_period_is_measured_and_a_running_one_is_not(here: Here) -> None:
    days = ("--since", "2026-02-01", "--until", "2026-02-28")
    rows = json.loads(here("monitor", "measure", *days, "--json"))
    assert [row["site"] for row in rows].count("all sites") == 1
    assert all(row["studies"] == 0 for row in rows)
    assert rows == json.loads(here("monitor", "measure", *days, "--json")), "measured once"
    assert "is over" in here(
        "monitor", "measure", "--since", "2026-02-01", "--until", "2026-05-01", code=2
    )


def test_completeness_and_quarantine_are_listed(here: Here) -> None:
    assert "No study of operation arrived" in here("monitor", "completeness")
    assert json.loads(here("monitor", "completeness", "--facts", "--json")) == []
    (row,) = json.loads(here("study", "quarantine", "--site", "north hospital", "--json"))
    assert (row["file"], row["state"], row["taken_in_as"]) == ("QUA-0001", "in quarantine", "")
    assert json.loads(here("study", "quarantine", "--until", "2026-01-01", "--json")) == []
    here("user", "login", "demo.quality")
    said = here("study", "resubmit", "QUA-0001", "--reason", "sent whole by now", code=1)
    assert "not here any more" in said
