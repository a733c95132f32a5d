"""An ONNX file that was made elsewhere, looked through before anything trusts it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.declaration import Declaration
from models.engine import OnnxEngine, session_of
from records.errors import InvalidInput

LARGEST = 512 * 2**20
"""Bytes. A protobuf of more than 2 GiB cannot be one file; classifiers have far less."""
DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
"""Operators of ONNX itself and those that ONNX Runtime brings; any other needs foreign code."""
_ENDLESS = ("Loop", "Scan")
_SAME = 1e-5  # logit; the same picture alone and beside others


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    """What a file is: its bytes' SHA-256, its arithmetic, and what it says of its origin."""

    content: bytes
    digest: str
    precision: str
    opset: int
    producer: str
    parameters: int


def read_onnx(path: Path, declaration: Declaration) -> OnnxFacts:
    """The file, if it can serve as declared.

    It is valid ONNX in one file, of operators that the runtime brings, without unbounded loops,
    takes one picture of the declared shape, and gives a finite output in its declared range for an
    empty and a random picture, the same alone and in a batch.

    Raises InvalidInput, naming the file, what is wrong and what to do.
    """
    try:
        content = _bytes_of(path)
        proto = parsed(content)
        _require_bounded(proto)
        _require_shape(proto, declaration)
        _try_out(content, declaration)
    except InvalidInput as wrong:
        raise InvalidInput(f"{path.name}: {wrong.message}", hint=wrong.hint) from wrong
    weights = [one for graph in _graphs(proto) for one in graph.initializer]
    producer = f"{proto.producer_name} {proto.producer_version}".strip()
    return OnnxFacts(
        content=content, digest=hashlib.sha256(content).hexdigest(), precision=_precision(proto),
        opset=max((one.version for one in proto.opset_import if one.domain in DOMAINS[:2]),
                  default=0),
        producer=producer or "not stated in the file",
        parameters=int(sum(np.prod(one.dims, dtype=np.int64) for one in weights)),
    )  # fmt: skip


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InvalidInput(
                f"it has {size / 2**20:.0f} MiB, and {LARGEST // 2**20} are taken.",
                hint="Export the model without what serving does not need.",
            )
        return path.read_bytes()
    except OSError as wrong:
        raise InvalidInput(f"it cannot be read ({wrong.strerror}).") from wrong


def parsed(content: bytes) -> Any:
    """The model in a file's content, valid and whole. Raises InvalidInput."""
    import onnx

    try:
        proto = onnx.load_model_from_string(content)
    except Exception as wrong:  # protobuf's DecodeError, which has no types
        raise InvalidInput("it is no ONNX model.", hint="Give the .onnx file itself.") from wrong
    external = onnx.TensorProto.EXTERNAL
    outside = [one.name for one in _tensors(proto) if one.data_location == external]
    if outside:
        raise InvalidInput(
            f"weights lie outside the file ({outside[0]!r} and {len(outside) - 1} more).",
            hint="Save it as one file: onnx.save(model, path, save_as_external_data=False).",
        )
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as wrong:
        raise InvalidInput(f"it is no valid ONNX model: {str(wrong).splitlines()[0]}") from wrong
    return proto


def _require_bounded(proto: Any) -> None:
    local = {(one.domain, one.name) for one in proto.functions}
    for node in _nodes(proto):
        if node.domain not in DOMAINS and (node.domain, node.op_type) not in local:
            raise InvalidInput(
                f"the operator {node.domain}::{node.op_type} is a custom one.",
                hint="Export it with operators of ONNX alone: foreign code is not run here.",
            )
        if node.op_type in _ENDLESS and node.domain in DOMAINS[:2]:
            raise InvalidInput(
                f"it has the operator {node.op_type}, whose time nothing bounds.",
                hint="Export it without loops.",
            )


def _require_shape(proto: Any, declaration: Declaration) -> None:
    import onnx

    held = {one.name for one in proto.graph.initializer}
    inputs = [one for one in proto.graph.input if one.name not in held]
    if len(inputs) != 1:
        raise InvalidInput(f"it has {len(inputs)} inputs; one picture is given.")
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        raise InvalidInput(
            f"its input {inputs[0].name!r} is not of 32-bit floats.",
            hint="Cast inside the model, so that one preparation serves all.",
        )
    sides = [one.dim_value or 0 for one in tensor.shape.dim]
    wanted = declaration.preprocessing.input_shape
    fits = len(sides) == 4 and all(
        have in (0, want) for have, want in zip(sides[1:], wanted, strict=True)
    )
    if not fits or sides[0] not in (0, 1):
        shown = " x ".join(str(side or "any") for side in sides)
        raise InvalidInput(
            f"its input has the shape {shown}; declared is any or 1, then "
            f"{' x '.join(map(str, wanted))} ({declaration.preprocessing.layout}).",
            hint="Correct rows, columns, channels or layout of the declaration.",
        )
    names = [one.name for one in proto.graph.output]
    for name in (declaration.output.name, declaration.output.features):
        if name and name not in names:
            raise InvalidInput(f"it has no output {name!r}, only {', '.join(names)}.")
    if not declaration.output.name and len(names) != 1:
        raise InvalidInput(
            f"it has the outputs {', '.join(names)}.", hint="Name the one under output, name."
        )


def _try_out(content: bytes, declaration: Declaration) -> None:
    preprocessing = declaration.preprocessing
    engine = OnnxEngine(session_of(content), preprocessing, declaration.output)
    noise = np.random.default_rng(0).random((2, 2 * preprocessing.rows, preprocessing.columns))
    pictures: Any = np.stack([preprocessing.picture(one) for one in (0 * noise[0], *noise)])
    try:
        together, features = engine.outputs(pictures)
        alone = np.concatenate([engine.outputs(one[None])[0] for one in pictures])
    except IndexError:
        raise InvalidInput(
            f"its output has no column {declaration.output.column}, counted from 0."
        ) from None
    except ValueError as wrong:
        raise InvalidInput(f"{wrong}.", hint="Correct output, kind of the declaration.") from wrong
    except Exception as wrong:  # the runtime's errors have no common, public parent
        raise InvalidInput(f"ONNX Runtime cannot run it: {wrong}") from wrong
    if together.shape != (3,):
        raise InvalidInput(f"it gives {together.size} outputs for 3 pictures.")
    if not (np.isfinite(together).all() and (features is None or np.isfinite(features).all())):
        raise InvalidInput("its output for an empty or a random picture is not finite.")
    if np.abs(together - alone).max() > _SAME * max(1.0, float(np.abs(alone).max())):
        raise InvalidInput(
            "a picture gets another output alone than beside others.",
            hint="Export it in evaluation mode; one whose scales are found in operation (dynamic "
            "quantisation), with a fixed batch of 1.",
        )


def _precision(proto: Any) -> str:
    """The arithmetic by its narrowest kind: each is another configuration of a device."""
    import onnx

    kinds = {one.data_type for one in _tensors(proto)}
    if any("Quantize" in node.op_type or "QLinear" in node.op_type or "Integer" in node.op_type
           or node.op_type.startswith("QGemm") for node in _nodes(proto)):  # fmt: skip
        return "int8"
    casts = {
        one.i for node in _nodes(proto) if node.op_type == "Cast"
        for one in node.attribute if one.name == "to"
    }
    for kind, name in (
        (onnx.TensorProto.BFLOAT16, "bfloat16"), (onnx.TensorProto.FLOAT16, "float16"),
    ):  # fmt: skip
        if kind in kinds | casts:
            return name
    return "float32"


def _graphs(proto: Any) -> Iterator[Any]:
    """The graph, and every graph inside a node of it or of a function."""
    waiting = [proto.graph]
    nodes = [node for one in proto.functions for node in one.node]
    waiting += [one for node in nodes for one in _inside(node)]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += [one for node in graph.node for one in _inside(node)]


def _inside(node: Any) -> list[Any]:
    return [
        graph for one in node.attribute for graph in (*one.graphs, one.g) if graph.node
    ]


def _nodes(proto: Any) -> Iterator[Any]:
    for graph in _graphs(proto):
        yield from graph.node
    for one in proto.functions:
        yield from one.node


def _tensors(proto: Any) -> Iterator[Any]:
    """Every tensor that the file holds, wherever it stands."""
    for graph in _graphs(proto):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in _nodes(proto):
        for one in node.attribute:
            yield from (tensor for tensor in (*one.tensors, one.t) if tensor.data_type)
