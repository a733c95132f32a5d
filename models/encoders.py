"""An encoder: the part of a network that turns a picture into features, learnt elsewhere.

Kept as one safetensors file, which holds named arrays and words and no code. Who made it, from
what and under which licence stands in it: software of unknown provenance is nothing to build on
(IEC 62304, 8.1.2).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from records.errors import InvalidInput

ENCODER: Final = "encoder.safetensors"
"""The file in a training folder; empty where the network learns from its first weights."""
PARTS: Final = ("stem", "stem_norm", "blocks")
"""The parts of a residual network (:mod:`models.networks.residual`) before its head."""
STATED: Final = ("name", "version", "source", "licence", "method")
"""What must be known of an encoder that was made elsewhere."""
_FACTS: Final = "radvigil"


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """The weights by name, and what is known of them."""

    state: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Any]


def encoder_state(network: Any) -> dict[str, Any]:
    """The weights of a network's encoder, by their names in it.

    Raises InvalidInput for a network that has no such parts.
    """
    state = {
        name: values for name, values in network.state_dict().items()
        if name.split(".")[0] in PARTS
    }  # fmt: skip
    if {name.split(".")[0] for name in state} != set(PARTS):
        raise InvalidInput(
            f"This network has no encoder of its own ({', '.join(PARTS)}).",
            hint="Encoders are taken over by the network 'residual'.",
        )
    return state


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


def take_over(network: Any, content: bytes, *, digest: str) -> Mapping[str, Any]:
    """Put an encoder's weights in the place of a network's first ones; returns its facts.

    network: may answer for several views; its head keeps its own first weights. digest: the
    SHA-256 that the parameters name. Raises InvalidInput where the file is another, or names or
    shapes do not fit, naming the first that does not.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise InvalidInput(
            f"The encoder's file is {found[:12]}…, and fit.encoder names {digest[:12]}…."
        )
    inner, encoder = getattr(network, "network", network), read_encoder(content)
    own = encoder_state(inner)
    for name in sorted({*own, *encoder.state}):
        ours, theirs = own.get(name), encoder.state.get(name)
        if ours is None or theirs is None or ours.shape != theirs.shape:
            shapes = [None if one is None else tuple(one.shape) for one in (ours, theirs)]
            raise InvalidInput(
                f"The encoder does not fit the network: '{name}' is {shapes[0]} here and "
                f"{shapes[1]} in the file.",
                hint="Width and depth must be those of the network that the encoder was made with.",
            )
    inner.load_state_dict({**inner.state_dict(), **encoder.state})
    return encoder.facts
