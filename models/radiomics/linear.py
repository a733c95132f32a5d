"""The released form of a radiomics model: a few features, their scaling and weights, as ONNX.

No scikit-learn object is stored (a pickle can bring code with it): what was learnt is a handful of
numbers a feature, written into a graph that ONNX Runtime computes in 64 bits.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts import replaced
from models.engine import FACTS, ONNX, OWN_OUTPUT, WEIGHTS_HASH

Numbers = NDArray[np.float64]
_OPSET, _IR = 17, 8
_INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Logistic regression on named features, everything of shape (features,) but the intercept.

    fill: the training median, for a feature that is not estimable in a region. centre, scale: mean
    and standard deviation of training. coefficients: log odds a standard deviation.
    """

    keys: tuple[str, ...]
    fill: Numbers
    centre: Numbers
    scale: Numbers
    coefficients: Numbers
    intercept: float

    @classmethod
    def of(cls, pipeline: Any, keys: Sequence[str]) -> "LinearModel":
        """What a fitted pipeline of :mod:`models.radiomics.classifier` has learnt.

        keys: of the features that it was fitted on, in order.
        """
        varying = pipeline.named_steps["vary"].get_support(indices=True)
        kept = pipeline.named_steps["choose"].get_support(indices=True)
        places, fitted = varying[kept], pipeline.named_steps["fit"]
        scaler = pipeline.named_steps["scale"]
        return cls(
            tuple(keys[place] for place in places),
            pipeline.named_steps["fill"].statistics_[places],
            scaler.mean_[kept], scaler.scale_[kept], fitted.coef_[0], float(fitted.intercept_[0]),
        )  # fmt: skip

    @property
    def state(self) -> dict[str, Any]:
        """As tensors by feature, whose digest names the model (:mod:`models.weights`)."""
        import torch

        rows = np.stack([self.fill, self.centre, self.scale, self.coefficients], axis=1)
        state = {
            key: torch.from_numpy(row.copy()) for key, row in zip(self.keys, rows, strict=True)
        }
        return state | {_INTERCEPT: torch.tensor(self.intercept, dtype=torch.float64)}

    @classmethod
    def of_state(cls, state: Mapping[str, Any], keys: Sequence[str]) -> "LinearModel":
        """The same from :attr:`state`; keys: in their order."""
        fill, centre, scale, coefficients = np.stack([state[key].numpy() for key in keys], axis=1)
        return cls(tuple(keys), fill, centre, scale, coefficients, float(state[_INTERCEPT]))

    def standardised(self, values: Numbers) -> Numbers:
        """Features (regions, features) around 0 with a spread of 1, gaps filled."""
        filled: Numbers = np.where(np.isnan(values), self.fill, values)
        return (filled - self.centre) / self.scale

    def outputs(self, values: Numbers) -> Numbers:
        """Log odds (regions,) by scikit-learn itself, to compare with what serves."""
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression()
        model.classes_, model.coef_ = np.array([0, 1]), self.coefficients[None]
        model.intercept_ = np.array([self.intercept])
        found: Numbers = model.decision_function(self.standardised(values))
        return found


def write_onnx(model: LinearModel, folder: Path, *, weights_hash: str) -> str:
    """Write ``model.onnx``; returns its SHA-256. The same model gives the same bytes.

    In: ``facts`` float64 (regions, features), NaN where not estimable. Out: ``logit`` (regions,)
    and ``features``, the standardised ones.
    """
    from onnx import TensorProto, helper, numpy_helper

    def number(name: str, values: Any) -> Any:
        return numpy_helper.from_array(np.asarray(values, dtype=np.float64), name)

    double, features = TensorProto.DOUBLE, OWN_OUTPUT.features
    nodes = [
        helper.make_node("IsNaN", [FACTS], ["missing"]),
        helper.make_node("Where", ["missing", "fill", FACTS], ["filled"]),
        helper.make_node("Sub", ["filled", "centre"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], [features]),
        helper.make_node("MatMul", [features, "coefficients"], ["weighed"]),
        helper.make_node("Add", ["weighed", "intercept"], [OWN_OUTPUT.name]),
    ]
    count = len(model.keys)
    graph = helper.make_graph(
        nodes, "radiomics",
        [helper.make_tensor_value_info(FACTS, double, ["regions", count])],
        [helper.make_tensor_value_info(OWN_OUTPUT.name, double, ["regions"]),
         helper.make_tensor_value_info(features, double, ["regions", count])],
        [number("fill", model.fill), number("centre", model.centre), number("scale", model.scale),
         number("coefficients", model.coefficients), number("intercept", model.intercept)],
    )  # fmt: skip
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    proto.producer_name = ""
    helper.set_model_props(proto, {WEIGHTS_HASH: weights_hash})
    content: bytes = proto.SerializeToString(deterministic=True)
    with replaced(folder / ONNX) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
