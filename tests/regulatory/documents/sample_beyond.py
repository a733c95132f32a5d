"""Sample facts of a validation beyond the locked tests."""

from __future__ import annotations

import base64
from dataclasses import replace

from imaging.small_view import small_view
from measures.estimate import Estimate
from regulatory.documents.beyond_facts import (
    BeyondFacts,
    Cut,
    GroupTest,
    Meeting,
    OfReaders,
    PairAt,
    Part,
    ShortcutTest,
    SmoothCurves,
    WorstFailure,
)
from regulatory.documents.facts import Measured
from tests.journeys.tiny_images import image
from tests.regulatory.documents.samples import about, measured, share_of

_PICTURE = base64.b64encode(small_view(image(1))).decode()
"""A small picture of a tiny image."""


def beyond_facts() -> BeyondFacts:
    """Every table, a characteristic that could not be compared, and both curves."""
    precision, index = (
        about("average_precision", 0.88, 0.03, 291),
        about("integrated_calibration_index", 0.03, 0.02, 291, method="loess, basic bootstrap"),
    )
    few = Estimate.not_estimable("sensitivity_gap", "1 of 2 groups estimable", n=40)
    return BeyondFacts(
        record="EVA-0003",
        conditions=(measured(about("auc", 0.85, 0.04, 291, group="noise at 0.05"), 300),),
        parts=(
            Part("training", 400, "", (measured(about("auc", 0.97, 0.01, 400), 322),), None, False),
            Part("internal test", 291, "", (measured(about("auc", 0.91, 0.03, 291), 323),),
                 measured(about("auc_difference", -0.06, 0.03, 691), 324), True),
            Part("external test", 0, "DSV-0001 holds no study of another site", (), None, False),
        ),
        failures=(
            WorstFailure("false negative", "INS-0042", "Nordklinik", "", 0.04, "score",
                         study="STU-0042", truth="pneumonia", picture=_PICTURE),
            WorstFailure("false negative", "INS-0044", "Nordklinik", "", 0.11, "score",
                         study="STU-0044", truth="pneumonia", absent="image deleted"),
            WorstFailure("outline", "INS-0043", "Nordklinik", "HD95 31.0 mm, area +812 mm²", 0.41,
                         "dice"),
        ),
        not_asked=(("comparison with the version before", "no version before it was released"),),
        studies=291,
        cuts=(
            Cut(0.1, False, 160, 4, ((0.96, 0.91, 0.99), (0.67, 0.6, 0.73), (0.6, 0.53, 0.68),
                                     (0.97, 0.92, 0.99)), (0.31, 0.25, 0.37), 0.28),
            Cut(0.3127, True, 129, 10, ((0.91, 0.84, 0.95), (0.85, 0.79, 0.89),
                                        (0.76, 0.68, 0.83), (0.95, 0.9, 0.97)),
                (0.29, 0.23, 0.35), 0.06),
            Cut(0.95, False, 0, 108, ((0.0, 0.0, 0.03), (1.0, 0.98, 1.0), (None, None, None),
                                      (0.63, 0.57, 0.68)), (None, None, None), None),
        ),
        rules=(
            PairAt("operating point", 0.3127, *_pair(310, 98, 173)),
            PairAt("specificity 0.9", None, *_pair(312, 90, 180)),
        ),
        prevalences=(PairAt("5 %", 0.05, *_pair(314, 24, 188)),),
        groups=(
            GroupTest("sex", "sensitivity", "homogeneity, Pearson",
                      measured(about("sensitivity_gap", 0.06, 0.05, 108, group="sex"), 316),
                      measured(share_of("sensitivity_worst", 44, 51, "sex: female"), 317),
                      0.21, 0.63, 0.42, ""),
            GroupTest("sex", "auc", "homogeneity of AUC, Cochran Q", None, None, 0.0002, 0.001,
                      0.0004, ""),
            GroupTest("view", "sensitivity", "homogeneity, Pearson", measured(few, 318),
                      measured(replace(few, measure="sensitivity_worst"), 319), None, None, None,
                      "groups that are estimable: 1"),
            GroupTest("view", "auc", "homogeneity of AUC, Cochran Q", None, None, None, None, None,
                      "groups with an AUC and its variance: 0"),
        ),
        further=(measured(precision, 320), measured(index, 321)),
        own=(measured(about("brier", 0.1, 0.02, 291, group="malignant"), 325),),
        curves=SmoothCurves((0.2, 0.6, 1.0), (1.0, 0.9, 0.37), (0.05, 0.4, 0.95),
                            (0.03, 0.42, 0.97), precision, index),
        meetings=(
            Meeting("internal test", 12, 10,
                    (measured(about("auc", 0.88, 0.06, 70, group="sex and age: F, old"), 330),
                     measured(share_of("sensitivity", 20, 26, "sex and age: F, old"), 331)),
                    (measured(share_of("sensitivity", 20, 26, "sex and age: F, old"), 332),),
                    (GroupTest("sex and age", "sensitivity", "homogeneity, Pearson",
                               measured(about("sensitivity_gap", 0.1, 0.1, 60), 333),
                               measured(share_of("sensitivity_worst", 20, 26, "F, old"), 334),
                               0.3, 0.9, 0.9, ""),),
                    "No difference between intersections is shown (Holm over 3 questions)."),
        ),
        readers=(
            OfReaders("R07, unaided", 120, (
                measured(share_of("sensitivity", 40, 50, "unaided R07"), 335),
                measured(share_of("sensitivity", 45, 50, "unaided R07: device alone"), 336),
                measured(about("sensitivity_difference", 0.1, 0.09, 50,
                               group="unaided R07: device minus reader"), 337),
            )),
            OfReaders("average over 3 readers, unaided", 120, (
                measured(about("balanced_accuracy", 0.8, 0.05, 120, group="readers, unaided"), 338),
            ), "sensitivity: no difference from unaided readers is shown, nor equality"),
        ),
        shortcuts=(
            ShortcutTest("within strata", (
                measured(about("stratified_auc", 0.85, 0.04, 291, group="within site"), 339),
                measured(about("stratified_auc_difference", -0.06, 0.02, 291,
                               group="within site"), 340),
            ), "The AUC falls once only studies of one site are compared."),
        ),
    )  # fmt: skip


def _pair(first: int, hits: int, quiet: int) -> tuple[Measured, Measured]:
    return (
        measured(share_of("sensitivity", hits, 108), first),
        measured(share_of("specificity", quiet, 204), first + 1),
    )
