from __future__ import annotations

import subprocess
import sys


def test_measures_load_without_the_heavy_libraries() -> None:
    code = (
        "import sys, measures.estimate, measures.binary, measures.agreement, measures.calibration,"
        " measures.comparison, measures.image_quality;"
        "heavy = {'scipy', 'sklearn', 'statsmodels', 'pandas', 'torch'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
