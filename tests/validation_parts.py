"""What a validation has to hold: each part asked for is there, or named with the reason."""

from collections.abc import Callable, Mapping
from typing import Any

from imaging.degradations import DEGRADATIONS
from monitoring.clinical_readings import READINGS
from monitoring.intersections import INTERSECTIONS
from monitoring.shortcut_tests import EDGES_MASKED, METADATA, REGION, STRATA

Found = Mapping[str, Any]
"""What 'radvigil model validate --json' prints."""


def _part(name: str) -> Callable[[Found], bool]:
    """A part of the data with figures, or the reason why there are none."""
    def there(found: Found) -> bool:
        one = next(each for each in found["figures"]["parts"] if each["part"] == name)
        return bool(one["studies"] or one["reason"])
    return there


def _shortcut(name: str) -> Callable[[Found], bool]:
    return lambda found: any(
        one["test"].startswith(name) and one["conclusion"]
        for one in found["figures"]["shortcut_tests"]
    )


def _subgroup(begin: str) -> Callable[[Found], bool]:
    return lambda found: any(one["subgroup"].startswith(begin) for one in found["estimates"])


ASKED: dict[str, Callable[[Found], bool]] = {
    "internal test": _part("internal test"),
    "external test": _part("external test"),
    "calibration": lambda found: bool(found["figures"].get("curves", {}).get("score"))
    or any(one["measure"].startswith(("brier", "observed_to_expected", "calibration"))
           for one in found["estimates"]),
    "thresholds": lambda found: bool(found["figures"]["thresholds"]),
    "comparison with the version before": _subgroup("against "),
    **{f"degraded: {kind}": _subgroup(f"{kind}=") for kind in DEGRADATIONS},
    INTERSECTIONS: lambda found: bool(found["figures"].get("intersections")),
    READINGS: lambda found: bool(found["figures"].get("readers")),
    METADATA: _shortcut(METADATA),
    STRATA: _shortcut(STRATA),
    REGION: _shortcut(REGION),
    EDGES_MASKED: _shortcut(EDGES_MASKED),
    "pictures of the worst failures": lambda found: all(
        one["digest"] and (one["withheld"] or "letters" in one) and one["study"]
        for some in found["figures"]["failures"].values() for one in some
    ),
}  # fmt: skip


def missing(found: Found) -> list[str]:
    """The parts asked for that are neither there nor named with a reason."""
    named = found["figures"]["not_asked"]
    return [name for name, there in ASKED.items() if not there(found) and not named.get(name)]
