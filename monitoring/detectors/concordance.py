"""Do device and reports still say the same as often as the plan wants?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import (
    ChartContext,
    FloatArray,
    Parameter,
    Prepared,
    SiteDay,
)
from monitoring.detectors.claimed_performance import ClaimedPerformance
from records.report_answers import AGREEMENT

__all__ = ["Concordance"]


class Concordance(ClaimedPerformance):
    """Finds a share of agreement with the radiologists' reports below what the plan declares.

    A proportion, charted as a claimed one is: value, interval, bets and false alarms are those of
    :class:`ClaimedPerformance`, with the plan's ``lowest`` as the bound. A study counts once, on
    the day of its first final report that says whether the finding is there. It is agreement, no
    accuracy: a rise is not watched, and may be readers who follow the device.
    """

    name = "concordance"
    in_control = "device and report agree at least as often as the plan declares"
    parameters = (
        Parameter("lowest", 0.75, "lowest acceptable share of agreement", 0.05, 0.99),
        Parameter("recent_days", 30, "days of the recent figure beside the whole", 7, 365),
    )  # fmt: skip

    def prepare(
        self,
        _reference: Mapping[str, FloatArray],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The bound that the plan declares; no reference is needed."""
        return context.frozen(float(-np.log10(context.alpha)), reference_n=0) | {
            "measure": AGREEMENT,
            "beside": "a report that says whether the finding is there",
            "recent_days": parameters["recent_days"],
            "bound": float(parameters["lowest"]),
        }

    def outcomes(self, _prepared: Prepared, /, today: SiteDay) -> NDArray[np.bool_]:
        """Whether device and report agree, of each study that counts today."""
        return np.asarray(today.agreed == 1)

    def nothing(self, _prepared: Prepared, /) -> str:
        """Why a day without a report has no value."""
        return "no final report that says whether the finding is there came today"
