"""How unlike the training pictures a radiograph is, on a scale that has a meaning."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.artefacts import replaced
from records.errors import NotFound

Numbers = NDArray[np.float64]

MOST_COORDINATES = 16
"""Main axes of the features that are kept with a prediction."""
_SHRINKAGE = 0.1  # towards equal spread: few hundred pictures, some sixty features


@dataclass(frozen=True, slots=True, eq=False)
class FeatureReference:
    """Where the training pictures lie among the network's features, and how far off the tuning
    pictures are from there.

    centre: (features,); whitening: (features, features); distances: (tuning studies,), ascending.
    """

    centre: Numbers
    whitening: Numbers
    distances: Numbers

    def out_of_distribution(self, features: Numbers) -> Numbers:
        """Share of familiar studies that are closer to the training pictures than this one.

        Mahalanobis distance of the last features (Lee et al., NeurIPS 2018), ranked among the
        tuning studies, which the network did not learn from: 1 - (1 + farther ones) / (1 + n).
        For studies like the tuning ones every value from 0 to 1 is equally likely; 0.99 and above
        is to be expected once in a hundred. Higher is stranger; it never reaches 1.

        features: (studies, features). Returns (studies,).
        """
        farther = self.distances.size - np.searchsorted(
            self.distances, self._distance(features), side="left"
        )
        return np.asarray(1.0 - (1.0 + farther) / (1.0 + self.distances.size), dtype=np.float64)

    def coordinates(self, features: Numbers) -> Numbers:
        """Where each study lies on the main axes of the training pictures, in their SD: what the
        network saw in it, in at most 16 numbers.

        The principal components of the features with the largest spread first, fitted on the
        training studies; two decimals. features: (studies, features). Returns (studies, axes).

        >>> rng = np.random.default_rng(1)
        >>> wide = rng.normal(size=(400, 3)) * np.array([1.0, 9.0, 1.0])
        >>> reference = learn_reference(wide, wide[:9])
        >>> abs(reference.coordinates(np.array([[0.0, 18.0, 0.0]]))[0]).round().tolist()[0]
        2.0
        """
        axes = self.whitening[:, ::-1][:, :MOST_COORDINATES]
        found: Numbers = (features - self.centre) @ axes
        return np.round(found, 2) + 0.0  # no negative zero

    def _distance(self, features: Numbers) -> Numbers:
        # Rounded: batches of other sizes differ in the last bits, which must not change a rank.
        whitened: Numbers = (features - self.centre) @ self.whitening
        squared: Numbers = np.square(whitened).sum(axis=1)
        return np.round(np.sqrt(squared), 4).astype(np.float64)

    def save(self, path: Path) -> None:
        """Write the reference; the same reference gives the same bytes."""
        with replaced(path) as part, part.open("wb") as file:
            np.savez(file, centre=self.centre, whitening=self.whitening, distances=self.distances)

    @classmethod
    def load(cls, path: Path) -> "FeatureReference":
        """The reference written by :meth:`save`. Raises NotFound without the file."""
        if not path.is_file():
            raise NotFound(f"There is no {path.name} in {path.parent.name}.")
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["centre"], stored["whitening"], stored["distances"])


def learn_reference(training: Numbers, tuning: Numbers) -> FeatureReference:
    """The reference from the features of training studies and, held out, of tuning studies.

    training, tuning: (studies, features); raises ValueError when either is empty.

    >>> rng = np.random.default_rng(1)
    >>> reference = learn_reference(rng.normal(size=(400, 3)), rng.normal(size=(99, 3)))
    >>> reference.out_of_distribution(np.array([[9.0, 9.0, 9.0]])).tolist()
    [0.99]
    """
    if len(training) < 2 or len(tuning) < 1:
        raise ValueError("the reference needs training and tuning studies")
    centre = training.mean(axis=0)
    spread = np.atleast_2d(np.cov(training, rowvar=False))
    even = np.trace(spread) / len(spread) + 1e-12
    kept = (1 - _SHRINKAGE) * spread + _SHRINKAGE * even * np.eye(len(spread))
    values, vectors = np.linalg.eigh(kept)
    whitening = vectors / np.sqrt(values)
    unsorted = FeatureReference(centre, whitening, np.empty(0))
    return FeatureReference(centre, whitening, np.sort(unsorted._distance(tuning)))
