"""Between fit and calibration: the network leaves torch as ONNX, the form in which it serves."""

import hashlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.arithmetic import repeatable, to_tensor
from models.artefacts import TRAINING, read_json, replaced
from models.engine import FACTS, ONNX, OWN_OUTPUT, PICTURES, WEIGHTS_HASH
from models.networks import UNCERTAINTY, build_network
from models.params import Params
from models.tasks import EnhancementTask
from models.weights import load_weights


def export_model(model: Path, *, params: Params) -> str:
    """Write ``model.onnx`` from ``weights.pt``; returns the file's SHA-256.

    Outputs ``logit`` (n,) and ``features`` (n, channels) of ``pictures`` (n, 1, side, side), of
    slices a channel more for each neighbour; n is free, and the sides too of a network that gives a
    picture back, and of a network that takes them of ``facts`` (n, columns); of an ensemble or
    several views, which are one graph too, also
    ``uncertainty`` (n,). The same weights give the same bytes: what torch notes about source lines
    is left out.

    Raises WeightsAltered when the weights are not those that the fit stage named.
    """
    import numpy as np
    import torch

    name = str(read_json(model / TRAINING)["weights_hash"])
    columns = len(params.task.facts)
    network = build_network(params.fit, params.task.outputs, columns)
    network.load_state_dict(load_weights(model, name))
    network.eval()
    side = params.decode.input_size
    channels = 1 + 2 * params.fit.context
    shape = (2, side, side) if channels == 1 else (2, channels, side, side)
    given = {PICTURES: to_tensor(np.zeros(shape, dtype=np.uint8))}
    if columns:
        given[FACTS] = torch.zeros(2, columns)
    sides = (2, 3) if params.task.kind == EnhancementTask.name else ()
    free = dict.fromkeys((0, *sides), torch.export.Dim.DYNAMIC)
    with repeatable(threads=1), _quietly():
        program = torch.onnx.export(
            network, tuple(given.values()), dynamo=True, external_data=False, verbose=False,
            dynamic_shapes=(free,) * len(given), input_names=list(given),
            output_names=[OWN_OUTPUT.name, OWN_OUTPUT.features, *_more(params)],
        )
    assert program is not None
    content = _bytes_of(program.model_proto, name)
    with replaced(model / ONNX) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _more(params: Params) -> tuple[str, ...]:
    return (UNCERTAINTY,) if params.fit.tells_uncertainty else ()


def _bytes_of(proto: Any, weights_hash: str) -> bytes:
    """The model without the exporter's notes (which name folders of this machine)."""
    del proto.metadata_props[:], proto.graph.metadata_props[:]
    proto.doc_string = proto.graph.doc_string = ""
    for one in [*proto.graph.node, *proto.graph.initializer, *proto.graph.value_info,
                *proto.graph.input, *proto.graph.output]:  # fmt: skip
        del one.metadata_props[:]
        one.doc_string = ""
    note = proto.metadata_props.add()
    note.key, note.value = WEIGHTS_HASH, weights_hash
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


@contextmanager
def _quietly() -> Iterator[None]:
    """The exporter tells which libraries it misses and what torch will change; nobody can act."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
