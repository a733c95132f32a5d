"""Small ONNX models as another maker would hand them over, built without any code of ours."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
POOL = 8
PARTS = (SIDE // POOL) ** 2

DECLARED = f"""\
preprocessing:
  version: 1
  rows: {SIDE}
  columns: {SIDE}
  aspect: stretch
  resampling: bilinear
  window: min-max
  levels: 0
  normalisation: range
  low: 0.0
  high: 1.0
output:
  kind: probability
maker:
  maker: Example Imaging GmbH
  version: "2.1"
"""


def weights(seed: int = 1) -> tuple[NDArray[np.float32], float]:
    """A weight a part of the picture, and an intercept."""
    drawn = np.random.default_rng(seed).normal(0, 0.2, PARTS)
    return drawn.astype(np.float32), 0.1


def model(
    weight: NDArray[np.float32] | None = None, bias: float = 0.1, *, batch: Any = "n",
    kind: str = "probability", precision: int = TensorProto.FLOAT, extra: Any = (),
    opset: Any = (), shape: Any = (1, SIDE, SIDE),
) -> onnx.ModelProto:
    """Average of 8 × 8 parts, a weighted sum, and for a probability its logistic function."""
    chosen = weights()[0] if weight is None else weight
    half = precision != TensorProto.FLOAT
    held = chosen.astype(np.float16) if half else chosen
    initial = [
        numpy_helper.from_array(held.reshape(PARTS, 1), "stored" if half else "weight"),
        numpy_helper.from_array(np.array([bias], np.float32), "bias"),
    ]
    last = "probability" if kind == "probability" else "logit"
    nodes = [helper.make_node("Cast", ["stored"], ["weight"], to=TensorProto.FLOAT)] if half else []
    nodes += [
        helper.make_node("AveragePool", ["image"], ["parts"], kernel_shape=[POOL, POOL],
                         strides=[POOL, POOL]),
        helper.make_node("Flatten", ["parts"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["logit"]),
    ]  # fmt: skip
    if kind == "probability":
        nodes.append(helper.make_node("Sigmoid", ["logit"], ["probability"]))
    graph = helper.make_graph(
        [*nodes, *extra], "risk",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, *shape])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [batch, 1])],
        initial,
    )
    sets = [helper.make_opsetid("", 17), *opset]
    return helper.make_model(graph, opset_imports=sets, producer_name="elsewhere", ir_version=9)


def written(folder: Path, made: onnx.ModelProto, declared: str = DECLARED) -> tuple[Path, Path]:
    """The model and its declaration as files."""
    folder.mkdir(parents=True, exist_ok=True)
    file, declaration = folder / "risk.onnx", folder / "risk.yaml"
    file.write_bytes(made.SerializeToString())
    declaration.write_text(declared)
    return file, declaration
