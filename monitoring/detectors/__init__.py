"""The kinds of control chart a monitoring plan can name. To add one: a file here, a line below."""

from monitoring.detectors.base import Detector
from monitoring.detectors.calibration import Calibration
from monitoring.detectors.claimed_performance import ClaimedPerformance
from monitoring.detectors.concordance import Concordance
from monitoring.detectors.conformal_test import ConformalTest
from monitoring.detectors.estimated_performance import EstimatedPerformance
from monitoring.detectors.fact_distribution import FactDistribution
from monitoring.detectors.override_rate import OverrideRate
from monitoring.detectors.performance_against_reference import PerformanceAgainstReference
from monitoring.detectors.positive_rate import PositiveRate
from monitoring.detectors.rank_cusum import RankCusum
from monitoring.detectors.score_distribution import ScoreDistribution
from monitoring.detectors.silent_days import SilentDays
from monitoring.detectors.study_volume import StudyVolume
from monitoring.detectors.subgroup_gap import SubgroupGap
from records.errors import InvalidInput

__all__ = ["DETECTORS", "find_detector"]

KINDS: tuple[Detector, ...] = (
    RankCusum(), ConformalTest(), ClaimedPerformance(), OverrideRate(), Concordance(),
    SilentDays(), FactDistribution(), ScoreDistribution(), PositiveRate(),
    PerformanceAgainstReference(), EstimatedPerformance(), Calibration(),
    StudyVolume(), SubgroupGap(),
)  # fmt: skip
DETECTORS = {detector.name: detector for detector in KINDS}


def find_detector(name: str, *, where: str = "detector") -> Detector:
    """The chart of that name; raises InvalidInput with the known names.

    >>> find_detector("rank_cusum").name
    'rank_cusum'
    """
    if name not in DETECTORS:
        known = ", ".join(DETECTORS)
        raise InvalidInput(f"{where}: unknown detector {name!r}.", hint=f"Known: {known}.")
    return DETECTORS[name]
