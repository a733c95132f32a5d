"""A site's change is announced, listed, withdrawn and refused at the command line."""

import json

import pytest

from records.store import Store
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD, SITES, populate

WHY = ("--reason", "letter of the site")


@pytest.fixture
def as_quality(run: Run, store: Store) -> Run:
    """Call a verb in a small workspace with an alert, signed in as the quality manager."""
    populate(store)
    store.close()

    def call(*words: str) -> object:
        return run("--home", store.workspace.home, *words, password=PASSWORD)

    assert call("user", "login", "demo.quality").exit_code == 0  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def test_a_change_is_announced_listed_and_withdrawn(as_quality: Run) -> None:
    made = as_quality(
        "monitor", "announce", "--site", SITES[1], "--what", "scanner", "--from", "2026-03-02",
        "--until", "2026-03-04", "--description", "unit of room 2 replaced", *WHY,
    )
    assert made.exit_code == 0, made.output
    assert f"Announced at {SITES[1]}: scanner, 2026-03-02 to 2026-03-04 (PLC-0001" in made.stdout
    (one,) = json.loads(as_quality("monitor", "announced", "--json").stdout)
    assert (one["announcement"], one["status"], one["by"]) == (
        "PLC-0001", "announced", "demo.quality"
    )
    week = as_quality("monitor", "week", "--until", "2026-03-06").stdout
    assert f"Announced at {SITES[1]}: scanner" in week
    assert as_quality("monitor", "withdraw", "plc-1", *WHY).exit_code == 0
    (one,) = json.loads(as_quality("monitor", "announced", "--json").stdout)
    assert one["status"] == "withdrawn by PLC-0002"
    again = as_quality("monitor", "withdraw", "PLC-0001", *WHY)
    assert (again.exit_code, "was withdrawn by PLC-0002" in again.stderr) == (1, True)
    renewed = as_quality("monitor", "renew", "PLC-0001", *WHY)
    assert (renewed.exit_code, "does not stand" in renewed.stderr) == (1, True)


def test_what_is_no_change_is_refused_with_the_field(as_quality: Run) -> None:
    for words, said in (
        (("--site", "nowhere", "--what", "scanner"), "There is no site 'nowhere'"),
        (("--site", SITES[0], "--what", "weather"), "what: 'weather' is no kind of change"),
    ):
        refused = as_quality(
            "monitor", "announce", *words, "--from", "2026-03-02", "--until", "2026-03-04",
            "--description", "unit of room 2 replaced", *WHY,
        )
        assert refused.exit_code != 0
        assert said in refused.stderr


def test_days_and_seeds_that_cannot_be_end_in_a_sentence(as_quality: Run) -> None:
    for words, said in (
        (("week", "--until", "0001-01-01"), "No week ends on 0001-01-01"),
        (("incident", "--site", SITES[0], "--from", "9999-12-31", "--cause", "gain"),
         "9999-12-31 has not come yet"),
        (("verify", "--repeats", "1", "--seed", "-4"), "greater than or equal to 0"),
    ):  # fmt: skip
        refused = as_quality("monitor", *words)
        assert refused.exit_code in (1, 2)
        assert said in refused.stderr
        assert "unexpected" not in refused.stderr
