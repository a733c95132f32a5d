"""Write simulated pairs of low and full dose with nodules, to train an enhancement device on:

.venv/bin/python scripts/write_dose_pairs.py pairs --per-site 160
"""

import argparse
from pathlib import Path

from imaging.sources.dose_pairs import write_pairs


def main() -> None:
    """Read the arguments, write the folder, and say how many pairs it holds."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--per-site", type=int, default=160)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--fractions", type=float, nargs=2, default=(0.05, 0.25))
    said = asked.parse_args()
    least, most = said.fractions
    count = write_pairs(
        said.folder, seed=said.seed, per_site=said.per_site, fractions=(least, most)
    )
    print(f"{count} pairs in {said.folder}")


if __name__ == "__main__":
    main()
