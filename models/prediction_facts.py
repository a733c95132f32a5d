"""What a model says of studies: one by one, and in columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.networks import UNCERTAINTY

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """What the device said about one study.

    score: probability of the finding; decision: score at or above the operating point;
    out_of_distribution: 0 to 1, higher is stranger, see FeatureReference; latency_ms: wall time
    of the whole batch, preparation included, divided by its studies. outputs: what else the task
    gives, by its field: an area, boxes, or the probability of each class by its name, likeliest
    first, or the list of :func:`models.tasks.multilabel.ranked_findings`; of an ensemble also
    ``uncertainty``, the spread between its members.
    mask: where the structure lies, bool, rows and columns of the picture; of a volume the number of
    the lesion in each voxel, slices, rows and columns; None of a task that outlines nothing.
    """

    score: float
    decision: bool
    out_of_distribution: float
    latency_ms: float
    outputs: Mapping[str, Any] = field(default_factory=dict)
    mask: NDArray[Any] | None = None
    embedding: tuple[float, ...] = ()
    """Where the features lie on the main axes of the training pictures, in their SD; see
    FeatureReference.coordinates."""
    picture: NDArray[np.float32] | None = None
    """Of a task that enhances: the picture given back, rows and columns as it came, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """Columns of one entry a study: raw outputs, probability, decision, strangeness."""

    logit: Numbers
    score: Numbers
    decision: NDArray[np.bool_]
    out_of_distribution: Numbers
    more: Mapping[str, Numbers] = field(default_factory=dict)
    """The further columns of the task, by name."""
    uncertainty: Numbers | None = None
    """The spread between the members of an ensemble."""
    embedding: Numbers = field(default_factory=lambda: np.zeros((0, 0)))
    """Places on the main axes of the training pictures, (studies, axes)."""

    @property
    def places(self) -> list[tuple[float, ...]]:
        """The embedding of each study; empty ones where there is none."""
        if not len(self.embedding):
            return [() for _ in self.score]
        return [tuple(row) for row in self.embedding.tolist()]

    @property
    def spread(self) -> list[dict[str, float]]:
        """The uncertainty of each study by its name; nothing where there is no ensemble."""
        if self.uncertainty is None:
            return [{} for _ in self.score]
        return [{UNCERTAINTY: float(one)} for one in self.uncertainty]
