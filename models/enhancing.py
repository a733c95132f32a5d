"""What a model that enhances gives back: a picture for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.tasks import EnhancementTask

if TYPE_CHECKING:
    from models.predict import Predictor

TASK = EnhancementTask()
Grey = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Enhanced:
    """One picture as it was given back, (rows, columns) as it came, and what goes with it.

    noise: what was taken away, before grey values were held to their range.
    """

    picture: NDArray[np.float32]
    noise: NDArray[np.float64]
    score: float
    decision: bool
    out_of_distribution: float
    embedding: tuple[float, ...] = ()

    @property
    def outputs(self) -> dict[str, Any]:
        """What the task gives beside score and decision, by its field."""
        return {"largest_change": float(np.abs(self.noise).max())}


def enhanced(predictor: "Predictor", pictures: Sequence[Grey]) -> Iterator[Enhanced]:
    """Each picture enhanced, in order: float32 from 0 to 1, any size, bone bright."""
    for one in pictures:
        found = predictor.outputs(np.asarray(one, dtype=np.float32)[None])
        whole = np.clip(np.asarray(one, dtype=np.float64) - found.logit[0], 0.0, 1.0)
        yield Enhanced(
            whole.astype(np.float32), found.logit[0], float(found.score[0]),
            bool(found.decision[0]), float(found.out_of_distribution[0]),
            found.places[0],
        )
