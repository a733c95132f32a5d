"""Ask a version that reads volumes about series of its dataset once more: degraded, taken again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.degradations import DEGRADATIONS, degraded, degraded_mask
from imaging.retakes import retaken_volume
from imaging.sources.masks import mask_of
from journeys.read_volumes import volume_in_vault
from measures.estimate import Estimate
from models.tasks import TASKS
from models.tasks.base import Known, Outcomes, Task
from monitoring.evaluate import outcomes_of
from monitoring.repeats import Measured, repeatability_of_lesions
from monitoring.stress import stressed
from records.definition import DeviceDefinition
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor
    from models.prediction_facts import PredictionFacts

MOST_DEGRADED = 20
"""Volumes that are degraded, each in every way; a volume costs as much as fifty pictures."""
MOST_TAUGHT = 40
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """One study of the dataset: its row, its number, its voxels in HU, and what is known."""

    row: Row
    number: int
    array: NDArray[np.float32]
    spacing: tuple[float, float, float]
    truth: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class VolumeAsker:
    """A version that answers again, as :class:`journeys.ask_again.Asker` of single pictures."""

    vault: Vault
    predictor: "Predictor"
    definition: DeviceDefinition

    @property
    def task(self) -> Task:
        """The device's task."""
        return TASKS[self.definition.task.kind]

    def as_they_are(self, rows: Sequence[Row]) -> Outcomes:
        """What the version says of the first of these studies, at most :data:`MOST_TAUGHT`.

        rows: of the frozen manifest, with the truth.

        Raises:
            IntegrityBroken: A slice or an outline is missing or altered.
        """
        answers = [
            one.row | self._answer(one, one.array, one.truth)
            for one in self._series(rows[:MOST_TAUGHT])
        ]
        return outcomes_of(self.definition, answers)

    def degraded(
        self, rows: Sequence[Row], report: Callable[[str], None]
    ) -> list[Estimate]:
        """How the figures of the first of these test studies, at most :data:`MOST_DEGRADED`, fall
        at each level of each degradation of every slice, in the network's window of greys.

        rows: of :func:`journeys.release.scored_rows`.

        Raises:
            IntegrityBroken: A slice or an outline is missing or altered.
        """
        rows = rows[:MOST_DEGRADED]
        ways = [
            (kind, level)
            for kind in self.task.degraded_by for level in DEGRADATIONS[kind].levels
        ]
        said: dict[tuple[str, float], list[Row]] = {one: [] for one in ways}
        for one in self._series(rows):
            for kind, level in ways:
                said[kind, level].append(one.row | self._worse(one, kind, level))
            report(f"{one.number + 1} of {len(rows)} volumes degraded in {len(ways)} ways")
        before = outcomes_of(self.definition, rows)
        found: list[Estimate] = []
        for (kind, level), answers in said.items():
            found += stressed(
                self.task, before, outcomes_of(self.definition, answers), name=f"{kind}={level:g}",
                minimum_n=self.definition.minimum_n,
            )
        return found

    def retaken(self, rows: Sequence[Row]) -> list[Estimate]:
        """How far volumes and diameters of the same lesion lie apart with nothing changed: the
        repeatability of each test study taken twice more (:func:`imaging.retakes.retaken_volume`).

        Raises:
            IntegrityBroken: A slice is missing or altered.
        """
        pairs: list[tuple[Measured, Measured]] = []
        for one in self._series(rows):
            if one.truth.any():
                first, second = (
                    self._said(one, retaken_volume(one.array, seed=2 * one.number + take))
                    for take in (0, 1)
                )
                pairs.append((first.outputs, second.outputs))
        return repeatability_of_lesions(pairs)

    def without_facts(self, rows: Sequence[Row]) -> list[Estimate]:  # noqa: ARG002
        """Nothing: volumes are read without clinical facts."""
        return []

    def drawn_otherwise(self, rows: Sequence[Row]) -> list[Estimate]:  # noqa: ARG002
        """Nothing: no outline comes with a volume that is read."""
        return []

    def _worse(self, one: _Series, kind: str, level: float) -> Row:
        """What is said of the volume at a level of a degradation; turned to one side as a whole,
        with other noise in each slice."""
        low, high = self.predictor.preprocessing.hounsfield
        seed = [one.number if kind == "rotation" else 1000 * one.number + at
                for at in range(len(one.array))]  # fmt: skip
        greys = np.clip((one.array - low) / (high - low), 0.0, 1.0).astype(np.float32)
        array = np.stack([
            degraded(slice_, kind, level, seed=seed[at]) for at, slice_ in enumerate(greys)
        ])
        truth = np.stack([
            degraded_mask(inside, kind, level, seed=seed[at])
            for at, inside in enumerate(one.truth)
        ])
        return self._answer(one, array * np.float32(high - low) + np.float32(low), truth)

    def _answer(
        self, one: _Series, array: NDArray[np.float32], truth: NDArray[np.bool_]
    ) -> Row:
        said = self._said(one, array)
        known = Known(mask=truth, spacing=one.spacing)  # type: ignore[arg-type]
        more = self.task.answered(said, known)
        return {"score": said.score, "decision": said.decision, **more}

    def _said(self, one: _Series, array: NDArray[np.float32]) -> "PredictionFacts":
        from models.lesion_volumes import prepared_volume, said_of

        prepared = prepared_volume(self.predictor.preprocessing, array, one.spacing)
        return said_of(self.predictor, prepared)

    def _series(self, rows: Sequence[Row]) -> Iterator[_Series]:
        for number, row in enumerate(rows):
            volume = volume_in_vault(self.vault, row["slices"].split(), of=row["record"])
            content = self.vault.fetch(row["region"], of=f"the outlines of {row['record']}")
            truth = mask_of(content).reshape(volume.array.shape)
            yield _Series(row, number, volume.array, volume.spacing_mm, truth)
