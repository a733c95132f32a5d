"""Write a folder of simulated radiographs with outlined lungs, for a device of radiomic features.

    .venv/bin/python scripts/write_outlined_set.py FOLDER --per-site 200 --seed 7
"""

import argparse
from pathlib import Path

from imaging.sources.simulated_outlines import write_outlined_set


def main() -> None:
    """Write manifest.csv, the pictures and the masks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-site", type=int, required=True, help="studies of each site")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    studies = write_outlined_set(asked.folder, per_site=asked.per_site, seed=asked.seed)
    print(f"{studies} radiographs with outlined lungs in {asked.folder}")


if __name__ == "__main__":
    main()
