"""Does a test hold what another device has learnt from, whose output may come into this one?

A model that was trained on a picture answers it better than it answers others; whoever takes that
answer in is tested with it. The patient's other pictures are not looked for: pseudonyms of two
devices' sources need not agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from imaging.dataset_checks.leakage import picture_groups
from imaging.dataset_checks.outcome import CheckOutcome, first_groups
from imaging.dataset_checks.pictures import SmallPictures
from records.counting import counted
from records.dataset_rules import NearDuplicateLimits, Rule

if TYPE_CHECKING:
    import pandas as pd

LEARNT: Final = ("train", "tuning")
TESTED: Final = ("internal_test", "external_test")
IN_TESTS, IN_TRAINING = "training_of_a_device_in_tests", "tests_of_a_device_in_training"
"""Rules: another device's training images among one's own tests, and the reverse."""


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """Images of another device's datasets. rule: IN_TESTS or IN_TRAINING, which says whether the
    device learnt from them or is tested with them; severity: what follows where this dataset holds
    them too. records: of the images, in the order of the pictures."""

    device: str
    rule: str
    severity: Rule
    records: tuple[str, ...]
    pictures: SmallPictures


def seen_elsewhere(
    facts: "pd.DataFrame",
    pictures: SmallPictures,
    others: Sequence[Elsewhere],
    limits: NearDuplicateLimits,
) -> list[CheckOutcome]:
    """An outcome for each of the others: how many pictures are theirs too, equal or nearly.

    facts: a row a picture, in the order of the pictures, with record and split.
    """
    return [_compared(facts, pictures, other, limits) for other in others]


def also_in(
    pictures: SmallPictures, others: SmallPictures, limits: NearDuplicateLimits
) -> NDArray[np.bool_]:
    """Which of the pictures stand among the others too, equal or nearly: (pictures,)."""
    near = picture_groups(_joined(pictures, others), limits)[1]
    return np.isin(near[: len(pictures)], near[len(pictures) :])


def _compared(
    facts: "pd.DataFrame", pictures: SmallPictures, other: Elsewhere, limits: NearDuplicateLimits
) -> CheckOutcome:
    ours = np.flatnonzero(facts["split"].isin(TESTED if other.rule == IN_TESTS else LEARNT))
    both = _joined(pictures.chosen(ours), other.pictures)
    near = picture_groups(both, limits)[1]
    mine, theirs = near[: len(ours)], near[len(ours) :]
    shared = np.flatnonzero(np.isin(mine, theirs))
    records = facts["record"].astype(str).to_numpy()[ours]
    groups = [
        list(dict.fromkeys([
            records[at], *(other.records[one] for one in np.flatnonzero(theirs == mine[at]))
        ]))
        for at in shared.tolist()
    ]  # fmt: skip
    whose = "training" if other.rule == IN_TESTS else "tests"
    here = "tests" if other.rule == IN_TESTS else "training"
    said = (
        f"{counted(len(shared), 'picture')} of the {here} in the {whose} of {other.device} "
        f"({counted(len(other.records), 'image')})"
    )
    return CheckOutcome(
        other.rule, other.device, other.severity, not len(shared), len(ours), len(shared),
        "picture", said, first_groups(groups), limits=limits.model_dump(),
    )


def _joined(first: SmallPictures, second: SmallPictures) -> SmallPictures:
    return SmallPictures(*(
        np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("pixels", "digest", "rows", "columns")
    ))  # fmt: skip
