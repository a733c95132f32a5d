"""How values are written in every document: one function a kind, so that two never differ."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from measures.estimate import Estimate
from regulatory.documents.blocks import Cell, Signed, Tone

NOT_RECORDED = "not recorded"
NOT_APPLICABLE = "not applicable"

_MEASURES = {
    "auc": "Area under the ROC curve (AUC)",
    "macro_auc": "Macro AUC (mean over classes or findings)",
    "class_auc": "AUC of the class against the rest",
    "class_sensitivity": "Sensitivity for the class",
    "class_ppv": "Positive predictive value of the class",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "f1": "F1 score",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
    "calibration_in_the_large": "Calibration in the large",
    "auc_difference": "AUC difference",
    "auc_of_metadata": "AUC of facts beside the picture",
    "stratified_auc": "AUC within strata",
    "stratified_auc_difference": "AUC within strata minus pooled AUC",
    "score_change": "Change of the mean score",
    "flagged_change": "Change of the share flagged",
    "sensitivity_difference": "Sensitivity difference",
    "specificity_difference": "Specificity difference",
    "kappa": "Agreement with the device (Cohen's kappa)",
    "fleiss_kappa": "Agreement of readers (Fleiss' kappa)",
    "ac1": "Agreement of readers (Gwet's AC1)",
    "macro_auc_difference": "Macro AUC difference",
    "dice_difference": "Mean Dice difference",
    "fitting_difference": "Difference of the share that fits",
    "area_bias_mm2": "Bias of the area, mm²",
    "area_lower_limit_of_agreement_mm2": "Lower limit of agreement of the area, mm²",
    "area_upper_limit_of_agreement_mm2": "Upper limit of agreement of the area, mm²",
    "area_bias_px": "Bias of the area, pixels",
    "area_lower_limit_of_agreement_px": "Lower limit of agreement of the area, pixels",
    "area_upper_limit_of_agreement_px": "Upper limit of agreement of the area, pixels",
    "mcc": "Matthews correlation (MCC)",
    "likelihood_ratio_positive": "Likelihood ratio of a flag",
    "likelihood_ratio_negative": "Likelihood ratio of no flag",
    "sensitivity_at_specificity": "Sensitivity at a specificity of 0.90",
    "specificity_at_sensitivity": "Specificity at a sensitivity of 0.90",
    "subset_accuracy": "Every finding answered rightly (subset accuracy)",
    "subset_accuracy_difference": "Subset accuracy difference",
    "finding_auc": "AUC of the finding",
    "finding_sensitivity": "Sensitivity for the finding",
    "finding_specificity": "Specificity for the finding",
    "finding_ppv": "Positive predictive value of the finding",
    "finding_npv": "Negative predictive value of the finding",
    "finding_brier": "Brier score of the finding",
    "finding_calibration_slope": "Calibration slope of the finding",
    "finding_calibration_intercept": "Calibration intercept of the finding",
    "wait_saved_moved_up": "Wait saved, findings moved up (min)",
    "wait_saved_missed": "Wait saved, findings missed (min)",
    "wait_saved_findings": "Wait saved, all findings (min)",
    "wait_saved_others": "Wait saved, no finding (min)",
    "moved_to_wrong": "Right without the output, wrong with a wrong one",
    "moved_from_right": "Right without the output, wrong with a right one",
    "fitting": "Share of outlines that fit",
    "dice": "Mean Dice",
    "dice_lowest_5": "Dice of the worst 5 %",
    "jaccard": "Mean Jaccard",
    "found": "Studies with any outline",
    "hd95_mm": "Mean HD95, mm",
    "hd95_px": "Mean HD95, pixels",
    "assd_mm": "Mean distance of the outlines, mm",
    "assd_px": "Mean distance of the outlines, pixels",
    "area_difference_mm2": "Mean difference of the areas, mm²",
    "area_difference_px": "Mean difference of the areas, pixels",
    "area_repeatability_mm2": "Repeatability coefficient of the area, mm²",
    "longest_repeatability_mm": "Repeatability coefficient of the longest diameter, mm",
    "area_repeatability_px": "Repeatability coefficient of the area, pixels",
    "longest_repeatability_px": "Repeatability coefficient of the longest diameter, pixels",
    "lesion_sensitivity": "Lesion sensitivity",
    "small_lesion_sensitivity": "Sensitivity for small lesions",
    "large_lesion_sensitivity": "Sensitivity for larger lesions",
    "false_positives_per_image": "False positives per image",
    "lesion_dice": "Mean Dice of a lesion",
    "false_positives_per_study": "False positives per study",
    "false_positives_per_study_difference": "Difference of false positives per study",
    "volume_bias_percent": "Bias of the volume, %",
    "volume_error_percent": "Error of the volume, either way, %",
    "longest_error_mm": "Error of the longest diameter, mm",
    "longest_absolute_error_mm": "Error of the longest diameter, either way, mm",
    "volume_lower_limit_of_agreement_percent": "Lower limit of agreement of the volume, %",
    "volume_upper_limit_of_agreement_percent": "Upper limit of agreement of the volume, %",
    "volume_ml_repeatability_percent": "Repeatability coefficient of the volume, %",
    "longest_mm_repeatability_mm": "Repeatability coefficient of the longest diameter, mm",
    "same_count": "Takes with the same number of lesions",
    **{
        f"{name}_{of}": f"{words} {said}"
        for name, words in (
            ("psnr", "PSNR (dB)"), ("ssim", "SSIM"), ("cnr", "CNR"),
            ("rmse_lesion", "RMSE in lesions"), ("rmse_background", "RMSE outside of lesions"),
            ("sensitivity", "Sensitivity of the fixed reader"),
            ("specificity", "Specificity of the fixed reader"),
        )
        for of, said in (
            ("input", "of the input"), ("enhanced", "enhanced"), ("gain", "gain"),
            ("full_dose", "at full dose"), ("change", "enhanced less full dose"),
            ("enhanced_difference", "enhanced, difference"),
        )
    },
    **{
        f"{what}{size}_per_image{of}": f"{words}{kind} marks per image{said}"
        for what, words in (("hallucinated", "Hallucinated"), ("erased", "Erased"))
        for size, kind in (("", ""), ("_small", " small"), ("_large", " large"))
        for of, said in (("", ""), ("_input", ", input"))
    },
    "psnr_lost": "PSNR lost (dB)",
    "froc_score": "FROC score",
    "harrell_c": "Concordance (Harrell)",
    "icc": "Intraclass correlation, ICC(A,1)",
    "uno_c": "Concordance (Uno)",
    "uno_c_difference": "Difference of the concordance (Uno)",
    "event_flagged": "Called high risk, of events by the horizon",
    "no_event_not_flagged": "Not called high risk, of those free of the event at the horizon",
    "auc_at_horizon": "AUC at the horizon",
    "brier_at_horizon": "Brier score at the horizon",
    "observed_to_expected": "Observed over expected events",
    "event_chance": "Observed chance of the event",
    "event_chance_flagged": "Observed chance, called high risk",
    "event_chance_not_flagged": "Observed chance, the others",
    **{
        f"lesion_sensitivity_at_{rate}_false_positives": f"Lesion sensitivity at {rate} false "
        "positives per image"
        for rate in ("0.125", "0.25", "0.5", "1", "2", "4", "8")
    },
}
_TONES: dict[str, Tone] = {
    "met": "good",
    "passed": "good",
    "verified": "good",
    "release": "good",
    "not met": "bad",
    "failed": "bad",
    "broken": "bad",
    "not estimable": "unknown",
    "not available": "unknown",
    "not decided": "unknown",
}


def measure_name(measure: str) -> str:
    """A measure's name in words a clinician uses.

    >>> measure_name("ppv")
    'Positive predictive value'
    """
    return _MEASURES.get(measure, spaced(measure).capitalize())


def spaced(name: str) -> str:
    """A recorded name without its underscores: ``internal_test`` becomes 'internal test'.

    >>> spaced("internal_test")
    'internal test'
    """
    return name.replace("_", " ")


def number(value: float, digits: int = 3) -> str:
    """A number with a fixed count of digits and a true minus sign.

    >>> number(-0.5, 2)
    '\N{MINUS SIGN}0.50'
    """
    text = f"{value:.{digits}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")


def plainly(text: str) -> str:
    """A text whose small numbers bear no exponent.

    >>> plainly("2.45e-05 to 0.0054"), plainly("5e-07")
    ('0.0000245 to 0.0054', '0.0000005')
    """
    return re.sub(r"\d+(?:\.\d+)?e-\d+", lambda found: f"{Decimal(found[0]):f}", text)


def p_value(p: float) -> str:
    """A p-value with three digits, never as nought.

    >>> p_value(0.0314), p_value(0.00002)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else number(p)


def estimate_text(estimate: Estimate, digits: int = 3) -> str:
    """An estimate with its interval and n, or plainly why there is none; never a blank.

    >>> estimate_text(Estimate("auc", n=80, value=0.9, low=0.81, high=0.95, method="DeLong"))
    '0.900 (95 % CI 0.810 to 0.950; n = 80)'
    >>> estimate_text(Estimate.not_estimable("ppv", "no study was flagged", n=0))
    'not estimable: no study was flagged (n = 0)'
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"not estimable: {estimate.reason} (n = {estimate.n})"
    return (
        f"{number(estimate.value, digits)} ({100 * estimate.level:g} % CI "
        f"{number(estimate.low, digits)} to {number(estimate.high, digits)}; n = {estimate.n})"
    )


def rests_on(estimates: Iterable[Estimate], when: str) -> str:
    """What a figure of estimates rests on, for its caption: n, period, how its intervals were made.

    when: the period in words, such as '2026-01-01 to 2026-03-31'.

    >>> rests_on([Estimate("auc", n=80, value=0.9, low=0.81, high=0.95, method="DeLong")], "2026")
    'n = 80; 2026; 95 % CI: DeLong'
    """
    shown = list(estimates)
    ns = [one.n for one in shown]
    level = {f"{100 * one.level:g} %" for one in shown if one.estimable} or {"no"}
    methods = sorted({one.method for one in shown if one.estimable and one.method})
    said = " to ".join(grouped(one) for one in sorted({min(ns), max(ns)})) if ns else "0"
    made = ", ".join(methods) or "none, as nothing is estimable"
    return f"n = {said}; {when}; {', '.join(sorted(level))} CI: {made}"


def estimate_cell(estimate: Estimate | None, *records: str, absent: str = NOT_RECORDED) -> Cell:
    """An estimate as a table cell with its records; `absent` says why there is none."""
    if estimate is None:
        return Cell(absent, tone="unknown")
    tone: Tone = "plain" if estimate.estimable else "unknown"
    return Cell(estimate_text(estimate), tuple(filter(None, records)), tone=tone, estimate=estimate)


def counts_cell(estimate: Estimate) -> Cell:
    """The counts behind a proportion, such as '285 of 312'; other measures have none."""
    if estimate.numerator is None:
        return Cell(NOT_APPLICABLE)
    return Cell(f"{estimate.numerator} of {estimate.denominator}")


def cell(value: object, *records: str, absent: str = NOT_RECORDED) -> Cell:
    """Any recorded value as a table cell; a missing one says `absent`, and zero stays '0'.

    >>> cell(0).text, cell(None).text
    ('0', 'not recorded')
    """
    kept = tuple(filter(None, records))
    if value is None or value == "":
        return Cell(absent, kept)
    if isinstance(value, datetime):
        return Cell(instant(value), kept)
    if isinstance(value, date):
        return Cell(value.isoformat(), kept)
    if isinstance(value, bool):
        return Cell("yes" if value else "no", kept)
    if isinstance(value, int):
        return Cell(grouped(value), kept)
    return Cell(str(value), kept)


def digest_cell(digest: str, *records: str, absent: str = NOT_RECORDED) -> Cell:
    """A digest shortened to what the eye can compare; the annex prints it in full."""
    if not digest:
        return Cell(absent, tone="unknown")
    bare = digest.removeprefix("sha256:")
    if len(bare) <= 16:
        return Cell(bare, tuple(filter(None, records)), code=True)
    return Cell(f"{bare[:12]}…", tuple(filter(None, records)), full=digest, code=True)


def verdict_cell(verdict: str, *records: str) -> Cell:
    """A verdict in words, coloured as well for those who see colour."""
    return Cell(verdict, tuple(filter(None, records)), tone=_TONES.get(verdict, "plain"))


def grouped(count: int) -> str:
    """A count with thousands set apart.

    >>> grouped(12345)
    '12,345'
    """
    return f"{count:,}".replace("-", "\N{MINUS SIGN}")


def share(count: int, total: int) -> str:
    """A count with its share of a total, never a percentage alone.

    >>> share(3, 12), share(0, 0)
    ('3 of 12 (25.0 %)', '0 of 0')
    """
    if total == 0:
        return f"{grouped(count)} of 0"
    return f"{grouped(count)} of {grouped(total)} ({100 * count / total:.1f} %)"


def instant(at: datetime) -> str:
    """An instant to the second, in UTC, with the zone said."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def meant(signed: Signed) -> str:
    """What a signature means, with the comment of who gave it."""
    meaning = unhyphened(signed.meaning) or NOT_RECORDED
    return f"{meaning}; comment: {signed.comment}" if signed.comment else meaning


def unhyphened(name: str) -> str:
    """The name of a role or meaning as people write it.

    >>> unhyphened("responsible-person")
    'responsible person'
    """
    return name.replace("-", " ")


def signed_at(signed: Signed) -> str:
    """When a signature was given: by the signer's clock with its zone, and in UTC."""
    utc = instant(signed.at)
    return utc if signed.local in ("", utc) else f"{signed.local}, {utc}"


def span(period: tuple[date, date] | None, *, absent: str = NOT_APPLICABLE) -> str:
    """First and last day of a period, both included."""
    if period is None:
        return absent
    return f"{period[0].isoformat()} to {period[1].isoformat()}"


def one_of(names: tuple[str, ...], *, absent: str = NOT_RECORDED) -> str:
    """A list in a sentence, or the word for its absence."""
    return ", ".join(names) if names else absent
