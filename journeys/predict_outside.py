"""A model version asked about files that no record holds: predictions, and how good they are.

Files go the way of every arriving study (checked, de-identified, refused with a reason), in
memory and below a temporary folder: nothing is kept, and nothing is returned to care.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlmodel import select

from imaging.arriving_files import find_files
from imaging.clinical_course import ClinicalCourse
from imaging.dataset_checks.elsewhere import also_in
from imaging.dataset_checks.outcome import SHOWN
from imaging.dataset_checks.pictures import SmallPictures, small_pictures
from imaging.deidentify import Deidentifier
from imaging.examining import examine_many
from imaging.reception import Prepare, Received, Rejection
from imaging.secondary_capture import CaptureFacts, write_secondary_capture
from imaging.sources.assign import assign_missing
from imaging.sources.base import SourceRefused
from imaging.sources.capture import CapturedStudy, write_captures
from imaging.sources.masks import Mask
from imaging.sources.pictures import read_grey
from imaging.sources.rows import TableRow, TableSource
from journeys.given_beside import Beside, known_of, outlines_of
from journeys.predict_series import predict_series, refuse_volumes
from journeys.take_in_table import read_as
from journeys.watch_day import scope_of
from models.facts import Known
from models.tasks import SegmentationTask
from models.tasks.detection import marks_text
from models.tasks.segmentation import Spacing
from monitoring.evaluate import evaluate_rows
from records.dataset_rules import DatasetRules
from records.definition import DeviceDefinition
from records.errors import NotFound
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.keys import workspace_key
from records.lookup import find_record
from records.product import Device, ModelVersion
from records.store import Store
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor

BATCH = 64
_DRAWN = ("mask", "spacing", "picture", "content")  # what is compared here, and not told
Examined = Received | str
"""An image as it may be kept, or why the file is refused."""
PICTURES = frozenset({".png", ".jpg", ".jpeg"})
_ANY_DAY = date(2000, 1, 1)  # a picture has no study date, and none is looked at here


@dataclass(frozen=True)
class Asked:
    """A model version ready to answer, with what its device promises."""

    version: ModelVersion
    definition: DeviceDefinition
    predictor: "Predictor"
    deidentifier: Deidentifier
    folder: Path
    workers: int = 1


def ask_version(store: Store, named: str, *, workers: int = 1) -> Asked:
    """The version of that label, name or weights hash (or its beginning), its weights verified.

    Raises:
        NotFound: There is no such version, or the beginning of a hash means several.
        IntegrityBroken: Its files are not what was frozen.
    """
    from models.predict import Predictor

    with store.reader() as reader:
        version = _named(reader, named)
        definition = definition_of(reader.get_one(Device, version.device_id))
    folder = frozen_folder(Vault(store.workspace.vault), version)
    predictor = Predictor.load(folder, weights_hash=version.weights_hash)
    key = Deidentifier(workspace_key(store, "pseudonym"))
    return Asked(version, definition, predictor, key, folder, workers)


def _named(reader: Any, named: str) -> ModelVersion:
    if named.upper().startswith(ModelVersion.PREFIX + "-"):
        labelled: ModelVersion = find_record(reader, ModelVersion, named)
        return labelled
    every = reader.exec(select(ModelVersion)).all()
    found: list[ModelVersion] = [one for one in every if one.name == named] or [
        one for one in every if len(named) >= 8 and one.weights_hash.startswith(named.lower())
    ]
    if len(found) != 1:
        raise NotFound(
            f"{len(found) or 'No'} model version is called {named!r}.",
            hint="See 'radvigil model list': a label, a name, or 8 letters of the weights hash.",
        )
    return found[0]


def predict_files(
    asked: Asked, path: Path, *, facts: Path | None = None, outlines: Path | None = None
) -> list[dict[str, Any]]:
    """What the version says about each file of a path: DICOM, PNG or JPEG, or a folder of them.

    One entry a file, in order of its place below ``path``: prediction, or the reason of refusal; of
    a version that reads volumes one a study (:mod:`journeys.predict_series`).
    facts: of a prognosis, a CSV that names the files and says how many days before the study each
    fact was measured; without it all are missing, and each answer says so. outlines: of a version
    that reads an outlined region, a folder with a PNG mask a file, in the same place and of the
    same name; a file without one is refused.

    Raises:
        InvalidInput: There is nothing to read at the path, or the device takes in no facts or no
            outlines.
        SourceRefused: Naming the row of a fact that cannot be used, one after the study among them.
    """
    if asked.definition.volume:
        known_of(asked.definition, [], facts)  # which refuse them
        outlines_of(asked.definition, [], outlines)
        return predict_series(asked, path)
    return [
        {"file": place_below(file, path)}
        | {key: answer[key] for key in answer if key not in _DRAWN}
        for file, answer in predictions(asked, path, facts=facts, outlines=outlines)
    ]


def predictions(
    asked: Asked, path: Path, *, facts: Path | None = None, outlines: Path | None = None
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each file of a path with its answer; of a version that enhances also ``picture`` and
    ``content``, the enhanced picture and the bytes of the de-identified image that it is made of.

    facts, outlines: as for :func:`predict_files`. Raises as that does.
    """
    found = find_files(path)
    with TemporaryDirectory() as work:
        seen = examined_files(asked, found.paths, Path(work), prepare=_prepare(asked))
        names = [place_below(file, path) for file in found.paths]
        beside = Beside(
            known_of(asked.definition, names, facts), outlines_of(asked.definition, names, outlines)
        )
        yield from zip(found.paths, _answers(asked, seen, beside), strict=True)


def examined_files(
    asked: Asked, files: Sequence[Path], work: Path, *, prepare: Prepare | None = None
) -> Iterator[Examined]:
    """Each file as an arriving study is looked at, or why it is refused, in the order given.

    work: a folder for what has to be written meanwhile; the caller takes it away. prepare: what
    is to be made of each picture on the way.
    """
    ready: list[Path] = []
    wrong: dict[int, str] = {}
    for number, file in enumerate(files):
        try:
            ready.append(_as_dicom(file, number, work, asked.definition))
        except SourceRefused as refused:
            wrong[number] = str(refused)
            ready.append(file)
    for number, one in enumerate(_examined(asked, ready, prepare)):
        yield wrong.get(number, one)


def evaluate_on_table(
    asked: Asked, data: Path, *, columns: Mapping[str, Any], part: str | None = None,
    learnt: SmallPictures | None = None,
) -> dict[str, Any]:  # fmt: skip
    """How good the version is on a table of images with known truth: every measure of its task.

    part: only the rows whose split has this name. Refused images are counted by their reason and
    are not in the figures; each figure says on how many studies it rests. learnt: the pictures
    that the version learnt from; ``seen_in_training`` says how many of the table's are among them,
    equal or nearly, which flatters every figure (None where it is not known).

    Raises:
        SourceRefused: Naming file, row and column of what cannot be read, and what to do.
    """
    definition = asked.definition
    refuse_volumes(definition)
    source = read_as(data, definition.task, columns=columns)
    chosen = [row for row in source.rows if part is None or row.split == part]
    if not chosen:
        parts = sorted({str(row.split) for row in source.rows})
        raise SourceRefused(
            f"no image is in the part {part!r}", where=str(data), hint=f"There are {parts}"
        )
    sites = sorted({row.site for row in chosen if row.site is not None}) or ["outside"]
    rows: list[dict[str, Any]] = []
    refused: dict[str, int] = {}
    read: list[CapturedStudy] = []
    with TemporaryDirectory() as work:
        placed = assign_missing(chosen, 0, sites, first=_ANY_DAY, last=_ANY_DAY)
        captured = write_captures(
            source, placed, Path(work), seed=0, acquired=definition.input_requirements.pictured,
        )
        paths = [study.path for study in captured]
        courses = [ClinicalCourse.of(one.row.course) for one in captured if one.row.course]
        masks = [source.mask(one.row) for one in captured] if asked.predictor.features else []
        beside = Beside([one.values for one in courses], masks)
        answers = _answers(asked, _examined(asked, paths, _prepare(asked)), beside)
        for study, answer in zip(captured, answers, strict=True):
            if answer["outcome"] != "predicted":
                why = str(answer["reason"])
                refused[why] = refused.get(why, 0) + 1
                continue
            row = study.row
            read.append(study)
            if asked.predictor.outlines:
                answer = answer | _beside_truth(source.mask(row), answer["mask"], answer["spacing"])
            if asked.predictor.marks:
                answer = answer | {
                    "marks": marks_text(answer["marks"]), "lesions": source.boxes(row).text
                }
            if asked.predictor.enhances:
                answer = answer | _beside_full_dose(asked, source, row, study.path, answer)
            if definition.task.coexisting:
                answer = answer | {"truth_finding": row.findings}
            rows.append(answer | _followed(definition, row.course) | {
                "study": study.study_uid, "truth": row.label, "patient": row.patient,
                "sex": row.sex, "age_years": row.age, "view": row.view,
                "site": "" if "site" in row.assigned else row.site,
            })  # fmt: skip
        seen = None if learnt is None else _seen_in_training(read, learnt, definition)
    found = evaluate_rows(definition, rows, purpose="outside")
    return {
        "model_version": asked.version.label, "weights_hash": asked.version.weights_hash,
        "operating_point": asked.version.operating_point, "images": len(chosen),
        "studies": found.studies, "patients": found.patients, "refused": refused,
        "of_record": False, "seen_in_training": seen,
        "estimates": [one.to_dict() for one in found.estimates],
    }  # fmt: skip


def _prepare(asked: Asked) -> Prepare:
    return asked.predictor.preprocessing.prepared


def _seen_in_training(
    read: Sequence[CapturedStudy], learnt: SmallPictures, definition: DeviceDefinition
) -> dict[str, Any]:
    from imaging.pixels import read_file, read_pixels

    pictures = small_pictures(read_pixels(read_file(study.path)).array for study in read)
    limits = (definition.dataset_rules or DatasetRules()).near_duplicate
    seen = also_in(pictures, learnt, limits)
    files = [study.row.file for study, one in zip(read, seen, strict=True) if one]
    return {"images": len(files), "of": len(read), "files": files[:SHOWN]}


def _examined(
    asked: Asked, files: Sequence[Path], prepare: Prepare | None
) -> Iterator[Examined]:
    scope = scope_of(asked.definition)
    for one in examine_many(
        files, asked.deidentifier, scope, prepare=prepare, workers=asked.workers
    ):
        yield why_refused(one) if isinstance(one, Rejection) else one


def _followed(definition: DeviceDefinition, course: str) -> dict[str, Any]:
    """Of a prognosis, how long the study was followed; the event is its truth."""
    if not course:
        return {}
    return {
        "days": ClinicalCourse.of(course).followed_days, "horizon": definition.task.horizon_days,
    }


def _answers(
    asked: Asked, examined: Iterator[Examined], beside: Beside
) -> Iterator[dict[str, Any]]:
    at = 0
    while batch := list(islice(examined, BATCH)):
        told = [beside.of(at + place) for place in range(len(batch))]
        yield from _predicted(asked, batch, told)
        at += len(batch)


def _predicted(
    asked: Asked, batch: Sequence[Examined], told: Sequence[tuple[Known, Mask | None]]
) -> list[dict[str, Any]]:
    kept: list[tuple[Received, Any, Known, Mask | None]] = []
    reasons: list[str] = []
    for one, (known, mask) in zip(batch, told, strict=True):
        if isinstance(one, str):
            reasons.append(one)
            continue
        prepared = one.prepared or _read_again(asked, one)
        reasons.append(asked.predictor.why_unread(mask, prepared.shape))
        if not reasons[-1]:
            kept.append((one, prepared, known, mask))
    answered = asked.predictor.predict_prepared(
        [one[1] for one in kept], [one[0].header.spacing_mm for one in kept],
        [one[2] for one in kept], [one[3] for one in kept],
    )
    said = iter(zip(answered, kept, strict=True))
    return [
        {"outcome": "refused", "reason": why} if why else _one(*next(said)) for why in reasons
    ]


def _read_again(asked: Asked, received: Received) -> Any:
    """The picture as it is kept, where letters in the one that arrived were masked."""
    from imaging.pixels import parse_file, read_pixels

    return _prepare(asked)(read_pixels(parse_file(received.content)).array)


def _one(said: Any, kept: tuple[Received, Any, Known, Mask | None]) -> dict[str, Any]:
    received = kept[0]
    drawn: dict[str, Any] = {} if said.mask is None else {
        "mask": said.mask, "spacing": received.header.spacing_mm
    }
    drawn |= {} if said.picture is None else {
        "picture": said.picture, "content": received.content
    }
    outputs: dict[str, Any] = dict(said.outputs)
    return drawn | outputs | {
        "outcome": "predicted", "score": said.score, "decision": said.decision,
        "out_of_distribution": said.out_of_distribution, "latency_ms": said.latency_ms,
        "flags": [flag.check for flag in received.flags],
    } | ({"outputs": dict(said.outputs)} if said.outputs else {})


def _beside_truth(truth: Any, mask: Any, spacing: Spacing) -> dict[str, Any]:
    return SegmentationTask().compared(truth, mask, spacing)


def _beside_full_dose(
    asked: Asked, source: TableSource, row: TableRow, path: Path, answer: Mapping[str, Any]
) -> dict[str, Any]:
    from imaging.pixels import read_file, read_pixels
    from models.full_dose import compared

    full = source.clean(row).astype(np.float32) / np.float32(65535)
    return compared(
        full, read_pixels(read_file(path)).array, answer["picture"], source.boxes(row).boxes,
        asked.predictor.reader_threshold,
    )


def why_refused(rejection: Rejection) -> str:
    """Why a file is not read, in one line."""
    words = [rejection.reason.value, rejection.check, rejection.detail]
    return ": ".join(word for word in words if word)


def _as_dicom(file: Path, number: int, work: Path, definition: DeviceDefinition) -> Path:
    if file.suffix.casefold() not in PICTURES:
        return file
    array = read_grey(file, where=file.name)
    key = f"outside|{number}"
    modality, body_part = definition.input_requirements.pictured
    facts = CaptureFacts(
        key=key, study_key=key, patient_id=f"outside-{number}", site="outside",
        study_date=_ANY_DAY, modality=modality, body_part=body_part,
    )
    target = work / f"{number:06d}.dcm"
    write_secondary_capture(array, facts, target)
    return target


def place_below(file: Path, path: Path) -> str:
    """The file as it is named to whoever gave the path."""
    return file.relative_to(path).as_posix() if path.is_dir() else file.name
