"""Sample facts of a validation report."""

from __future__ import annotations

from measures.estimate import Estimate
from regulatory.documents.facts import Curve, FlowStep, Measured, Reliability
from regulatory.documents.validation_facts import (
    Claim,
    CriteriaPlan,
    CriterionResult,
    DatasetCheck,
    DatasetFacts,
    Deviation,
    IntendedUse,
    Method,
    MissingField,
    ModelFacts,
    Overlap,
    PartitionFacts,
    ReferenceFacts,
    SiteCount,
    SplitCount,
    SplitResult,
    TwoByTwo,
    ValidationFacts,
    Verdict,
)
from tests.regulatory.documents.sample_beyond import beyond_facts
from tests.regulatory.documents.samples import (
    MODEL,
    about,
    at,
    edition,
    measured,
    note,
    sha,
    share_of,
    signed,
    traces,
)


def intended() -> IntendedUse:
    """What the sample device is for."""
    return IntendedUse(
        record="DEV-0001",
        purpose="Flags adult frontal chest radiographs that are suspicious for pneumonia, so that "
        "they are read first. It does not replace the radiologist's reading.",
        users=("radiologists", "emergency physicians"),
        population="Adults of 18 years and older",
        indications="Frontal chest radiograph requested for suspected pneumonia",
        contraindications=(
            "lateral views",
            "patients below 18 years",
            "portable units without grid",
        ),
        input_requirements=(
            ("Modality", "DX, CR"),
            ("View", "PA, AP"),
            ("Smallest size", "128 × 128 pixels"),
        ),
        claims=(
            Claim("auc", 0.85, 0.05, "internal_test"),
            Claim("sensitivity", 0.9, 0.05, "external_test"),
        ),
    )


def criteria() -> CriteriaPlan:
    """Four criteria, one of them not estimable."""
    rows = (
        (
            "AC-1",
            "auc",
            "internal_test",
            "all",
            "low",
            0.80,
            about("auc", 0.912, 0.031, 312),
            "met",
        ),
        (
            "AC-2",
            "sensitivity",
            "internal_test",
            "all",
            "value",
            0.85,
            share_of("sensitivity", 98, 108),
            "met",
        ),
        (
            "AC-3",
            "auc",
            "external_test",
            "all",
            "low",
            0.75,
            about("auc", 0.871, 0.042, 240),
            "met",
        ),
        (
            "AC-4",
            "sensitivity",
            "external_test",
            "age 18 to 39",
            "value",
            0.8,
            Estimate.not_estimable(
                "sensitivity",
                "fewer than 10 studies with the finding",
                n=6,
                subgroup="age 18 to 39",
            ),
            "not estimable",
        ),
    )
    return CriteriaPlan(
        record="DEV-0001",
        digest=sha("criteria"),
        declared_at=at(0, 8),
        first_evaluated_at=at(1, 11, 42),
        criteria=tuple(
            CriterionResult(i, m, s, g, b, limit, None, seen, v, f"ACR-{n:04d}")
            for n, (i, m, s, g, b, limit, seen, v) in enumerate(rows, 1)
        ),
        signed=(signed("Demo Quality", "quality", "approval", at(0, 8, 30)),),
    )


def dataset() -> DatasetFacts:
    """Three development sites and one held out."""
    names = ("Nordklinik", "Westspital", "Seeklinik", "Bergklinik")
    counts = ((402, 371, 141), (398, 366, 138), (400, 377, 133), (240, 224, 84))
    return DatasetFacts(
        record="DSV-0001",
        name="chest-pneumonia-2026-01",
        digest=sha("manifest"),
        frozen_at=at(0, 16),
        source="Simulator of radiographs (seed 7); every study is simulated",
        design="Retrospective, consecutive studies, one external institution held out",
        flow=(
            FlowStep(
                "Files received",
                1482,
                (
                    ("duplicate", 12),
                    ("quarantined: no pixel data", 5),
                    ("quarantined: wrong modality", 9),
                ),
            ),
            FlowStep(
                "Studies accepted",
                1456,
                (("excluded: age below 18 years", 12), ("excluded: no reference standard", 4)),
            ),
            FlowStep("Studies in the dataset version", 1440, ()),
        ),
        splits=(
            SplitCount("train", 720, 668, 248, names[:3]),
            SplitCount("tuning", 168, 155, 56, names[:3]),
            SplitCount("internal_test", 312, 291, 108, names[:3]),
            SplitCount("external_test", 240, 224, 84, names[3:]),
        ),
        sites=tuple(
            SiteCount(
                name,
                "external_test" if n == 3 else "development",
                s,
                p,
                k,
                s // 2 - 4,
                None if n == 2 else s - s // 2,
                4,
                58.0 - n,
                7 * n,
                ("Maker A DX-1", "Maker B"),
            )
            for n, (name, (s, p, k)) in enumerate(zip(names, counts, strict=True))
        ),
        missing=(
            MissingField("age_years", 42, 1440, "left out of the age subgroups"),
            MissingField("sex", 16, 1440, "left out of the sex subgroups"),
            MissingField("view", 0, 1440, "none"),
        ),
        assigned=("site", "date"),
        eligibility=("adults", "frontal view", "reference standard known"),
        deidentification=(
            ("Method", "DICOM PS3.15 basic profile; keyed pseudonyms; dates shifted by patient"),
            ("Files", "1,456"),
            ("Elements removed", "18,204"),
            ("Elements replaced", "7,280"),
            ("Burned-in text", "checked; 3 files quarantined"),
        ),
        deidentification_record="AUD-000412",
        gate_record="GTE-0001",
        gate_passed=14,
        gate_total=14,
        checks=(
            DatasetCheck(
                "duplicates_across_splits", "split", "met", 1440,
                "0 equal pictures in more than one split",
            ),
            DatasetCheck(
                "shortcuts", "view", "limitation", 1200,
                "the finding can be told from view: AUC 0.64 (0.61 to 0.67), p = 0.008 (Holm)",
                Estimate("auc", 1200, 0.64, 0.61, 0.67, method="within folds, Obuchowski, logit"),
            ),
            DatasetCheck(
                "population", "internal_test: sex F, sensitivity", "limitation", 150,
                "44 with the finding; sensitivity 0.8 to within ± 0.1 needs 61; to collect: 17 "
                "more with the finding",
            ),
        ),
    )


def results(
    split: str, first: int, auc: float, n: int, tp: int, fp: int, fn: int, tn: int
) -> SplitResult:
    """All estimates on one test set."""
    pos, neg = tp + fn, fp + tn
    record = f"EVA-{1 if split == 'internal_test' else 2:04d}"
    found = (
        about("auc", auc, 0.031, n),
        share_of("sensitivity", tp, pos),
        share_of("specificity", tn, neg),
        share_of("ppv", tp, tp + fp),
        share_of("npv", tn, tn + fn),
        about("f1", 0.84, 0.04, n, method="bootstrap, clustered"),
        about("brier", 0.11, 0.015, n, method="bootstrap, clustered"),
        about("calibration_slope", 0.96, 0.14, n, method="Wald"),
        about("calibration_intercept", -0.07, 0.21, n, method="Wald"),
    )
    groups = (
        "sex: female",
        "sex: male",
        "age: 18 to 39",
        "age: 40 to 64",
        "age: 65 and older",
        "view: PA",
        "view: AP",
    )
    by_group: list[Measured] = []
    for place, group in enumerate(groups):
        number = first + 10 + 2 * place
        if group == "age: 18 to 39":
            why = "fewer than 10 studies with the finding"
            for step, measure in enumerate(("auc", "sensitivity")):
                one = Estimate.not_estimable(measure, why, n=6, subgroup=group)
                by_group.append(measured(one, number + step, split=split))
            continue
        by_group.append(
            measured(
                about("auc", auc - 0.01 * (place % 3), 0.05, 100 + place, group=group),
                number,
                split=split,
            )
        )
        by_group.append(
            measured(
                share_of("sensitivity", 40 + place, 46 + place, group), number + 1, split=split
            )
        )
    rates = tuple(round(i / 120, 4) for i in range(121))
    power = (1 - auc) / auc
    return SplitResult(
        split=split,
        record=record,
        at=at(1, 11, 42),
        counts=TwoByTwo(tp, fp, fn, tn, 0),
        measures=tuple(measured(one, first + i, split=split) for i, one in enumerate(found)),
        subgroups=tuple(by_group),
        roc=Curve(
            split.replace("_", " "),
            rates,
            tuple(r**power for r in rates),
            found[0],
            (fp / neg, tp / pos),
        ),
        reliability=Reliability(
            split.replace("_", " "),
            (0.05, 0.15, 0.35, 0.6, 0.9),
            tuple(share_of("observed", k, 60) for k in (4, 8, 22, 38, 55)),
        ),
    )


def validation_facts(**changes: object) -> ValidationFacts:
    """A whole validation report's facts."""
    facts: dict[str, object] = {
        "edition": edition("RV-DOC-22-0001", period=None),
        "intended": intended(),
        "plan": criteria(),
        "dataset": dataset(),
        "reference": ReferenceFacts(
            "Opacity present in the simulated anatomy",
            "simulator",
            record="DSV-0001",
            adjudication="not needed: truth is simulated",
        ),
        "partition": PartitionFacts(
            "patient",
            "hash of the pseudonym, stratified by site",
            7,
            tuple(
                Overlap(a, b, 0)
                for a, b in (
                    ("train", "tuning"),
                    ("train", "internal_test"),
                    ("train", "external_test"),
                    ("tuning", "internal_test"),
                )
            ),
            0,
            "DSV-0001",
            "site Bergklinik, never seen in development",
        ),
        "model": ModelFacts(
            MODEL,
            "one frontal radiograph, scaled to 128 × 128",
            "probability and decision",
            (("Architecture", "residual network, 8 layers"), ("Parameters", "174,000")),
            (("python", "3.11.7"), ("torch", "2.13.0"), ("pydicom", "3.0.2")),
            (("Epochs", "12"), ("Seed", "7"), ("Loss, last epoch", "0.214")),
            0.3127,
            "fixed sensitivity of at least 0.90",
            "tuning",
            "Platt, slope 1.08, intercept −0.12",
            "DSV-0001",
        ),
        "methods": (
            Method("auc", "share of pairs ranked rightly", "DeLong, logit scale"),
            Method("sensitivity", "flagged among those with the finding", "Wilson"),
            Method("specificity", "not flagged among those without", "Wilson"),
            Method("brier", "mean squared error of the probability", "bootstrap by patient"),
        ),
        "results": (
            results("internal_test", 1, 0.912, 312, 98, 31, 10, 173),
            results("external_test", 30, 0.871, 240, 73, 29, 11, 127),
        ),
        "verdict": Verdict(
            "not estimable",
            "Release is not recommended: criterion AC-4 could not "
            "be judged. The version may run as a shadow.",
            "CHR-0001",
        ),
        "traces": traces(),
        "clustering": "intervals by patient (cluster bootstrap)",
        "multiplicity": "no correction: each criterion must be met on its own",
        "beyond": beyond_facts(),
        "deviations": (
            Deviation("One site sent no dates", "dates assigned from the seed", "DSV-0001"),
        ),
        "notes": {
            "clinical_interpretation": note(
                "The sensitivity is in the range of junior readers. The weak point are young "
                "adults: too few were studied.\nIt holds for the simulated sites only."
            ),
            "limits": note("Simulated data. No conclusion for care may be drawn from it."),
        },
    }
    return ValidationFacts(**(facts | changes))  # type: ignore[arg-type]
