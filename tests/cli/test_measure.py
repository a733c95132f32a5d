"""Sample sizes at the command line are those of the measures, or a sentence why there is none."""

import json

import pytest

from measures.planning import Aim
from measures.sample_size import paired_share_size, precise_share_size, unpaired_share_size
from measures.sample_size_auc import PlannedAreas, paired_auc_size
from tests.cli.conftest import Run

SIZE = ("measure", "sample-size", "--json")


def test_shares_on_different_studies(run: Run) -> None:
    said = json.loads(
        run(*SIZE, "--of", "share", "--expected", 0.9, "--against", 0.8, "--power", 0.9).stdout
    )
    expected = unpaired_share_size(0.9, 0.8, Aim("difference"), power=0.9)
    assert (said["studies"], said["first"]) == (expected.n, expected.groups["first"])
    assert said["power"] == round(expected.reached, 4)


def test_a_margin_on_the_same_studies(run: Run) -> None:
    words = ("--of", "share", "--expected", 0.9, "--against", 0.9, "--differing", 0.1)
    said = json.loads(run(*SIZE, *words, "--margin", 0.05).stdout)
    aim = Aim("non-inferiority", alpha=0.025, margin=0.05)
    assert said["both"] == paired_share_size(0.05, 0.05, aim).n
    both = json.loads(run(*SIZE, *words, "--margin", 0.05, "--equivalence").stdout)
    assert both["both"] == paired_share_size(0.05, 0.05, Aim("equivalence", 0.05, 0.05)).n


def test_aucs_on_the_same_studies(run: Run) -> None:
    words = ("--expected", 0.9, "--against", 0.85, "--correlation", 0.5)
    said = json.loads(run(*SIZE, "--of", "auc", *words, "--healthy-per-diseased", 3).stdout)
    areas = PlannedAreas(0.9, 0.85, correlation=0.5)
    expected = paired_auc_size(areas, Aim("difference"), healthy_per_diseased=3.0)
    assert (said["diseased"], said["healthy"]) == tuple(expected.groups.values())


def test_a_half_width(run: Run) -> None:
    said = run("measure", "sample-size", "--of", "share", "--expected", 0.9, "--half-width", 0.05)
    assert f"studies     {precise_share_size(0.9, 0.05).n}" in said.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--expected", 0.9), "either --against or --half-width"),
        (("--expected", 0.9, "--against", 0.8, "--half-width", 0.1), "either --against or"),
        (("--expected", 0.9, "--against", 0.9, "--equivalence"), "needs a --margin"),
        (("--expected", 0.9, "--against", 0.9), "not reached with any number"),
        (("--expected", 1.2, "--against", 0.9), "first: a share between 0 and 1"),
        (("--expected", 0.9, "--against", 0.8, "--alpha", 0), "alpha"),
        (("--expected", 0.9, "--against", 0.8, "--margin", -1), "margin"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    run: Run, words: tuple[str | float, ...], sentence: str
) -> None:
    said = run("measure", "sample-size", "--of", "share", *words)
    assert said.exit_code == 2
    assert sentence in said.stderr
