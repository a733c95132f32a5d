"""A version that reads volumes, asked about series that no record holds: an answer a study.

As of single pictures (:mod:`journeys.predict_outside`) each file goes the way of an arriving one,
in memory; of each study the device's rules choose the series, and nothing is kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.arriving_files import find_files
from imaging.examining import examine_many
from imaging.pixels import PixelsRefused, parse_file
from imaging.reception import Received
from imaging.series import ImageFacts, image_facts, series_of
from imaging.series_choice import choose_series
from imaging.volumes import VolumeRefused, assemble_volume
from journeys.watch_day import scope_of
from records.definition import DeviceDefinition
from records.errors import Refused

if TYPE_CHECKING:
    from journeys.predict_outside import Asked


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    """The files of a path: those that may be kept, where each lay, and why others are refused."""

    contents: list[bytes]
    places: list[str]
    facts: list[ImageFacts]
    refused: list[dict[str, Any]]


def predict_series(asked: "Asked", path: Path) -> list[dict[str, Any]]:
    """What the version says of each study below a path, and of each file that is refused why.

    One entry a study: ``file`` is the folder of its slices, ``series`` and ``slices`` what was
    read; or the reason why no series of it is read.

    Raises:
        InvalidInput: There is nothing to read at the path.
    """
    arrived = _arrived(asked, path)
    openers = [partial(parse_file, one) for one in arrived.contents]
    series = series_of(arrived.facts, openers)
    assert asked.definition.volume is not None
    answers: list[dict[str, Any]] = []
    for study in dict.fromkeys(one.study_uid for one in arrived.facts):
        own = [one for one in series if one.study_uid == study]
        choice = choose_series(own, asked.definition.volume)
        place = arrived.places[own[0].images[0].source]
        if not choice.slices:
            answers.append({"file": place, "outcome": "refused", "reason": choice.reason})
            continue
        chosen = next(one.series for one in choice.findings if one.chosen)
        answers.append(
            {"file": arrived.places[choice.slices[0]], "series": chosen.number,
             "slices": len(choice.slices)}
            | _answer(asked, [openers[at] for at in choice.slices])
        )  # fmt: skip
    return answers + arrived.refused


def refuse_volumes(definition: DeviceDefinition) -> None:
    """A table lists pictures.

    Raises:
        Refused: The device reads volumes.
    """
    if definition.volume:
        raise Refused(
            f"{definition.name} reads volumes, and a table lists single pictures.",
            hint="Take the series in with 'radvigil study ingest', their outlines with 'radvigil "
            "study truth', and freeze a dataset.",
        )


def _answer(asked: "Asked", openers: Sequence[Any]) -> dict[str, Any]:
    from models.lesion_volumes import prepared_volume, said_of

    try:
        volume = assemble_volume(openers)
    except (PixelsRefused, VolumeRefused) as refused:
        return {"outcome": "refused", "reason": str(refused)}
    prepared = prepared_volume(asked.predictor.preprocessing, volume.array, volume.spacing_mm)
    del volume  # a large series is a gigabyte
    said = said_of(asked.predictor, prepared)
    outputs = dict(said.outputs)
    return outputs | {
        "outcome": "predicted", "score": said.score, "decision": said.decision,
        "out_of_distribution": said.out_of_distribution, "latency_ms": said.latency_ms,
        "outputs": outputs,
    }


def _arrived(asked: "Asked", path: Path) -> _Arrived:
    """Every file looked at as on its arrival; of an image that is there twice the first."""
    from journeys.predict_outside import place_below, why_refused

    paths = find_files(path).paths
    found, seen = _Arrived([], [], [], []), set()
    for file, one in zip(paths, _examined(asked, paths), strict=True):
        if not isinstance(one, Received):
            found.refused.append({
                "file": place_below(file, path), "outcome": "refused", "reason": why_refused(one),
            })  # fmt: skip
        elif one.header.instance_uid not in seen:
            seen.add(one.header.instance_uid)
            found.facts.append(image_facts(len(found.contents), parse_file(one.content)))
            found.contents.append(one.content)
            found.places.append(place_below(file.parent, path) if path.is_dir() else file.name)
    return found


def _examined(asked: "Asked", paths: Sequence[Path]) -> Iterator[Any]:
    return iter(examine_many(
        paths, asked.deidentifier, scope_of(asked.definition), workers=asked.workers
    ))  # fmt: skip
