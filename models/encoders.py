"""An encoder: the part of a network that turns a picture into features, learnt elsewhere.

It comes as safetensors or as an ONNX file whose weights still have their names, and is kept as one
safetensors file, which holds named arrays and words and no code. Who made it, from what and under
which licence stands in it: software of unknown provenance is nothing to build on (IEC 62304,
8.1.2).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from records.errors import InvalidInput

ENCODER: Final = "encoder.safetensors"
"""The file in a training folder; empty where the network learns from its first weights."""
STATED: Final = ("name", "version", "source", "licence", "method")
"""What must be known of an encoder that was made elsewhere."""
WITH_ENCODER: Final = "The networks 'residual' and 'resnet18' have one."
_FACTS: Final = "radvigil"
_COUNTED: Final = "num_batches_tracked"
"""Batches that a norm has seen: nothing is computed with it, and public files may lack it."""
_FOLDED: Final = (
    "An ONNX file keeps the norms apart only where they were not folded into the layers "
    "(torch.onnx.export: optimize=False); "
    "safetensors of the same weights always do."
)


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """The weights by name, and what is known of them."""

    state: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Any]


def encoder_state(network: Any) -> dict[str, Any]:
    """The weights of a network's encoder (its ``encoder_parts``), by their names in it.

    Raises InvalidInput for a network that has no encoder.
    """
    parts = getattr(network, "encoder_parts", ())
    if not parts:
        raise InvalidInput("This network has no encoder of its own.", hint=WITH_ENCODER)
    return _of_parts(network.state_dict(), parts)


def has_encoder(network: Any) -> bool:
    """Whether a network can begin with an encoder, or teach one."""
    return bool(getattr(getattr(network, "network", network), "encoder_parts", ()))


def _of_parts(state: Mapping[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    return {name: values for name, values in state.items() if name.split(".")[0] in parts}


def encoder_bytes(state: Mapping[str, Any], facts: Mapping[str, Any]) -> bytes:
    """The file's content: the same weights and facts give the same bytes."""
    from safetensors.torch import save

    plain = {name: state[name].detach().cpu().contiguous().clone() for name in sorted(state)}
    content: bytes = save(plain, metadata={_FACTS: json.dumps(facts, sort_keys=True)})
    return content


def read_encoder(content: bytes) -> Encoder:
    """The weights and facts in a file's content; only arrays are read, so it cannot bring code.

    Facts that a public file holds otherwise are not read; they are stated when it is taken in.
    Raises InvalidInput when it is no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        state = load(content)
        size = int.from_bytes(content[:8], "little")
        said = json.loads(content[8 : 8 + size]).get("__metadata__") or {}
        facts = json.loads(said.get(_FACTS, "{}"))
    except (SafetensorError, ValueError, RuntimeError, KeyError) as wrong:
        raise InvalidInput(f"The encoder's file cannot be read as safetensors: {wrong}") from wrong
    return Encoder(state, facts)


def read_encoder_file(path: Path) -> Encoder:
    """The weights in a public file, safetensors or ONNX (ending ``.onnx``), as the file names them.

    Raises InvalidInput, naming the file, when it cannot be read, or an ONNX file has no named
    weights of 16 or 32 bits.
    """
    try:
        content = path.read_bytes()
    except OSError as why:
        raise InvalidInput(f"{path.name} cannot be read: {why.strerror}.") from why
    if path.suffix.lower() != ".onnx":
        return read_encoder(content)
    import torch
    from onnx import numpy_helper

    from models.onnx_file import parsed

    try:
        graph = parsed(content).graph
    except InvalidInput as wrong:
        raise InvalidInput(f"{path.name}: {wrong.message}", hint=wrong.hint) from wrong
    arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    state = {
        name: torch.from_numpy(values.astype("float32")) for name, values in arrays.items()
        if values.dtype in ("float16", "float32") and "." in name and "::" not in name
    }  # fmt: skip
    if not state:
        raise InvalidInput(f"{path.name} has no weights under their names.", hint=_FOLDED)
    return Encoder(state, {})


def take_over(network: Any, content: bytes, *, digest: str) -> Mapping[str, Any]:
    """Put an encoder's weights in the place of a network's first ones; returns its facts.

    network: may answer for several views; its head keeps its own first weights, whatever head the
    file brings. A first layer of three channels, learnt on colours, is added up to one: a grey
    picture is the same in all three. digest: the SHA-256 that the parameters name. Raises
    InvalidInput where the file is another, or names or shapes do not fit, naming the first.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise InvalidInput(
            f"The encoder's file is {found[:12]}…, and fit.encoder names {digest[:12]}…."
        )
    inner, encoder = getattr(network, "network", network), read_encoder(content)
    own = encoder_state(inner)
    given = _for_grey(_of_parts(encoder.state, inner.encoder_parts), own)
    for name in sorted({*own, *given}):
        ours, theirs = own.get(name), given.get(name)
        if name.endswith(_COUNTED) and theirs is None:
            continue
        if ours is None or theirs is None or ours.shape != theirs.shape:
            shapes = [None if one is None else tuple(one.shape) for one in (ours, theirs)]
            raise InvalidInput(
                f"The encoder does not fit the network: '{name}' is {shapes[0]} here and "
                f"{shapes[1]} in the file.",
                hint="Width and depth must be those of the network that the encoder was made "
                f"with. {_FOLDED}",
            )
    inner.load_state_dict({**inner.state_dict(), **given})
    return encoder.facts


def _for_grey(given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The weights, where the first layer takes three channels and ours takes one added up."""
    return {
        name: values.sum(dim=1, keepdim=True)
        if name in own and own[name].ndim == 4 and own[name].shape[1] == 1
        and values.ndim == 4 and values.shape[1] == 3 else values
        for name, values in given.items()
    }  # fmt: skip
