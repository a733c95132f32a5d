"""Sample facts of the monitoring report, the change log and the audit export."""

from __future__ import annotations

from datetime import date, timedelta

from measures.estimate import Estimate
from regulatory.documents.audit_facts import AuditFacts, AuditRow, ChainCheck, MachineCopy, Scope
from regulatory.documents.change_facts import (
    ChangeEntry,
    ChangeLogFacts,
    DefinitionEntry,
    DeploymentEntry,
    RegimeDecision,
    VersionEntry,
)
from regulatory.documents.facts import ChartSeries, ModelName
from regulatory.documents.performance_facts import (
    AlertFacts,
    ChartFacts,
    Comparison,
    Decision,
    DriftReportFacts,
    OutputFacts,
    PerformanceFacts,
    RevalidationFacts,
    SitePeriod,
    WatchedPlan,
)
from tests.regulatory.documents.samples import (
    MODEL,
    SITES,
    about,
    at,
    edition,
    measured,
    note,
    random,
    sha,
    share_of,
    signed,
    traces,
)

NEXT = ModelName("MDV-0002", "pneumonia-cxr 1.1.0", sha("next weights"))
DAYS = tuple(date(2026, 1, 1) + timedelta(days=i) for i in range(60))


def chart(name: str, group: str, seed: int, *, drifts: bool) -> ChartFacts:
    """A chart over three sites, of which the second may signal after day 35."""
    rng = random(seed)
    series = []
    for place, site in enumerate(SITES):
        noise = [abs(float(x)) for x in rng.normal(size=60)]
        shifted = drifts and place == 1
        values: list[float | None] = [
            x + (2.5 + 0.2 * (i - 35) if shifted and i >= 35 else 0) for i, x in enumerate(noise)
        ]
        values[:3] = [None, None, None]
        signals = tuple(d for d, v in zip(DAYS, values, strict=True) if v is not None and v > 4.1)
        series.append(ChartSeries(site, DAYS, tuple(values), (4.1,) * 60, (), signals))
    return ChartFacts(
        name,
        f"Has the {name} changed?",
        group,
        "CUSUM of normal scores",  # type: ignore[arg-type]
        "the distribution in the frozen reference",
        "1 false alarm in 1,000 days",
        "CUSUM",
        tuple(series),
        records=("CHB-0001", "CHB-0002", "CHB-0003"),
    )


def performance_facts(**changes: object) -> PerformanceFacts:
    """A period of 60 days, one site degraded."""
    wait = Estimate.not_estimable("auc", "truth not yet known", n=0)
    facts: dict[str, object] = {
        "edition": edition("RV-DOC-26-0001"),
        "plan": WatchedPlan(
            "MPL-0001",
            sha("plan"),
            at(0),
            "0.05 over 60 days for the whole plan",
            "the budget is shared equally over 4 charts at 3 sites (Bonferroni)",
            "10 studies a day",
            "7 to 21 days",
        ),
        "sites": tuple(
            SitePeriod(
                site,
                MODEL,
                "shadow",
                DAYS[0],
                None,
                1200 - 3 * i,
                1196 - 3 * i,
                4 * i,
                840 - 30 * i,
                f"DEP-{i + 1:04d}",
            )
            for i, site in enumerate(SITES)
        ),
        "charts": (
            chart("image noise", "input", 1, drifts=True),
            chart("image sharpness", "input", 2, drifts=False),
            chart("score", "output", 3, drifts=True),
            chart("sensitivity", "performance", 4, drifts=False),
        ),
        "outputs": tuple(
            OutputFacts(
                site,
                about("score", 0.38 + 0.05 * i, 0.02, 1196, method="t"),
                share_of("flagged", 420 + 40 * i, 1196),
                share_of("out of distribution", 12 + 90 * (i == 1), 1196),
                f"MRN-{i:04d}",
            )
            for i, site in enumerate(SITES)
        ),
        "performance": (
            measured(about("auc", 0.872, 0.02, 2340), 60),
            measured(share_of("sensitivity", 700, 790), 61),
            *(
                measured(about("auc", 0.9 - 0.09 * (i == 1), 0.03, 780), 62 + i, site=s)
                for i, s in enumerate(SITES)
            ),
            measured(wait.for_subgroup("age: 18 to 39"), 70),
        ),
        "alerts": (
            AlertFacts(
                "ALT-0001",
                "Westspital",
                "image noise",
                "high",
                "Noise above its limit on 3 days in a row.",
                at(37, 2),
                "acknowledged",
                date(2026, 2, 4),
                "Demo Quality",
                at(37, 10, 20),
                "cause found: new detector software",
            ),
            AlertFacts(
                "ALT-0002", "Westspital", "score", "medium", "Score shifted.", at(41, 2), "open"
            ),
        ),
        "traces": traces(),
        "quarantine": (("Westspital", "no pixel data", 3), ("Seeklinik", "wrong modality", 8)),
        "drift_reports": tuple(
            DriftReportFacts(
                f"DRR-{i:04d}",
                DAYS[6 + 7 * i],
                "weekly",
                2000,
                420,
                6,
                ("noise", "sharpness") if i > 4 else (),
                sha(f"html{i}"),
            )
            for i in range(8)
        ),
        "revalidations": (
            RevalidationFacts(
                "RVL-0001",
                "ALT-0001",
                "Westspital",
                "alert ALT-0001",
                (DAYS[35], DAYS[50]),
                "degraded",
                "The AUC at the site fell after the change.",
                (
                    (
                        "auc",
                        measured(about("auc", 0.9, 0.03, 400), 80),
                        measured(about("auc", 0.81, 0.05, 210), 81),
                        about("auc difference", -0.09, 0.058, 610),
                    ),
                    ("sensitivity", measured(share_of("sensitivity", 120, 134), 82), None, None),
                ),
            ),
        ),
        "comparisons": (
            Comparison(
                "auc",
                "all sites",
                measured(about("auc", 0.912, 0.031, 312), 1),
                measured(about("auc", 0.872, 0.02, 2340), 60),
            ),
            Comparison(
                "sensitivity",
                "all sites",
                measured(share_of("sensitivity", 98, 108), 2),
                measured(share_of("sensitivity", 700, 790), 61),
            ),
        ),
        "decisions": (
            Decision(
                "ALT-0001",
                "investigate",
                "New detector software at the site",
                "Demo Quality",
                at(37, 10, 20),
            ),
        ),
        "notes": {
            "interpretation": note(
                "The fall is confined to one site and follows its new detector software."
            )
        },
    }
    return PerformanceFacts(**(facts | changes))  # type: ignore[arg-type]


def change_log_facts(**changes: object) -> ChangeLogFacts:
    """One version, refused and run as a shadow."""
    change = ChangeEntry(
        "CHR-0001",
        "First version of the pneumonia detector",
        "Release of model version MDV-0001",
        "First release",
        "demo.engineer",
        at(1, 12),
        "refused",
        "refused",
        at(1, 15),
        "demo.quality",
        "Criterion AC-4 not estimable",
        "",
        (
            RegimeDecision(
                "EU MDR", "no released predecessor: not a change", "Art. 120 does not apply"
            ),
        ),
        (
            ("AC-1 AUC, internal test", "met", "ACR-0001"),
            ("AC-4 sensitivity, young adults", "not estimable", "ACR-0004"),
        ),
        ("EVA-0001", "EVA-0002"),
        (
            signed("Demo Quality", "quality", "review", at(1, 14)),
            signed("Demo Regulatory", "regulatory", "approval", at(1, 14, 30), "SIG-0002"),
        ),
        "REL-0001",
    )
    version = VersionEntry(
        MODEL,
        "refused",
        at(1, 10),
        "DSV-0001",
        "",
        (change,),
        tuple(
            DeploymentEntry(f"DEP-{i:04d}", site, "shadow", at(1, 16))
            for i, site in enumerate(SITES, 1)
        ),
    )
    open_change = ChangeEntry(
        "CHR-0002",
        "Retraining after the alert",
        "New training data of one site",
        "ALT-0001",
        "demo.engineer",
        at(52),
        "proposed",
        "",
    )
    candidate = VersionEntry(NEXT, "candidate", at(52), "DSV-0002", "MDV-0001", (open_change,))
    facts: dict[str, object] = {
        "edition": edition("RV-DOC-27-0001"),
        "versions": (candidate, version),
        "definitions": (DefinitionEntry("DEV-0001", "1", sha("definition"), "accepted", at(0)),),
        "traces": traces(),
    }
    return ChangeLogFacts(**(facts | changes))  # type: ignore[arg-type]


def audit_row(sequence: int) -> AuditRow:
    """Mostly routine, now and then a person or a change of status."""
    person = sequence % 97 == 0
    status = sequence % 61 == 0
    made = ("Study", "Instance", "Prediction", "ChartPoint")[sequence % 4]
    new = '{"site":"Westspital","status":"acknowledged","note":"' + "word " * (sequence % 70) + '"}'
    return AuditRow(
        sequence,
        at(sequence // 150, sequence % 24),
        "demo.quality" if person else "watch",
        "person" if person else "service",
        ("quality",) if person else ("service",),
        "change status" if status else "sign in" if person else "create",
        f"Alert:{sequence}" if status else f"{made}:{sequence}",
        "cause found: new detector software at the site" if person else "daily watch",
        '{"status":"open"}' if status else "null",
        new,
        "radvigil 0.1.0",
        sha(str(sequence)),
    )


def audit_facts(count: int = 8000, **changes: object) -> AuditFacts:
    """A trail of `count` events."""
    facts: dict[str, object] = {
        "edition": edition("RV-DOC-28-0001"),
        "scope": Scope(
            "all events up to the data freeze",
            "Demo Regulatory",
            "inspection exercise",
            1,
            count,
            count,
        ),
        "check": ChainCheck(True, at(60), "radvigil 0.1.0", count, 6200, sha("head")),
        "copy": MachineCopy("audit-events.jsonl", sha("copy"), count, 512 * count),
        "events": tuple(audit_row(i) for i in range(1, count + 1)),
        "signatures": (
            ("ChangeRequest:1", signed("Demo Quality", "quality", "review", at(1, 14))),
        ),
        "time_source": "demonstration clock, fixed by the seed",
        "traces": traces(),
    }
    return AuditFacts(**(facts | changes))  # type: ignore[arg-type]
