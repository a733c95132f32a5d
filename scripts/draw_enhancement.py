"""Draw the picture of docs/enhancement.md: as it came, enhanced, at full dose, and what changed.

.venv/bin/python scripts/draw_enhancement.py pairs enhanced northfield-0005 eastbrook-0010

pairs: the folder of scripts/write_dose_pairs.py. enhanced: what 'radvigil model predict --enhanced'
wrote of its pictures. Then names of pairs.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TARGET = Path(__file__).resolve().parents[1] / "docs" / "enhancement" / "pictures.png"
GAIN = 4  # of the difference, around middle grey


def _grey(path: Path) -> NDArray[np.float64]:
    return np.asarray(Image.open(path), dtype=np.float64) / 65535


def main() -> None:
    """Read the arguments and write the picture, a row a pair."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("pairs", type=Path)
    asked.add_argument("enhanced", type=Path)
    asked.add_argument("names", nargs="+")
    said = asked.parse_args()
    rows = []
    for name in said.names:
        low, full = (_grey(said.pairs / f"{name}-{kind}.png") for kind in ("low", "full"))
        enhanced = _grey(said.enhanced / f"{name}-low-enhanced.png")
        apart = np.clip(0.5 + GAIN * (enhanced - full), 0, 1)
        rows.append(np.hstack([low, enhanced, full, apart]))
    whole = (255 * np.vstack(rows)).round().astype(np.uint8)
    TARGET.parent.mkdir(exist_ok=True)
    Image.fromarray(whole).save(TARGET, optimize=True)
    print(TARGET)


if __name__ == "__main__":
    main()
