"""Write a folder of simulated radiographs with clinical facts and follow-up, for a prognosis.

    .venv/bin/python scripts/write_followed_set.py FOLDER --per-site 400 --seed 7
"""

import argparse
from pathlib import Path

from imaging.sources.simulated_courses import write_followed_set


def main() -> None:
    """Write manifest.csv, facts.csv and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--per-site", type=int, required=True, help="studies of each site")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    studies, facts = write_followed_set(asked.folder, per_site=asked.per_site, seed=asked.seed)
    print(f"{studies} radiographs, {facts} facts in {asked.folder}")


if __name__ == "__main__":
    main()
