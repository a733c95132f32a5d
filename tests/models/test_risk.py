"""A network of pictures and facts: its loss by hand, missing facts, calibration, what serves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from imaging.clinical_course import ClinicalCourse, KnownFact
from models.arithmetic import network_outputs
from models.artefacts import ARRAYS, INDEX, read_columns, read_json, write_columns
from models.calibrate_risk import choose_for_risk, threshold_of_risk
from models.facts import fact_rows
from models.fit_risk import clinical_columns, cox_loss, fit_risk, standardisation
from models.networks import build_network
from models.params import DecodeParams, FitParams, OperatingRule, Params, TaskParams
from models.tasks import PrognosisTask
from models.weights import load_weights
from records.errors import InvalidInput

COLUMNS = ("crp", "smoking=0", "smoking=1")
PARAMS = Params(
    threads=1, decode=DecodeParams(input_size=32, processes=1),
    fit=replace(FitParams(), network="joint", width=4, min_epochs=8, max_epochs=8, batch_size=16,
                learning_rate=0.02, fact_dropout=0.2, label_smoothing=0.0),
    operating_point=OperatingRule("fixed_sensitivity", 0.8),
    task=TaskParams("prognosis", facts=COLUMNS, horizon_days=90.0),
)  # fmt: skip


def test_the_loss_of_three_patients_by_hand() -> None:
    # events on days 1 and 2, the third is censored on day 3
    risk = torch.tensor([0.5, -1.0, 0.2])
    first = np.log(np.exp(0.5) + np.exp(-1.0) + np.exp(0.2)) - 0.5
    second = np.log(np.exp(-1.0) + np.exp(0.2)) + 1.0
    loss = cox_loss(risk, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 1.0, 0.0]))
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-6)
    none = cox_loss(risk, torch.tensor([1.0, 2.0, 3.0]), torch.zeros(3))
    assert float(none) == 0.0


def test_standardisation_is_of_those_who_have_the_fact_and_refuses_constants() -> None:
    facts = fact_rows(COLUMNS, [{"crp": 2.0, "smoking": "0"}, {"crp": 4.0, "smoking": "1"}, {}])
    centre, spread = standardisation(facts, COLUMNS)
    assert centre.tolist() == [3.0, 0.5, 0.5]
    assert spread.tolist() == [1.0, 0.5, 0.5]
    same = fact_rows(("crp",), [{"crp": 2.0}, {"crp": 2.0}, {}])
    with pytest.raises(InvalidInput, match="crp is the same in all 2 training studies"):
        standardisation(same, ("crp",))
    with pytest.raises(InvalidInput, match="crp is known of 0 training studies"):
        standardisation(fact_rows(("crp",), [{}, {}]), ("crp",))


def test_a_missing_fact_is_told_apart_from_an_average_one() -> None:
    torch.manual_seed(1)
    network = build_network(PARAMS.fit, 1, 3).eval()
    network.centre.copy_(torch.tensor([5.0, 0.5, 0.5]))
    pictures = np.zeros((2, 32, 32), np.uint8)
    average = fact_rows(COLUMNS, [{"crp": 5.0}, {}])
    (with_it, without), _ = network_outputs(network, pictures, average)
    assert np.isfinite([with_it, without]).all()
    assert with_it != without
    (again, alone), _ = network_outputs(network, pictures)
    assert again == alone == pytest.approx(without)


def test_network_and_facts_belong_together() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        build_network(PARAMS.fit)
    with pytest.raises(ValueError, match="do not fit"):
        build_network(replace(PARAMS.fit, network="residual"), 1, 3)
    with pytest.raises(InvalidInput, match="facts and horizon_days belong to prognosis"):
        TaskParams("prognosis")
    assert Params.from_mapping(PARAMS.to_mapping()) == PARAMS
    assert "facts" not in Params().to_mapping()["task"]
    assert "fact_dropout" not in Params().to_mapping()["fit"]


def test_chances_come_out_right_and_the_threshold_flags_the_declared_share() -> None:
    rng = np.random.default_rng(4)
    raw = rng.normal(size=4000)
    rate = 0.002 * np.exp(0.8 * raw)  # the network's risks are too far apart
    until, censored = rng.exponential(1 / rate), rng.uniform(20, 300, 4000)
    days, event = np.minimum(until, censored) + 1e-3, until <= censored
    fitted = choose_for_risk(raw, (days, event), horizon=90, rule=PARAMS.operating_point)
    assert fitted.slope == pytest.approx(0.8, abs=0.08)
    chance = PrognosisTask().decode(raw, fitted).score
    truth = 1 - np.exp(-90 * rate)
    assert np.abs(chance - truth).mean() < 0.02
    # of all who truly have the event by then, censored or not
    assert (chance >= fitted.operating_point)[until <= 90].mean() == pytest.approx(0.8, abs=0.03)


def test_a_threshold_by_hand() -> None:
    score = np.array([0.9, 0.7, 0.6, 0.5, 0.4])
    days, event = np.array([5.0, 3.0, 8.0, 4.0, 20.0]), np.array([1, 1, 1, 0, 0])
    # day 4 censors one of four: the events on days 3, 5 and 8 weigh 1, 4/3 and 4/3
    assert threshold_of_risk(score, (days, event), horizon=10, target=0.6) == pytest.approx(0.65)
    assert threshold_of_risk(score, (days, event), horizon=10, target=0.64) == pytest.approx(0.55)
    with pytest.raises(InvalidInput, match="No tuning study has the event by day 2"):
        threshold_of_risk(score, (days, event), horizon=2, target=0.6)
    with pytest.raises(InvalidInput, match="cannot calibrate chances by day 90: nobody was"):
        choose_for_risk(score, (days, event), horizon=90, rule=PARAMS.operating_point)


def decoded(folder: Path) -> Path:
    """Pictures whose brightness and facts whose values make the hazard."""
    rng = np.random.default_rng(2)
    n = 160
    bright, crp, smoker = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 2, n)
    rate = 0.004 * np.exp(0.7 * bright + 0.9 * crp + 0.6 * smoker)
    until, censored = rng.exponential(1 / rate), rng.uniform(60, 300, n)
    pictures = np.clip(rng.normal(120, 10, (n, 32, 32)), 0, 255)
    pictures[:, 8:24, 8:24] += 30 * bright[:, None, None]
    courses = []
    for at in range(n):
        facts = {"crp": KnownFact(float(10 + 4 * crp[at]), 1.0),
                 "smoking": KnownFact(str(smoker[at]), 1.0)}  # fmt: skip
        gone = [name for name in facts if rng.random() < 0.2]
        known = {name: one for name, one in facts.items() if name not in gone}
        days = float(min(until[at], censored[at])) + 0.01
        courses.append(ClinicalCourse(known, days, bool(until[at] <= censored[at])).text)
    folder.mkdir()
    np.save(folder / ARRAYS, np.clip(pictures, 0, 255).astype(np.uint8))
    names = np.array([f"I{at}" for at in range(n)])
    split = np.array(["train"] * 110 + ["tuning"] * 50)
    write_columns(folder / INDEX, {
        "instance_uid": names, "study_uid": names, "patient": names,
        "site": np.full(n, "a"), "split": split,
        "finding": (until <= censored).astype(int), "course": np.array(courses, dtype=object),
    })  # fmt: skip
    return folder


@pytest.mark.proof
def test_a_network_learns_from_facts_and_carries_their_standardisation(tmp_path: Path) -> None:
    at, model = decoded(tmp_path / "decoded"), tmp_path / "model"
    name = fit_risk(at, model, params=PARAMS)
    epochs = read_json(model / "training.json")["epochs"]
    assert epochs[-1]["tuning_c"] > 0.6
    network = build_network(PARAMS.fit, 1, 3)
    network.load_state_dict(load_weights(model, name))
    known = fact_rows(COLUMNS, [{"crp": 30.0}, {"crp": 1.0}, {}])
    (high, low, without), _ = network_outputs(network, np.load(at / ARRAYS)[[0, 0, 0]], known)
    assert high > low
    assert np.isfinite(without)
    courses = [ClinicalCourse.of(one) for one in read_columns(at / INDEX)["course"][:110]]
    crp = [float(one.values["crp"]) for one in courses if "crp" in one.values]
    assert float(network.centre[0]) == pytest.approx(np.mean(crp))


def test_a_dataset_without_courses_and_one_without_events_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no clinical courses"):
        clinical_columns({"split": np.array(["train"])}, PARAMS)
    at = decoded(tmp_path / "decoded")
    later = replace(PARAMS, fit=replace(PARAMS.fit, network="residual"))
    with pytest.raises(InvalidInput, match="'residual' takes no clinical facts"):
        fit_risk(at, tmp_path / "model", params=later)
