"""Do the 95 % intervals cover 95 %? Simulation studies of every interval in `measures`.

    python -m benchmarks.coverage              all, and write docs/statistics/coverage.md
    python -m benchmarks.coverage roc binary   only these families, to the terminal
    python -m benchmarks.coverage --repeats 500 --seed 2 roc

Each study is drawn with every seed (0 and 1 unless told otherwise): a claim that was limited after
the first draws had been seen is confirmed by the second ones, or fails. A study that claims nominal
coverage and misses 93 to 97 % by more than twice the simulation's own error with any seed makes the
run fail. What is drawn depends on the seed and the study's name: adding one moves no other.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import benchmarks.coverage_studies as studies
from benchmarks.coverage_studies.study import Coverage, Study, covered

PAGE = Path(__file__).parents[1] / "docs" / "statistics" / "coverage.md"
SEEDS = (0, 1)
HEAD = """# How often the intervals cover the truth

Written by `python -m benchmarks.coverage`; do not edit. Data are drawn from a known truth, at
least 2,000 times a row and seed; *covers* is the share of the estimable 95 % intervals that hold
it. The simulation's own error is about 1 percentage point (two standard errors at 2,000 draws).
Claims were limited after the first draws had been seen; *again* is another seed, drawn after that,
and a claim is *kept* only where both allow it. Where *claim* is empty the method does not promise
nominal coverage there and the note says why. Width and the not estimable are of the first draws.
"""


def families() -> list[str]:
    """The files of studies, by name."""
    found = [module.name for module in pkgutil.iter_modules(studies.__path__)]
    return sorted(name for name in found if name != "study")


def run(family: str, repeats: int | None, seed: int) -> list[Coverage]:
    """All studies of one family."""
    listed: list[Study] = importlib.import_module(f"benchmarks.coverage_studies.{family}").STUDIES
    return [covered(study, drawn_by(study, seed), repeats) for study in listed]


def drawn_by(study: Study, seed: int) -> int:
    """The seed of one study."""
    name = f"{study.measure}|{study.method}|{study.setting}"
    return zlib.crc32((f"{name}|{seed}" if seed else name).encode())


def row(draws: tuple[Coverage, ...]) -> str:
    """One line of the table, from the draws of a study with each seed."""
    first, study = draws[0], draws[0].study
    claim = "" if first.kept is None else "kept" if missed(draws) == 0 else "**missed**"
    none = f"{100 * first.not_estimable:.1f} %" if first.not_estimable else ""
    shares = " | ".join(f"{100 * one.share:.1f} %" for one in draws)
    return (
        f"| {study.measure} | {study.method} | {study.setting} | {study.truth:.4g} | "
        f"{shares} | {first.width:.4g} | {none} | {claim} | {study.note} |"
    )


def missed(draws: tuple[Coverage, ...]) -> int:
    """1 when the claim of a study fails with any seed."""
    return int(any(one.kept is False for one in draws))


def section(family: str, results: list[tuple[Coverage, ...]]) -> str:
    """The table of one family."""
    shares = ["covers", *["again"] * (len(results[0]) - 1)]
    heads = ["measure", "method", "data", "truth", *shares, "mean width", "not estimable"]
    heads += ["claim", "note"]
    return (
        f"\n## {family.replace('_', ' ').capitalize()}\n\n"
        f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n" + "\n".join(map(row, results))
    )


def told(family: str, repeats: int | None, seeds: tuple[int, ...]) -> tuple[str, int, float]:
    """The section of one family, how many claims it missed, and the seconds that it took."""
    began = time.monotonic()
    results = list(zip(*(run(family, repeats, seed) for seed in seeds), strict=True))
    return section(family, results), sum(map(missed, results)), time.monotonic() - began


def main() -> int:
    """Run a family a processor, print, and write the page when everything was run in full."""
    asked = argparse.ArgumentParser()
    asked.add_argument("family", nargs="*")
    asked.add_argument("--repeats", type=int)
    asked.add_argument("--seed", type=int, nargs="+", default=SEEDS)
    wanted = asked.parse_args()
    seeds = tuple(wanted.seed)
    text, wrong = [HEAD], 0
    # spawn: a forked child of a process with BLAS threads may hang
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        chosen = wanted.family or families()
        how = [wanted.repeats] * len(chosen), [seeds] * len(chosen)
        for table, off, seconds in pool.map(told, chosen, *how):
            text.append(table)
            wrong += off
            print(table, f"\n({seconds:.0f} s)", flush=True)
    if not wanted.family and not wanted.repeats and seeds == SEEDS:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text("\n".join(text) + "\n")
    print(f"{wrong} claims missed")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
