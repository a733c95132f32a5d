"""The simulated hospitals: equipment, way of working and patients of each."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """How one hospital makes its radiographs and who comes there.

    Lengths are pixels of a 160-pixel image, ``dose`` is detected photons per pixel behind
    nothing, spreads ``*_spread`` are standard deviations of the logarithm.
    """

    name: str
    title: str
    # equipment, as it writes itself into the header
    manufacturer: str
    model: str
    software: str
    updated_software: str
    monochrome1: bool
    # acquisition
    tube_voltage_kv: float
    portable_voltage_kv: float
    dose: float
    dose_spread: float
    electronic_noise: float
    blur: float
    scatter: float
    gain_stripes: float
    dead_columns: int
    collimation: float
    # processing
    gamma: float
    unsharp: float
    low_percentile: float
    high_percentile: float
    marker: str
    # patients
    prevalence: float
    female_share: float
    age_mean: float
    age_sd: float
    portable_share: float
    # readers
    reader_sensitivity: float
    reader_specificity: float


_NORTHFIELD = SiteProfile(
    name="northfield", title="Northfield General (simulated)",
    manufacturer="Simulated Imaging", model="SimDX 500", software="SDX 3.4.1",
    updated_software="SDX 4.0.0", monochrome1=False,
    tube_voltage_kv=121.0, portable_voltage_kv=95.0, dose=9000.0, dose_spread=0.28,
    electronic_noise=5.0, blur=0.55, scatter=0.16, gain_stripes=0.004, dead_columns=0,
    collimation=0.3, gamma=1.0, unsharp=0.6, low_percentile=4.0, high_percentile=99.3, marker="R",
    prevalence=0.36, female_share=0.48, age_mean=58.0, age_sd=17.0, portable_share=0.22,
    reader_sensitivity=0.88, reader_specificity=0.93,
)  # fmt: skip
_EASTBROOK = SiteProfile(
    name="eastbrook", title="Eastbrook Clinic (simulated)",
    manufacturer="Phantom Medical", model="PM-Ray 20", software="PMR 7.2",
    updated_software="PMR 8.0", monochrome1=False,
    tube_voltage_kv=117.0, portable_voltage_kv=90.0, dose=7000.0, dose_spread=0.30,
    electronic_noise=7.0, blur=0.65, scatter=0.20, gain_stripes=0.006, dead_columns=1,
    collimation=0.5, gamma=1.08, unsharp=0.7, low_percentile=5.0, high_percentile=99.0, marker="L",
    prevalence=0.38, female_share=0.52, age_mean=62.0, age_sd=16.0, portable_share=0.30,
    reader_sensitivity=0.86, reader_specificity=0.92,
)  # fmt: skip
_WESTHAVEN = SiteProfile(
    name="westhaven", title="Westhaven University (simulated)",
    manufacturer="Mockup Healthcare", model="Mock Digital XR", software="MXR 2.9b",
    updated_software="MXR 3.0", monochrome1=True,
    tube_voltage_kv=125.0, portable_voltage_kv=85.0, dose=5500.0, dose_spread=0.34,
    electronic_noise=8.0, blur=0.80, scatter=0.25, gain_stripes=0.007, dead_columns=1,
    collimation=0.5, gamma=0.90, unsharp=0.4, low_percentile=2.5, high_percentile=99.7, marker="L",
    prevalence=0.40, female_share=0.45, age_mean=55.0, age_sd=19.0, portable_share=0.42,
    reader_sensitivity=0.89, reader_specificity=0.91,
)  # fmt: skip
_SOUTHMERE = SiteProfile(
    name="southmere", title="Southmere District (simulated)",
    manufacturer="Simulated Imaging", model="SimDX 300", software="SDX 2.8.0",
    updated_software="SDX 4.0.0", monochrome1=False,
    tube_voltage_kv=110.0, portable_voltage_kv=88.0, dose=5000.0, dose_spread=0.32,
    electronic_noise=9.0, blur=0.75, scatter=0.22, gain_stripes=0.010, dead_columns=2,
    collimation=0.7, gamma=1.0, unsharp=0.5, low_percentile=3.0, high_percentile=99.5, marker="R",
    prevalence=0.32, female_share=0.55, age_mean=66.0, age_sd=15.0, portable_share=0.35,
    reader_sensitivity=0.84, reader_specificity=0.90,
)  # fmt: skip

SITES: Final = MappingProxyType(
    {site.name: site for site in (_NORTHFIELD, _EASTBROOK, _WESTHAVEN, _SOUTHMERE)}
)
# Southmere neither develops nor operates: it stands ready for a roll-out to a new site.
DEVELOPMENT_SITES: Final = ("northfield", "eastbrook", "westhaven")
OPERATION_SITES: Final = ("northfield", "eastbrook", "westhaven")
EXTERNAL_SITE: Final = "westhaven"
COUNTRIES: Final = {"northfield": "DE", "eastbrook": "DE", "westhaven": "US"}
"""Where the simulated sites are said to lie."""
