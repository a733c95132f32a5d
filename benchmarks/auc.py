"""AUC with DeLong's interval for a million scores, beside one sort of them.

    python -m benchmarks.auc

Nothing can rank scores faster than a sort, so numpy's argsort is the floor: at most 1.5 times it
plus 0.1 s. The best of five runs each, in turn.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from measures.roc import auc

STUDIES, RUNS = 1_000_000, 5


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> int:
    """Measure both in turn, print, and fail above the bound."""
    worst = 0.0
    for name, decimals in (("continuous scores", None), ("scores with three decimals", 3)):
        rng = np.random.default_rng(1)
        truth = (rng.random(STUDIES) < 0.1).astype(np.float64)
        score = 1.0 / (1.0 + np.exp(-(rng.normal(size=STUDIES) + 1.5 * truth)))
        score = score if decimals is None else np.round(score, decimals)
        runs = [
            (_seconds(partial(np.argsort, score)), _seconds(partial(auc, truth, score)))
            for _ in range(RUNS)
        ]
        floor, ours = (min(run[i] for run in runs) for i in (0, 1))
        bound = 1.5 * floor + 0.1
        worst = max(worst, ours / bound)
        print(f"{name}, {STUDIES:,}: {auc(truth, score)}")
        print(f"  argsort {floor:.3f} s, AUC with interval {ours:.3f} s, bound {bound:.3f} s")
    return int(worst > 1.0)


if __name__ == "__main__":
    sys.exit(main())
