"""Do the 95 % intervals cover 95 %? Simulation studies of every interval in `measures`.

    python -m benchmarks.coverage              all, and write docs/statistics/coverage.md
    python -m benchmarks.coverage roc binary   only these families, to the terminal
    python -m benchmarks.coverage --repeats 500 roc

A study that claims nominal coverage and misses 93 to 97 % by more than twice the simulation's own
error makes the run fail. The seed of a study is made from its name: adding one moves no other.
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
HEAD = """# How often the intervals cover the truth

Written by `python -m benchmarks.coverage`; do not edit. Data are drawn from a known truth, at
least 2,000 times a row; *covers* is the share of the estimable 95 % intervals that hold it. The
simulation's own error is about 1 percentage point (two standard errors at 2,000 draws). Where
*claim* is empty the method does not promise nominal coverage there and the note says why.
"""


def families() -> list[str]:
    """The files of studies, by name."""
    found = [module.name for module in pkgutil.iter_modules(studies.__path__)]
    return sorted(name for name in found if name != "study")


def run(family: str, repeats: int | None) -> list[Coverage]:
    """All studies of one family."""
    listed: list[Study] = importlib.import_module(f"benchmarks.coverage_studies.{family}").STUDIES
    results = []
    for study in listed:
        seed = zlib.crc32(f"{study.measure}|{study.method}|{study.setting}".encode())
        results.append(covered(study, seed, repeats))
    return results


def row(result: Coverage) -> str:
    """One line of the table."""
    study = result.study
    claim = "" if result.kept is None else "kept" if result.kept else "**missed**"
    none = f"{100 * result.not_estimable:.1f} %" if result.not_estimable else ""
    return (
        f"| {study.measure} | {study.method} | {study.setting} | {study.truth:.4g} | "
        f"{100 * result.share:.1f} % | {result.width:.4g} | {none} | {claim} | {study.note} |"
    )


def told(family: str, repeats: int | None) -> tuple[str, int, float]:
    """The section of one family, how many claims it missed, and the seconds that it took."""
    began = time.monotonic()
    results = run(family, repeats)
    text = (
        f"\n## {family.replace('_', ' ').capitalize()}\n\n"
        "| measure | method | data | truth | covers | mean width | not estimable | claim | note |\n"
        "|---|---|---|---|---|---|---|---|---|\n" + "\n".join(map(row, results))
    )
    return text, sum(result.kept is False for result in results), time.monotonic() - began


def main() -> int:
    """Run a family a processor, print, and write the page when everything was run in full."""
    asked = argparse.ArgumentParser()
    asked.add_argument("family", nargs="*")
    asked.add_argument("--repeats", type=int)
    wanted = asked.parse_args()
    text, missed = [HEAD], 0
    # spawn: a forked child of a process with BLAS threads may hang
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        chosen = wanted.family or families()
        for section, off, seconds in pool.map(told, chosen, [wanted.repeats] * len(chosen)):
            text.append(section)
            missed += off
            print(section, f"\n({seconds:.0f} s)", flush=True)
    if not wanted.family and not wanted.repeats:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text("\n".join(text) + "\n")
    print(f"{missed} claims missed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
