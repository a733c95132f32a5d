"""Ask a version about images of its dataset once more: degraded ones, without facts, and those that
it learnt from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from imaging.clinical_course import ClinicalCourse
from imaging.degradations import DEGRADATIONS, degraded, degraded_boxes, degraded_mask
from imaging.headers import study_header
from imaging.pixels import parse_file, read_pixels
from imaging.retakes import retaken
from imaging.sources.clean_pictures import clean_of
from imaging.sources.masks import mask_of
from measures.estimate import Estimate
from models.facts import fact_names
from models.measuring import measured
from models.radiomics.outline_changes import AS_DRAWN, CHANGES, changed_outline, stability_of
from models.radiomics.region_features import why_unread
from models.tasks import TASKS
from models.tasks.base import Known, Outcomes, Task
from models.tasks.two_classes import settled
from monitoring.evaluate import outcomes_of
from monitoring.repeats import Measured, repeatability_of
from monitoring.stress import followed, stressed
from monitoring.time_to_read import waiting_saved
from records.cases import FULL_DOSE, OUTLINE
from records.definition import DeviceDefinition
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor
    from models.prediction_facts import PredictionFacts

_BATCH = 64
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """One image of the dataset: its row, its number among those asked for, and what is known."""

    row: Row
    number: int
    array: NDArray[Any]
    known: Known


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """A version that answers again: its predictor, the device's definition, and its images."""

    vault: Vault
    predictor: "Predictor"
    definition: DeviceDefinition

    @property
    def task(self) -> Task:
        """The device's task."""
        return TASKS[self.definition.task.kind]

    def as_they_are(self, rows: Sequence[Row]) -> Outcomes:
        """What the version says of images; of a study with several the highest score decides.

        rows: of the frozen manifest, with the truth.

        Raises:
            IntegrityBroken: An image or an outline is missing or altered.
        """
        highest: dict[str, Row] = {}
        pictures = self._pictures(rows)
        while batch := list(islice(pictures, _BATCH)):
            for one, answer in zip(batch, self._answers(batch), strict=True):
                seen = highest.get(one.row["study_uid"])
                if seen is None or answer["score"] > seen["score"]:
                    highest[one.row["study_uid"]] = one.row | answer
        return self._outcomes(list(highest.values()))

    def degraded(
        self, rows: Sequence[Row], report: Callable[[str], None]
    ) -> list[Estimate]:
        """How the figures of these test studies fall at each level of each degradation.

        rows: of :func:`journeys.release.scored_rows`, one image a study. Of a device with a reading
        room also the waiting that it then saves.

        Raises:
            IntegrityBroken: An image or an outline is missing or altered.
        """
        ways = [
            (kind, level)
            for kind in self.task.degraded_by for level in DEGRADATIONS[kind].levels
        ]
        said: dict[tuple[str, float], list[Row]] = {one: [] for one in ways}
        pictures = self._pictures(rows)
        while batch := list(islice(pictures, _BATCH)):  # each image is decoded once
            for kind, level in ways:
                said[kind, level] += self._answers([_worse(one, kind, level) for one in batch])
            report(f"{batch[-1].number + 1} of {len(rows)} images degraded in {len(ways)} ways")
        found: list[Estimate] = []
        for (kind, level), answers in said.items():
            name = f"{kind}={level:g}"
            columns = [one for one in self.task.columns if one in answers[0]]
            before = outcomes_of(self.definition, rows, columns=columns)
            after = self._outcomes([row | one for row, one in zip(rows, answers, strict=True)])
            found += stressed(
                self.task, before, after, name=name, minimum_n=self.definition.minimum_n
            )
            found += self._waiting(after, name)
        return found

    def altered(
        self, rows: Sequence[Row], ways: Mapping[str, Callable[[Row, NDArray[Any]], NDArray[Any]]]
    ) -> dict[str, Outcomes]:
        """What the version says of test studies whose pictures were altered, by way; what is known
        of them stays.

        rows: as for :meth:`degraded`. ways: row and picture to the altered picture, of one shape.

        Raises:
            IntegrityBroken: An image or an outline is missing or altered.
        """
        said: dict[str, list[Row]] = {way: [] for way in ways}
        pictures = self._pictures(rows)
        while batch := list(islice(pictures, _BATCH)):
            for way, alter in ways.items():
                said[way] += self._answers([
                    replace(one, array=alter(one.row, one.array)) for one in batch
                ])  # fmt: skip
        return {
            way: self._outcomes([row | one for row, one in zip(rows, answers, strict=True)])
            for way, answers in said.items()
        }

    def said_of(self, rows: Sequence[Row]) -> Iterator[tuple[Row, "PredictionFacts"]]:
        """Each row with all that the version says of its picture, outline among it.

        Raises:
            IntegrityBroken: An image is missing or altered.
        """
        pictures = self._pictures(rows)
        while batch := list(islice(pictures, _BATCH)):
            for one, said in zip(batch, self._said(batch), strict=True):
                yield one.row, said

    def retaken(self, rows: Sequence[Row]) -> list[Estimate]:
        """How far sizes of the same patient lie apart with nothing changed: the repeatability of
        each test study taken twice more (:mod:`imaging.retakes`). Nothing of a task that measures
        nothing.

        rows: as for :meth:`degraded`.

        Raises:
            IntegrityBroken: An image is missing or altered.
        """
        if "area" not in {one.name for one in self.task.fields}:
            return []
        pairs: list[tuple[Measured, Measured]] = []
        pictures = self._pictures(rows)
        while batch := list(islice(pictures, _BATCH)):
            first, second = (
                self.predictor.predict(
                    [retaken(one.array, seed=2 * one.number + take) for one in batch],
                    [one.known.spacing for one in batch],
                )
                for take in (0, 1)
            )
            pairs += [(one.outputs, two.outputs) for one, two in zip(first, second, strict=True)]
        return repeatability_of(pairs)

    def without_facts(self, rows: Sequence[Row]) -> list[Estimate]:
        """How the figures fall when clinical facts are missing: as recorded, without each of them,
        and without all. Nothing of a version that takes in none.

        rows: as for :meth:`degraded`.

        Raises:
            IntegrityBroken: An image is missing or altered.
        """
        names = fact_names(self.predictor.fact_columns)
        if not names:
            return []
        ways = {"facts as recorded": frozenset[str]()} | {
            f"without {name.replace('_', ' ')}": frozenset((name,)) for name in names
        } | {"without any fact": frozenset(names)}  # fmt: skip
        said: dict[str, list[Row]] = {way: [] for way in ways}
        pictures = self._pictures(rows)
        while batch := list(islice(pictures, _BATCH)):
            for way, gone in ways.items():
                said[way] += self._answers([_blind(one, gone) for one in batch])
        told = {
            way: self._outcomes([row | one for row, one in zip(rows, answers, strict=True)])
            for way, answers in said.items()
        }
        minimum = self.definition.minimum_n
        whole, *others = told
        found = followed(self.task, told[whole], name=whole, minimum_n=minimum)
        for way in others:
            found += stressed(self.task, told[whole], told[way], name=way, minimum_n=minimum)
        return found

    def _states(self, row: Mapping[str, Any]) -> tuple[int, ...]:
        """Of findings that may be present together which are; none of another task."""
        task = self.definition.task
        if not task.coexisting:
            return ()
        return task.states(row["findings"], of=str(row["study_uid"]))

    def drawn_otherwise(self, rows: Sequence[Row]) -> list[Estimate]:
        """How the figures fall when the outline that comes with each picture is grown, shrunk or
        moved, and of each feature of the model the ICC(A,1) between these outlines. Nothing of a
        version that reads no outline.

        rows: as for :meth:`degraded`. A picture whose changed outline is too small to be read does
        not count.

        Raises:
            IntegrityBroken: An image or an outline is missing or altered.
        """
        rules, features = self.definition.task.radiomics, self.predictor.features
        if rules is None or features is None:
            return []
        ways = (AS_DRAWN, *CHANGES)
        said: dict[str, list[Row]] = {way: [] for way in ways}
        values: dict[str, list[NDArray[np.float64]]] = {way: [] for way in ways}
        counted: list[Row] = []
        for one in self._pictures(rows):
            outlines = [_redrawn(one.known.mask, way, rules.outline_change) for way in ways]
            if any(why_unread(mask, one.array.shape, rules) for mask in outlines):
                continue
            prepared = [self.predictor.preprocessing.prepared(one.array)] * len(ways)
            apart = [one.known.spacing] * len(ways)
            counted.append(one.row)
            for way, answer in zip(
                ways, measured(self.predictor, prepared, apart, outlines), strict=True
            ):
                said[way].append({"score": answer.score, "decision": answer.decision})
                values[way].append(answer.values)
        told = {
            way: self._outcomes([row | one for row, one in zip(counted, answers, strict=True)])
            for way, answers in said.items()
        }
        minimum, first = self.definition.minimum_n, f"outline {AS_DRAWN}"
        found = followed(self.task, told[AS_DRAWN], name=first, minimum_n=minimum)
        for way in CHANGES:
            found += stressed(
                self.task, told[AS_DRAWN], told[way], name=f"outline {way}", minimum_n=minimum
            )
        return found + [
            one.icc.for_subgroup(f"feature={one.key}")
            for one in stability_of(
                features.keys, [features.table(values[way]) for way in ways],
                least_icc=rules.least_icc,
            )
        ]

    def _waiting(self, outcomes: Outcomes, name: str) -> list[Estimate]:
        known = outcomes.where(settled(outcomes))
        if self.definition.worklist is None or len(known) < self.definition.minimum_n:
            return []
        present, moved_up = (
            [bool(one) for one in column] for column in (known.truth > 0, known.decision)
        )
        saved = waiting_saved(self.definition.worklist, present, moved_up)
        return [one.for_subgroup(name) for one in saved]

    def _outcomes(self, rows: Sequence[Row]) -> Outcomes:
        columns = [one for one in self.task.columns if rows and one in rows[0]]
        return outcomes_of(self.definition, rows, columns=columns)

    def _answers(self, pictures: Sequence[_Picture]) -> list[Row]:
        """What is said of pictures, by the names under which rows hold it."""
        return [
            self._answer(said, replace(one.known, came=one.array))
            for said, one in zip(self._said(pictures), pictures, strict=True)
        ]

    def _said(self, pictures: Sequence[_Picture]) -> "Sequence[PredictionFacts]":
        return self.predictor.predict(
            [one.array for one in pictures], [one.known.spacing for one in pictures],
            [one.known.course.values if one.known.course else {} for one in pictures],
            [one.known.mask for one in pictures],
        )

    def _answer(self, said: "PredictionFacts", known: Known) -> Row:
        more = self.task.answered(said, known)
        return {"score": said.score, "decision": said.decision, **more}

    def _pictures(self, rows: Sequence[Row]) -> Iterator[_Picture]:
        for number, row in enumerate(rows):
            file = parse_file(self.vault.fetch(row["digest"], of=f"image {row['record']}"))
            yield _Picture(row, number, read_pixels(file).array, self._known(row, file))

    def _known(self, row: Mapping[str, Any], file: Any) -> Known:
        spacing, forms = study_header(file).spacing_mm, self.task.truth_forms
        outlined = OUTLINE in forms or self.task.reads_outline
        region = (
            self.vault.fetch(row["region"], of=f"the truth of {row['record']}")
            if row.get("region") else None
        )
        return Known(
            classes=self.definition.task.classes,
            lesions=BoxedPicture.of(row["lesions"]) if row.get("lesions") else None,
            mask=mask_of(region) if region and outlined else None,
            full_dose=clean_of(region) if region and FULL_DOSE in forms else None,
            reader_threshold=self.predictor.reader_threshold if FULL_DOSE in forms else None,
            spacing=(spacing[0], spacing[1]) if spacing else None,
            course=ClinicalCourse.of(row["course"]) if row.get("course") else None,
            horizon=self.definition.task.horizon_days,
            states=self._states(row),
        )


def _blind(one: _Picture, gone: frozenset[str]) -> _Picture:
    """The picture as if these facts had never been known of its patient."""
    course = one.known.course
    if course is None:
        return one
    left = {name: fact for name, fact in course.facts.items() if name not in gone}
    return replace(one, known=replace(one.known, course=replace(course, facts=left)))


def _redrawn(mask: NDArray[np.bool_] | None, way: str, share: float) -> NDArray[np.bool_] | None:
    return mask if mask is None or way == AS_DRAWN else changed_outline(mask, way, share)


def _worse(one: _Picture, kind: str, level: float) -> _Picture:
    """The picture at a level of a degradation, and where lesions and outline then lie."""
    known, seed = one.known, one.number
    moved = replace(
        known,
        lesions=known.lesions and degraded_boxes(known.lesions, kind, level, seed=seed),
        mask=None if known.mask is None else degraded_mask(known.mask, kind, level, seed=seed),
    )
    return replace(one, array=degraded(one.array, kind, level, seed=seed), known=moved)
