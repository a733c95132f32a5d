"""What comes back from each simulated hospital, as declared: delays, habits of readers, follow-up.

Only numbers stand here. What is drawn from them is in :mod:`imaging.sources.clinic_studies` and
:mod:`imaging.sources.clinic_messages`; what another maker's product says, in
:mod:`imaging.sources.clinic_products`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

FlaggedAndReported = tuple[int, int]
"""The device's decision and the reader's reported finding, each 0 or 1."""


@dataclass(frozen=True, slots=True)
class ClinicProfile:
    """How one hospital reports, answers and follows up; every ``*_share`` is a probability.

    facility, assigner: MSH-4, and the assigning authority of patient numbers. Delays: median hours
    from the image to the preliminary report, from there to the final one, and to a correction
    (log-normal, ``delay_spread`` is the standard deviation of the logarithm). Of studies:
    ``preliminary_share`` have a preliminary report, ``corrected_share`` of final reports are
    corrected to what is true after a second look, ``cancelled_share`` withdrawn without another,
    ``hedged_share`` of positive reports only suspect, ``named_share`` name people in the text.
    Of messages: ``duplicate_share`` come twice, ``late_share`` come hours after their turn. Of
    patients: ``merged_share`` turn out to be known under another number, ``renamed_share`` get
    another name.

    Of results: ``unopened_share`` are never opened; of those opened that contradict the reader,
    ``anchoring_share`` draw the report to the device; ``answered_share`` of those opened are
    answered, and of answers that contradict the device ``rejected_share`` reject it, the others
    change it. ``followed_share``: of studies by decision and reported finding, how many are
    followed up; then ``histology_share`` by histology and the others by CT, ``followed_days``
    (lowest, highest) later.
    """

    facility: str
    assigner: str
    preliminary_hours: float
    final_hours: float
    corrected_hours: float
    delay_spread: float
    preliminary_share: float
    corrected_share: float
    cancelled_share: float
    hedged_share: float
    named_share: float
    duplicate_share: float
    late_share: float
    merged_share: float
    renamed_share: float
    unopened_share: float
    anchoring_share: float
    answered_share: float
    rejected_share: float
    followed_share: Mapping[FlaggedAndReported, float]
    histology_share: float
    followed_days: tuple[int, int]


_NORTHFIELD = ClinicProfile(
    facility="NORTHFIELD", assigner="Northfield General (simulated)",
    preliminary_hours=0.6, final_hours=3.0, corrected_hours=20.0, delay_spread=0.6,
    preliminary_share=0.5, corrected_share=0.02, cancelled_share=0.005, hedged_share=0.08,
    named_share=0.10, duplicate_share=0.03, late_share=0.03, merged_share=0.02, renamed_share=0.02,
    unopened_share=0.10, anchoring_share=0.40, answered_share=0.70, rejected_share=0.5,
    followed_share=MappingProxyType({(1, 1): 0.60, (1, 0): 0.45, (0, 1): 0.40, (0, 0): 0.05}),
    histology_share=0.10, followed_days=(3, 18),
)  # fmt: skip
_EASTBROOK = ClinicProfile(
    facility="EASTBROOK", assigner="Eastbrook Clinic (simulated)",
    preliminary_hours=1.5, final_hours=8.0, corrected_hours=30.0, delay_spread=0.8,
    preliminary_share=0.3, corrected_share=0.03, cancelled_share=0.01, hedged_share=0.12,
    named_share=0.20, duplicate_share=0.05, late_share=0.06, merged_share=0.03, renamed_share=0.02,
    unopened_share=0.35, anchoring_share=0.25, answered_share=0.45, rejected_share=0.3,
    followed_share=MappingProxyType({(1, 1): 0.50, (1, 0): 0.30, (0, 1): 0.35, (0, 0): 0.03}),
    histology_share=0.05, followed_days=(4, 20),
)  # fmt: skip
_WESTHAVEN = ClinicProfile(
    facility="WESTHAVEN", assigner="Westhaven University (simulated)",
    preliminary_hours=0.4, final_hours=1.5, corrected_hours=12.0, delay_spread=0.5,
    preliminary_share=0.7, corrected_share=0.03, cancelled_share=0.005, hedged_share=0.10,
    named_share=0.05, duplicate_share=0.02, late_share=0.04, merged_share=0.02, renamed_share=0.03,
    unopened_share=0.05, anchoring_share=0.50, answered_share=0.85, rejected_share=0.6,
    followed_share=MappingProxyType({(1, 1): 0.70, (1, 0): 0.55, (0, 1): 0.50, (0, 0): 0.08}),
    histology_share=0.15, followed_days=(2, 14),
)  # fmt: skip

CLINICS: Final = MappingProxyType(
    {"northfield": _NORTHFIELD, "eastbrook": _EASTBROOK, "westhaven": _WESTHAVEN}
)
"""By the name of the simulated site that operates."""
