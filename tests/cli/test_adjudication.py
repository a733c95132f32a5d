"""Adjudication at the command line: draw, be shown the next case, answer, estimate, look."""

import json
from pathlib import Path

from records.store import Store
from tests.adjudicated_workspace import READERS, keep_pictures, populate_read, read_queue
from tests.cli.conftest import Run
from tests.dashboards.small_workspace import PASSWORD


def test_a_queue_is_drawn_read_blinded_and_estimated(
    run: Run, store: Store, tmp_path: Path
) -> None:
    truth, home = populate_read(store, studies=120), store.workspace.home

    def radvigil(*words: str | Path) -> str:
        done = run("--home", home, *words, password=PASSWORD)
        assert done.exit_code == 0, (words, done.output)
        return done.stdout

    radvigil("user", "login", "demo.quality")
    days = ("--since", "2026-02-01", "--until", "2026-02-28", "--seed", "11")
    drawn = radvigil("adjudication", "draw", *days, "--reason", "audit sample")
    assert drawn.startswith("ADS-0001: ") and "of 120 studies drawn" in drawn
    assert "seed 11" in drawn
    refused = run("--home", home, "adjudication", "draw", "--reason", "x", password=PASSWORD)
    assert refused.exit_code == 2 and "--since and --until" in refused.stderr
    keep_pictures(store)

    radvigil("user", "login", READERS[0])
    shown = radvigil("adjudication", "read", "--out", tmp_path / "pictures")
    label = shown.partition(":")[0]
    assert "Does the study show pneumonia?" in shown and "score" not in shown
    assert (tmp_path / "pictures" / f"{label}-1.png").read_bytes().startswith(b"\x89PNG")
    radvigil("adjudication", "read", "--case", label, "--answer", "absent")
    again = run("--home", home, "adjudication", "read", "--case", label, "--answer", "absent",
                password=PASSWORD)  # fmt: skip
    assert again.exit_code == 1 and "has read this study before" in again.stderr
    jumped = run("--home", home, "adjudication", "read", "--case", "ADJ-9", "--answer", "absent",
                 password=PASSWORD)  # fmt: skip
    assert jumped.exit_code == 1

    read_queue(store, truth, most=10)
    listed = json.loads(radvigil("adjudication", "list", "--json"))
    assert listed and "stratum" not in listed[0] and "probability" not in listed[0]
    assert {one["status"] for one in listed} == {"settled", "waiting"}
    assert radvigil("adjudication", "show").startswith("No estimate")
    radvigil("user", "logout")
    assert "is on record" in radvigil("adjudication", "evaluate")
    rows = json.loads(radvigil("adjudication", "show", "--json"))
    assert {one["subgroup"].partition(": ")[2] for one in rows} >= {
        "naive", "partly verified", "adjudicated, weighted", "adjudicated, augmented",
    }  # fmt: skip
    assert all(one["value"] is not None or one["reason"] for one in rows)
    shown = radvigil("adjudication", "show")
    assert "waiting, 0 of which" in shown
    assert "Negative predictive value" in shown and "npv" not in shown
