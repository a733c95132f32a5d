"""What a version gives back of files that no record holds: each beside nothing else, as a file."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from imaging.pixels import parse_file
from imaging.results.enhanced_picture import make_enhanced
from imaging.results.statement import Statement, limits_of
from journeys.predict_outside import PICTURES, Asked, place_below, predictions
from records.errors import InvalidInput


def write_enhanced(
    asked: Asked, path: Path, folder: Path, *, demonstration: bool, now: datetime
) -> list[dict[str, Any]]:
    """Predict as :func:`journeys.predict_outside.predict_files`, and write each enhanced picture.

    A DICOM file becomes a derived DICOM image (``NAME-enhanced.dcm``), de-identified as the picture
    was when it was read: it belongs to the pseudonymous study and cannot be filed under a patient.
    PNG and JPEG become PNG of the same depth. Each answer gains ``enhanced``, the file's name below
    ``folder``; refused files give none.

    Raises:
        InvalidInput: The version enhances nothing, there is nothing to read at the path, or a file
            of that name is there already.
    """
    if not asked.predictor.enhances:
        raise InvalidInput(
            f"{asked.version.label} gives no picture back.",
            hint="Leave --enhanced out, or name a version of a device whose task is enhancement.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    told = []
    for file, answer in predictions(asked, path):
        name = place_below(file, path)
        shown = {key: value for key, value in answer.items() if key not in ("picture", "content")}
        if "picture" in answer:
            target = _target(folder, name, file)
            target.write_bytes(_content(asked, file, answer, demonstration, now))
            shown["enhanced"] = target.relative_to(folder).as_posix()
        told.append({"file": name} | shown)
    return told


def _target(folder: Path, name: str, file: Path) -> Path:
    suffix = ".png" if file.suffix.casefold() in PICTURES else ".dcm"
    target = folder / Path(name).with_suffix("").with_name(f"{Path(name).stem}-enhanced{suffix}")
    if target.exists():
        raise InvalidInput(
            f"There is a file {target.name} in that folder already.",
            hint="Name an empty folder: nothing is written over.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _content(
    asked: Asked, file: Path, answer: dict[str, Any], demonstration: bool, now: datetime
) -> bytes:
    source = parse_file(answer["content"])
    if file.suffix.casefold() in PICTURES:
        return _png(answer["picture"], int(source.BitsStored))
    definition, version = asked.definition, asked.version
    statement = Statement(
        trade_name=definition.trade_name, manufacturer=definition.manufacturer.name,
        finding=definition.task.finding, model=version.name, version=version.version_digest,
        operating_point=version.own_operating_point, score=answer["score"],
        decision=answer["decision"], limits=limits_of(definition), read_at=now,
        demonstration=demonstration, enhanced=True,
    )
    return make_enhanced(statement, source, answer["picture"])


def _png(picture: Any, bits: int) -> bytes:
    import io

    from PIL import Image

    levels = np.rint(np.asarray(picture, dtype=np.float64) * ((1 << bits) - 1))
    stream = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8 if bits <= 8 else np.uint16)).save(stream, format="PNG")
    return stream.getvalue()
