import numpy as np
import pytest

from models.objectives import class_weights, objective_of, require_every_class
from models.params import TaskParams
from records.errors import InvalidInput

RNG = np.random.default_rng(3)
THREE = TaskParams("multiclass", ("normal", "benign", "malignant"))
TRUTH = RNG.integers(0, 3, 60)
LOGIT = RNG.normal(size=(60, 3))


def test_the_loss_of_classes_is_the_held_out_loss_where_nothing_is_weighed_or_smoothed() -> None:
    import torch

    objective = objective_of(THREE)
    loss = objective.loss(torch.from_numpy(LOGIT), TRUTH, np.ones(60, np.float32), 0.0)
    assert float(loss) == pytest.approx(objective.held_out(LOGIT, TRUTH)["tuning"])


def test_one_finding_is_two_classes_whose_other_output_is_nought() -> None:
    import torch

    truth = (TRUTH > 0).astype(np.int64)
    one, two = objective_of(TaskParams()), objective_of(THREE)
    both = np.stack([np.zeros(60), LOGIT[:, 0]], axis=1)
    weights = class_weights(truth, 2)
    for smoothing in (0.0, 0.1):
        single, pair = (
            float(of.loss(torch.from_numpy(logit), truth, weights, smoothing))
            for of, logit in ((one, LOGIT[:, 0]), (two, both))
        )
        assert single == pytest.approx(pair)
    assert one.held_out(LOGIT[:, 0], truth) == pytest.approx(two.held_out(both, truth))


def test_the_watched_auc_is_the_one_that_is_told_of_classes() -> None:
    from measures.multiclass import auc_one_against_rest
    from models.tasks import Calibration, MulticlassTask

    chance = MulticlassTask().decode(LOGIT, Calibration(1.0, 0.0, 0.5)).more["probabilities"]
    told = auc_one_against_rest(TRUTH, chance, [0, 1, 2]).value
    assert objective_of(THREE).held_out(LOGIT, TRUTH)["tuning_auc"] == pytest.approx(told)


def test_with_weights_every_class_counts_alike() -> None:
    truth = np.repeat([0, 1, 2], [50, 8, 2])
    weights = class_weights(truth, 3)
    sums = [weights[truth == code].sum() for code in range(3)]
    assert sums == pytest.approx([20.0] * 3)
    assert weights.mean() == pytest.approx(1.0)


def test_a_split_without_a_class_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidInput, match="60 studies, and none of them is 'malignant'"):
        require_every_class(objective_of(THREE), np.minimum(TRUTH, 1), "tuning")
    require_every_class(objective_of(THREE), TRUTH, "tuning")


def test_the_network_has_an_output_a_class_and_a_device_of_one_finding_has_one() -> None:
    assert (THREE.outputs, TaskParams().outputs) == (3, 1)
    with pytest.raises(ValueError, match="unknown task"):
        TaskParams("guessing")
