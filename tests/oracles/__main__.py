"""python -m tests.oracles FOLDER: a line a case, and how many passed, failed and were skipped."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.oracles.case import cases_below
from tests.oracles.run import run_case


def main(folder: str) -> int:
    """0 when no case failed and at least one passed."""
    if not Path(folder).is_dir():
        print(f"{folder}: no such folder; name one with case folders below it", file=sys.stderr)
        return 2
    counted = {"passed": 0, "failed": 0, "skipped": 0}
    for case in cases_below(Path(folder)):
        verdict = run_case(case)
        counted[verdict.state] += 1
        print(verdict, flush=True)
    print(", ".join(f"{number} {state}" for state, number in counted.items()))
    return int(counted["failed"] > 0 or counted["passed"] == 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print("python -m tests.oracles FOLDER", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
