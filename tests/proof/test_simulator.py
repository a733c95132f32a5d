"""Each knob of the simulator costs a classifier what it should: AUC falls as it is turned up."""

import os
import runpy
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.pixels import parse_file, read_pixels
from imaging.sources.base import StudyPlan
from imaging.sources.cases import draw_case
from imaging.sources.knobs import Knobs
from imaging.sources.simulator import development_plan, study_bytes
from measures.comparison import paired_auc_difference
from measures.roc import auc
from models.artefacts import ARRAYS, INDEX, write_columns
from models.fit import fit_model
from models.params import FitParams, Params
from models.preparation import network_input
from records.settings import REPOSITORY

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7200)]

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
TRAINING, READ = (800, 300) if FULL else (400, 100)
"""Studies a site to learn from, and to read at each grade (three sites)."""
PARAMS = Params(fit=FitParams(width=8, min_epochs=10, max_epochs=10))
"""The shipped network at half its width: it must fall with the knob, not be the best."""
GRADES: dict[str, tuple[float, ...]] = runpy.run_path(
    str(REPOSITORY / "scripts" / "draw_simulator.py")
)["GRADES"]
"""How far each knob is turned; the first grade is neutral."""
TURNED = list(GRADES) if FULL else ["noise", "blur", "gain"]


def picture(plan: StudyPlan) -> tuple[NDArray[np.uint8], int]:
    """One study as the network sees it, through the file that a hospital would send."""
    case = draw_case(plan)
    pixels = read_pixels(parse_file(study_bytes(case)))
    return network_input(pixels.array, PARAMS.decode.input_size), case.finding


def pictures(
    pool: ProcessPoolExecutor, seed: int, per_site: int, knobs: Knobs
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    plans = [one for one in development_plan(seed, per_site, knobs=knobs) if one.defect is None]
    found = list(pool.map(picture, plans, chunksize=50))
    return np.stack([one for one, _ in found]), np.array([truth for _, truth in found])


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
        yield workers


@pytest.fixture(scope="module")
def network(pool: ProcessPoolExecutor, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The shipped network, trained once on studies with no knob turned."""
    from models.networks import build_network
    from models.weights import load_weights

    folder = tmp_path_factory.mktemp("trained")
    arrays, truth = pictures(pool, 401, TRAINING, Knobs())
    split = np.where(np.arange(len(truth)) % 5 == 0, "tuning", "train")
    np.save(folder / ARRAYS, arrays)
    names = np.array([str(number) for number in range(len(truth))])
    write_columns(folder / INDEX, {"instance_uid": names, "split": split, "finding": truth})
    weights_hash = fit_model(folder, folder, params=PARAMS)
    made = build_network(PARAMS.fit)
    made.load_state_dict(load_weights(folder, weights_hash))
    return made


@pytest.mark.parametrize("knob", TURNED)
def test_auc_falls_as_a_knob_is_turned_up(
    knob: str, network: Any, pool: ProcessPoolExecutor
) -> None:
    """The same patients at every grade, so that only the knob makes the difference. Once the
    network only guesses (0.5 lies in the interval) nothing is left to fall: it must go on guessing.
    """
    from models.arithmetic import PREDICTING_THREADS, network_outputs, repeatable

    found, scores = [], []
    for grade in GRADES[knob]:
        arrays, truth = pictures(pool, 402, READ, Knobs(**{knob: grade}))
        with repeatable(threads=PREDICTING_THREADS):
            scores.append(network_outputs(network, arrays)[0])
        found.append(auc(truth, scores[-1]))
        print(f"{knob} {grade:g}: {found[-1]}")
    values = [one.value for one in found]
    assert None not in values
    told = [one.value for one in found if one.low is not None and one.low > 0.5]
    assert values[: len(told)] == told, values
    if FULL:
        assert told == sorted(told, reverse=True), values
    for before, after in pairwise(scores[: len(told)]):  # of 300 studies chance moves the AUC too
        rise = paired_auc_difference(truth, after, before).difference
        assert rise.low is not None
        assert rise.low <= 0, f"{rise}: shown to rise; {values}"
    assert values[0] - values[-1] > 0.1
    assert values[0] > 0.85
