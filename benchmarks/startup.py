"""How long the doors take to open, beside a bare Python start in the same run.

    python -m benchmarks.startup [RUNS]

The commands take turns, so that a busy machine slows all of them alike; the median counts.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

FLOOR = "bare Python start"

COMMANDS: Mapping[str, Sequence[str]] = {
    FLOOR: ["-c", "pass"],
    "radvigil --help": ["-m", "cli", "--help"],
    "import dagster alone": ["-c", "import dagster"],
    "import pipelines.definitions": ["-c", "import pipelines.definitions"],
}


def measure(runs: int) -> dict[str, float]:
    """Median wall seconds of each command, over so many rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, arguments in COMMANDS.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    measured = measure(runs)
    print(f"median of {runs} runs               seconds   times the bare start")
    for name, seconds in measured.items():
        print(f"{name:<32}{seconds:7.3f}   {seconds / measured[FLOOR]:8.1f}")


if __name__ == "__main__":
    main()
