"""Where in files that no record holds a model version saw its reasons; once that was checked.

A map is drawn only by a method whose maps were found to hang on the weights of this very version
(:mod:`models.explain_checks`). The check is kept in the workspace's folder ``explanations``: no
record, it can be made anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from imaging.arriving_files import find_files
from imaging.pixels import parse_file, read_pixels
from imaging.reception import Received
from imaging.results.make import make_results
from imaging.results.naming import ResultKind
from imaging.results.statement import Statement, limits_of
from journeys.predict_outside import Asked, examined_files, place_below
from measures.attribution import shown
from models.artefacts import read_json, write_json
from models.explain import GRAD_CAM, INTEGRATED_GRADIENTS, METHODS, explain
from models.explain_checks import FEWEST, TRUSTWORTHY, check_sanity
from models.predict import trained_engine
from records.clock import is_demonstration
from records.errors import InvalidInput, Refused
from records.store import Store

MOST_CHECKED: Final = 100
"""Pictures of a check: more settle nothing further, and each is explained six times."""
_NAMES: Final = {GRAD_CAM: "Grad-CAM", INTEGRATED_GRADIENTS: "Integrated gradients"}
_LIMIT: Final = "Shows what raised the output, not where a disease is."


@dataclass(frozen=True)
class Drawing:
    """What is drawn: of which network (size: side of its pictures), by which method, how that was
    checked, when, and whether it is a demonstration."""

    network: Any
    size: int
    method: str
    check: dict[str, Any]
    at: datetime
    demonstration: bool


def check_method(
    store: Store, asked: Asked, path: Path, *, method: str, seed: int, at: datetime
) -> dict[str, Any]:
    """Whether the method's maps hang on this version's weights, over files of a path; kept.

    seed: of the weights drawn anew, of the intervals, and of which files are taken of more than
    MOST_CHECKED.

    Raises:
        InvalidInput: The method is unknown, or no file can be read.
        Refused: The version was trained elsewhere.
    """
    _require_known(method)
    network, size = _network(asked)
    files = find_files(path).paths
    drawn = np.random.default_rng(seed).permutation(len(files))[:MOST_CHECKED]
    with TemporaryDirectory() as work:
        chosen = [files[place] for place in sorted(drawn)]
        seen = list(examined_files(asked, chosen, Path(work)))
    kept = [one for one in seen if isinstance(one, Received)]
    if not kept:
        raise InvalidInput(
            f"None of {len(seen)} files can be read.", hint="'radvigil model predict' says why."
        )
    found = check_sanity(
        network, _pictures(kept), patients=_patients(kept), size=size, method=method, seed=seed
    )
    content = {
        "model_version": asked.version.label, "weights_hash": asked.version.weights_hash,
        "method": method, "verdict": found.verdict, "seed": seed, "made_at": at.isoformat(),
        "pictures": len(kept), "refused": len(seen) - len(kept),
        "steps": [
            {
                "layers": list(one.layers), "rank": one.rank.to_dict(),
                "similarity": one.similarity.to_dict(),
            }
            for one in found.steps
        ],
    }  # fmt: skip
    place = _place_of_check(store, asked, method)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    write_json(place, content)
    return content


def kept_check(store: Store, asked: Asked, method: str) -> dict[str, Any]:
    """The kept check that lets the method be used for this version.

    Raises:
        InvalidInput: The method is unknown.
        Refused: No check was made, or its verdict is not 'trustworthy'.
    """
    _require_known(method)
    place = _place_of_check(store, asked, method)
    label = asked.version.label
    if not place.is_file():
        raise Refused(
            f"Whether maps by {method} hang on the weights of {label} was never checked.",
            hint=f"Run 'radvigil model explain-check' on {FEWEST} pictures or more.",
        )
    found = read_json(place)
    if found.get("verdict") != TRUSTWORTHY:
        raise Refused(
            f"Maps by {method} are {found.get('verdict')!r} for {label}: none is drawn.",
            hint="Use the other method, or check again on more pictures.",
        )
    return found


def explain_files(
    store: Store, asked: Asked, path: Path, out: Path, *, method: str, at: datetime
) -> list[dict[str, Any]]:
    """Write a heat map of each readable file to ``out``; an entry a file, in order.

    A map is a DICOM secondary capture under the picture's pseudonyms, named ``map-00001.dcm`` by
    the file's number, never after the file, whose name may name a patient.

    Raises:
        Refused: The method was not found trustworthy for this version, or it was trained elsewhere.
        InvalidInput: ``out`` holds files already, or the method is unknown.
    """
    network, size = _network(asked)
    check = kept_check(store, asked, method)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InvalidInput(f"{out} is no empty folder.", hint="Name a new one with --out.")
    with store.reader() as reader:
        drawing = Drawing(network, size, method, check, at, is_demonstration(reader))
    files = find_files(path).paths
    out.mkdir(parents=True, exist_ok=True)
    answers = []
    with TemporaryDirectory() as work:
        for number, one in enumerate(examined_files(asked, files, Path(work)), start=1):
            answer = (
                _drawn(asked, one, drawing, out / f"map-{number:05d}.dcm")
                if isinstance(one, Received) else {"outcome": "refused", "reason": one}
            )
            answers.append({"file": place_below(files[number - 1], path), **answer})
    return answers


def _drawn(asked: Asked, received: Received, drawing: Drawing, target: Path) -> dict[str, Any]:
    source = parse_file(received.content)
    picture = read_pixels(source).array
    (said,) = asked.predictor.predict([picture])
    (found,) = explain(drawing.network, [picture], size=drawing.size, method=drawing.method)
    answer = {"score": said.score, "decision": said.decision}
    heat = shown(found.values)
    if heat is None or found.reason:
        return {**answer, "outcome": "no map", "reason": found.reason}
    made = make_results(
        replace(_statement(asked, drawing), score=said.score, decision=said.decision), [source],
        maps={str(source.SOPInstanceUID): heat},
    )  # fmt: skip
    (content,) = [one.content for one in made if one.kind is ResultKind.HEAT_MAP]
    target.write_bytes(content)
    return {**answer, "outcome": "drawn", "map": target.name}


def _statement(asked: Asked, drawing: Drawing) -> Statement:
    version, definition = asked.version, asked.definition
    rank = drawing.check["steps"][-1]["rank"]
    lines = [
        f"{_NAMES[drawing.method]}. {_LIMIT}",
        f"Checked: rank correlation with random weights at most {rank['high']:.2f} "
        f"(n = {rank['n']}).",
    ]
    if version.status != "released":
        lines.append(f"This version is '{version.status}', not released: not for care.")
    return Statement(
        trade_name=definition.trade_name, manufacturer=definition.manufacturer.name,
        finding=definition.task.finding, model=version.name, version=version.version_digest,
        operating_point=version.own_operating_point, score=0.0, decision=False,
        limits=limits_of(definition),
        read_at=drawing.at, demonstration=drawing.demonstration, explained=tuple(lines),
    )  # fmt: skip


def _require_known(method: str) -> None:
    if method not in METHODS:
        raise InvalidInput(
            f"{method!r} is no method of explaining.", hint=f"There are {', '.join(METHODS)}."
        )


def _place_of_check(store: Store, asked: Asked, method: str) -> Path:
    name = f"{asked.version.weights_hash}.{method}.json"
    return store.workspace.home / "explanations" / name


def _network(asked: Asked) -> tuple[Any, int]:
    """The network as it was trained, which alone has gradients, and the side of its pictures."""
    params = asked.predictor.params
    if params is None:
        raise Refused(
            f"{asked.version.label} was trained elsewhere: its file gives no gradients.",
            hint="Only versions that were trained here can be explained.",
        )
    if asked.predictor.outlines or asked.predictor.marks:
        raise Refused(
            f"{asked.version.label} says itself where it sees what it names.",
            hint="Maps explain versions that answer with a number for the whole picture.",
        )
    if asked.predictor.enhances:
        raise Refused(
            f"{asked.version.label} names nothing that a map could explain: it enhances.",
            hint="Maps explain versions that answer with a number for the whole picture.",
        )
    if asked.predictor.classes:
        raise Refused(
            f"{asked.version.label} tells {', '.join(asked.predictor.classes[1:])}, and a map "
            "is of one output: it would be shown for all of them.",
            hint="Maps explain versions that tell one finding.",
        )
    if asked.predictor.features is not None:
        raise Refused(
            f"{asked.version.label} answers from measured features, not from pixels.",
            hint="The validation report names each feature with its weight.",
        )
    if asked.predictor.fact_columns:
        raise Refused(
            f"{asked.version.label} answers from clinical facts too, and a map would show the "
            "picture's part as if it were the whole.",
        )
    return trained_engine(asked.folder, asked.predictor).network, params.decode.input_size


def _pictures(received: Sequence[Received]) -> list[Any]:
    return [read_pixels(parse_file(one.content)).array for one in received]


def _patients(received: Sequence[Received]) -> list[str]:
    return [one.header.patient_id for one in received]
