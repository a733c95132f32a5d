"""Radiomic features of a region, named and defined by the Image Biomarker Standardisation
Initiative (IBSI); docs/radiomics.md says how each was proved."""

from models.radiomics.catalogue import FeatureName, features, features_of
from models.radiomics.measure import RadiomicFeature, Radiomics, measure_radiomics
from records.radiomics_settings import RadiomicsSettings

__all__ = [
    "FeatureName",
    "RadiomicFeature",
    "Radiomics",
    "RadiomicsSettings",
    "features",
    "features_of",
    "measure_radiomics",
]
