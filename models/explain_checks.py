"""Whether a map depends on what the network learned (Adebayo et al., NeurIPS 2018).

The weights are drawn anew from the output down, layer by layer, until none is left that was
learned. A map that stays as it was shows the picture's edges, not the network's reasons.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.attribution import rank_correlation, shown
from measures.clusters import Resampling
from measures.enhancement import structural_similarity
from measures.estimate import Estimate
from measures.study_means import LEFT_OUT, mean_over_studies
from models.arithmetic import PREDICTING_THREADS, repeatable
from models.explain import Attribution, explain

MOST_ALIKE: Final = 0.5
"""A map may keep this rank correlation at most, upper limit, when no learned weight is left."""
FEWEST: Final = 20
"""Pictures that must have a map both before and after: fewer settle nothing."""
TRUSTWORTHY: Final = "trustworthy"
NOT_TRUSTWORTHY: Final = "not trustworthy"
NOT_ESTIMABLE: Final = "not estimable"


@dataclass(frozen=True, slots=True)
class Randomised:
    """Maps before and after the named layers were drawn anew: their mean likeness, over pictures.

    rank: Spearman's correlation; similarity: SSIM; both of the maps as shown to a reader.
    """

    layers: tuple[str, ...]
    rank: Estimate
    similarity: Estimate


@dataclass(frozen=True, slots=True)
class SanityCheck:
    """The cascade of one method, from the output down; its last step is full randomisation."""

    method: str
    steps: tuple[Randomised, ...]

    @property
    def verdict(self) -> str:
        """By the declared rule: the upper limit at full randomisation is below MOST_ALIKE.

        A rank correlation below zero is a changed map too. Fewer than FEWEST pictures with a map,
        or nothing estimable, is never trust.
        """
        rank = self.steps[-1].rank
        if rank.high is None or rank.n < FEWEST:
            return NOT_ESTIMABLE
        high = rank.high
        return TRUSTWORTHY if high < MOST_ALIKE else NOT_TRUSTWORTHY


def layers_of(network: Any) -> list[str]:
    """Parts of the network that hold weights, from the output to the input.

    Children in the order in which they were declared, blocks one by one; a norm goes with its
    layer.
    """
    names: list[str] = []
    for name, part in network.named_children():
        inner = part.named_children() if type(part).__name__ == "Sequential" else ()
        found = [f"{name}.{one}" for one, _ in inner] or [name]
        names += [one for one in found if list(network.get_submodule(one).parameters())]
    return [one for one in reversed(names) if not one.endswith("_norm")]


def randomised(network: Any, layers: Sequence[str], *, seed: int) -> Any:
    """A copy whose named layers, with their norms, are as before any training."""
    changed = deepcopy(network)
    present = dict(changed.named_modules())
    with repeatable(threads=PREDICTING_THREADS, seed=seed):
        for name in layers:
            for part in (present[name], present.get(f"{name}_norm")):
                for one in part.modules() if part is not None else ():
                    if hasattr(one, "reset_parameters"):
                        one.reset_parameters()
    return changed.eval()


def check_sanity(
    network: Any, pictures: Sequence[NDArray[Any]], *, patients: ArrayLike, size: int,
    method: str, seed: int, target: int = 0,
) -> SanityCheck:  # fmt: skip
    """How alike the maps stay as more and more weights are drawn anew.

    pictures: as for explain, one or more; patients: whose they are, shape (pictures,); seed: of
    the new weights and of the intervals.
    """
    order = layers_of(network)
    before = explain(network, pictures, size=size, method=method, target=target)
    steps = []
    for depth in range(1, len(order) + 1):
        other = randomised(network, order[:depth], seed=seed)
        after = explain(other, pictures, size=size, method=method, target=target)
        steps.append(_step(tuple(order[:depth]), before, after, patients, Resampling(seed)))
    return SanityCheck(method, tuple(steps))


def _step(
    layers: tuple[str, ...], before: Sequence[Attribution], after: Sequence[Attribution],
    patients: ArrayLike, resampling: Resampling,
) -> Randomised:  # fmt: skip
    ranks: list[float | None] = []
    alike: list[float | None] = []
    for one, other in zip(before, after, strict=True):
        old, new = shown(one.values), shown(other.values)
        if old is None or new is None:
            ranks.append(None)
            alike.append(None)
            continue
        ranks.append(rank_correlation(old, new))
        alike.append(structural_similarity(old, new, data_range=1.0))
    return Randomised(
        layers, _mean("rank correlation", ranks, patients, resampling),
        _mean("structural similarity", alike, patients, resampling),
    )  # fmt: skip


def _mean(
    measure: str, values: Sequence[float | None], patients: ArrayLike, resampling: Resampling
) -> Estimate:
    """A picture whose map vanished has no likeness: it is left out, and the method counts it."""
    if all(one is None for one in values):
        reason = "no picture has a map both before and after"
        return Estimate.not_estimable(measure, reason, n=len(np.atleast_1d(patients)))
    return mean_over_studies(
        measure, values, patients=patients, resampling=resampling, undefined=LEFT_OUT
    )
