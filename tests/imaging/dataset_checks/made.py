"""Small generated datasets: pictures with a blob where the finding is, and facts about them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imaging.dataset_checks.pictures import SmallPictures, small_pictures

Picture = NDArray[np.uint8]


def picture(rng: np.random.Generator, *, finding: int = 0, side: int = 48) -> Picture:
    """Coarse random structure, and a bright middle with the finding."""
    coarse = np.kron(rng.random((6, 6)), np.ones((side // 6, side // 6)))
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    blob = finding * np.exp(-(rows**2 + columns**2) / 0.02)
    noisy = 150 * coarse + 90 * blob + rng.normal(0, 4, (side, side))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def dataset(
    n: int = 200, *, seed: int = 0, **columns: Any
) -> tuple["pd.DataFrame", list[Picture]]:
    """n patients of one picture: splits in order, labels by turns, facts that say nothing."""
    rng = np.random.default_rng(seed)
    finding = rng.permutation(np.arange(n) % 2)
    facts = pd.DataFrame(
        {
            "record": [f"INS-{k:04d}" for k in range(n)], "patient": [f"P{k}" for k in range(n)],
            "split": np.repeat(["train", "tuning", "internal_test", "external_test"],
                               [n - 3 * (n // 4), n // 4, n // 4, n // 4]),
            "finding": finding, "site": rng.choice(["a", "b"], n), "manufacturer": "Maker",
            "sex": rng.choice(["F", "M"], n), "view": rng.choice(["PA", "AP"], n),
            "age_years": rng.uniform(20, 90, n), "order": np.arange(n), "arrival": 7,
        }
    ).assign(**columns)  # fmt: skip
    return facts, [picture(rng, finding=int(one)) for one in facts["finding"]]


def small(pictures: list[Picture]) -> SmallPictures:
    return small_pictures(pictures)
