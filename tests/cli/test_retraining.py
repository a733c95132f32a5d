"""The protocol on the command line: what an alert allows, and a plain refusal where it does not."""

import json

import pytest

from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import populate


@pytest.fixture
def asked(run: Run, store: Store) -> Run:
    """Ask in a small workspace with an open alert and a definition that nobody has signed."""
    populate(store)
    store.close()
    return lambda *words: run("--home", store.workspace.home, *words)


def test_an_open_alert_says_what_the_protocol_waits_for(asked: Run) -> None:
    found = json.loads(asked("alert", "show", "ALT-0001", "--json").stdout)
    assert found["label"] == "ALT-0001"
    assert found["retraining"].startswith("The retraining protocol does not start on ALT-0001: ")


@pytest.mark.parametrize("verb", [("retrainings",), ("retrain", "--alert", "ALT-0001")])
def test_a_protocol_that_is_not_in_force_starts_nothing_and_says_what_comes_first(
    asked: Run, verb: tuple[str, ...]
) -> None:
    refused = asked("model", *verb)
    assert refused.exit_code == 1
    assert "DEV-0001, the newest revision of chest-radiograph-pneumonia, is 'draft'" in (
        " ".join(refused.output.split())
    )
    assert "radvigil device accept" in " ".join(refused.output.split())
