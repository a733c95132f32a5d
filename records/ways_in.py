"""How each record that documents are made of comes in: by which command, page and table.

The codes are those of the list of records behind the documents. A document may only read what has
a way in here (tests/records/test_ways_in.py).
"""

from dataclasses import dataclass
from typing import Final

MADE: Final = "the program makes it: a table of it would be a record that nobody can trace"
SIGNED: Final = "a person signs it, one by one"


@dataclass(frozen=True, slots=True)
class Way:
    """A way in: the classes of record, the command without 'radvigil', the page by its address.

    table: the command that takes many from a file; where none does, `no_table` says why.
    """

    what: str
    records: tuple[str, ...]
    command: str
    page: str = ""
    table: str = ""
    no_table: str = ""


def _fact(what: str, kind: str, *records: str) -> Way:
    return Way(what, records, f"fact add {kind}", "facts", f"fact import {kind}")


_DEFINED: Final = "device define"
WAYS: Final[dict[str, tuple[Way, ...]]] = {
    "DEV": (
        Way("definition: name, class, maker, UDI, tasks", ("Device", "Site"), _DEFINED,
            table=_DEFINED),
        Way("countries of sites", ("Site",), "site place", table="site import"),
        Way("addresses of sites", ("Site",), "site address", table="site import"),
        _fact("certificates and declarations", "certificate", "Certificate"),
        _fact("UDI-DI, EMDN, product code", "identifier", "DeviceIdentifier"),
        _fact("countries", "market", "MarketPlacing"),
        Way("which version was cleared", ("Clearance",), "model clear", no_table=SIGNED),
    ),
    "ORG": (
        _fact("maker, representative, PRRC, contacts", "organisation", "Organisation"),
        _fact("suppliers", "supplier", "Supplier"),
    ),
    "IU": (Way("purpose, indications, population, users, environment, warnings, expected life",
               ("Device",), _DEFINED, table=_DEFINED),),
    "LBL": (_fact("claims of label and instructions", "claim", "LabelClaim"),),
    "MV": (Way("versions", ("ModelVersion", "JourneyStep"), "model register", no_table=MADE),),
    "DS": (
        Way("datasets", ("DatasetVersion", "GateResult"), "dataset freeze", no_table=MADE),
        Way("studies", ("Study", "Instance", "Quarantine", "StudyCorrection"), "study ingest",
            table="study ingest"),
        Way("truth", ("ReferenceStandard",), "study truth", "reference-standards", "study truth"),
    ),
    "EV": (Way("evaluations", ("Evaluation", "EvaluationResult", "AcceptanceResult"),
               "model evaluate", "validations", no_table=MADE),),
    "SG": (Way("results of subgroups", ("EvaluationResult",), "model evaluate", "validations",
               no_table=MADE),),
    "RS": (
        _fact("studies of readers", "reader-study", "ReaderStudy"),
        Way("single readings", ("ReaderAssessment",), "study assessments", "readers",
            "study assessments"),
    ),
    "MON": (Way("plan of surveillance", ("MonitoringPlan", "ChartBaseline"), "monitor start",
                no_table=MADE),),
    "DR": (
        Way("days of surveillance", ("MonitoringRun", "ChartPoint", "DriftReport", "Prediction"),
            "monitor day", "drift-and-alerts", no_table=MADE),
        Way("references that were renewed", ("RenewedReference",), "monitor renew",
            no_table="each is a person's word on one site"),
        Way("revalidations", ("Revalidation",), "monitor revalidate", "revalidations",
            no_table=MADE),
        Way("results of other makers' products", ("ExternalResult",), "external receive",
            table="external receive"),
    ),
    "ALT": (
        Way("alerts and answers", ("Alert", "AlertEscalation"), "alert close",
            "alerts", no_table=MADE),
        Way("who works on an alert", ("AlertAssignment",), "alert assign", "alerts",
            no_table="a person's word, one by one"),
        Way("who was told", ("Message",), "alert send", no_table=MADE),
    ),
    "EXP": (_fact("patients and studies", "exposure", "ExposureEstimate"),),
    "SAL": (_fact("sales and installations", "sales", "Sales"),),
    "CMP": (
        Way("complaints", ("Complaint",), "complaint receive", "incidents", "complaint import"),
        Way("complaints that tell of the same", ("ComplaintLink",), "complaint link", "incidents",
            no_table="a person's word, one by one"),
    ),
    "INC": (
        Way("incidents", ("Incident",), "incident open", "incidents",
            no_table="each is opened from a complaint or a candidate, by a decision"),
        Way("candidates and their screening", ("AwarenessCandidate", "CandidateScreening"),
            "incident screen", "incidents", no_table=SIGNED),
        Way("what a site was asked, and its answer", ("InformationRequest",), "incident request",
            no_table="each is asked of one site, and answered one by one"),
        Way("trends of incidents", ("TrendLook", "TrendDecision"), "monitor trend-decide",
            no_table=SIGNED),
    ),
    "RPT": (Way("reportability", ("Reportability", "ReportabilityDecision"), "incident decide",
                "incidents", no_table=SIGNED),),
    "CLK": (
        Way("awareness and clocks", ("AwarenessFact", "GoverningFact", "ClockInstance"),
            "incident fact", "incidents",
            no_table="each fact starts clocks, and is told one by one"),
        Way("another day than the computed one", ("DayOverride",), "work override", "incidents",
            no_table=SIGNED),
        Way("who was reminded", ("WorkReminder",), "work remind", no_table=MADE),
    ),
    "SUB": (
        Way("reports and submissions", ("RegulatoryReport", "Submission"), "incident submit",
            "incidents", no_table=SIGNED),
        Way("filled forms", ("FormVersion",), "submission keep", no_table=SIGNED),
    ),
    "FSCA": (
        Way("field safety corrective actions", ("FieldAction",), "field-action open",
            no_table=SIGNED),
        Way("whether they worked", ("FieldActionCheck",), "field-action close", no_table=SIGNED),
        Way("use that was suspended", ("Suspension",), "suspension propose", "revalidations",
            no_table=SIGNED),
        Way("use that was resumed", ("Resumption",), "suspension resume", "revalidations",
            no_table=SIGNED),
        Way("corrections, and whether they are reported", ("CorrectionAssessment",),
            "suspension assess", "revalidations", no_table=SIGNED),
    ),
    "FSN": (Way("notices and who answered", ("FieldNotice",), "field-action notify",
                no_table="each goes to one consignee, whose answer is told one by one"),),
    "CAPA": (Way("corrective and preventive actions", ("CAPA", "NoCAPA"), "capa open", "capas",
                 "capa import"),),
    "NC": (_fact("nonconformities", "nonconformity", "Nonconformity"),),
    "CR": (Way("changes", ("ChangeRequest",), "change propose", "pending-changes",
               no_table=SIGNED),),
    "CIA": (Way("what a change is under each regime", ("RegimeDecision", "PlanCheck",
                                                       "RuleSetApproval"),
                "change assess", "pending-changes", no_table=SIGNED),),
    "PCCP": (Way("plan of changes", ("Device",), _DEFINED, table=_DEFINED),),
    "REL": (Way("releases", ("Release",), "change release", "pending-changes", no_table=SIGNED),),
    "DEP": (
        Way("deployments", ("Deployment",), "rollout advance", no_table=MADE),
        Way("rollbacks", ("Rollback",), "change rollback", "rollouts", no_table=SIGNED),
    ),
    "RISK": (Way("risks and reviews", ("RiskFile", "RiskItem", "RiskReview"), "risk import",
                 table="risk import"),),
    "RC": (Way("controls of risks", ("RiskItem",), "risk import", table="risk import"),),
    "REQ": (
        _fact("general safety and performance requirements", "gspr", "SafetyRequirement"),
        _fact("standards", "standard", "AppliedStandard"),
    ),
    "TST": (
        Way("runs of tests with their requirements", ("TestRun",), "trace results",
            table="trace results"),
        Way("checks of the installation", ("InstallationCheck",), "install verify", no_table=MADE),
    ),
    "ANOM": (Way("problems and known anomalies", ("ProblemReport",), "problem report",
                 no_table=SIGNED),),
    "SOUP": (Way("software of others", ("SoupReview",), "soup review", no_table=SIGNED),),
    "SBOM": (Way("bill of materials", ("SoupReview",), "model sbom", no_table=MADE),),
    "VULN": (Way("advisories", ("VulnerabilityTriage",), "soup advisories",
                 table="soup advisories"),),
    "PLAN": (
        _fact("sources of the PMS plan", "plan-source", "PlanSource"),
        _fact("indicators and thresholds", "plan-indicator", "PlanIndicator"),
    ),
    "LIT": (
        _fact("searches of literature", "literature-search", "LiteratureSearch"),
        _fact("what publications say", "literature-finding", "LiteratureFinding"),
    ),
    "EXT": (
        _fact("searches of databases", "database-search", "RegisterSearch"),
        _fact("similar devices", "similar-device", "SimilarDevice"),
    ),
    "PMCF": (_fact("PMCF activities", "pmcf-activity", "FollowUpActivity"),),
    "SIG": (Way("signatures", ("Signature", "Actor"), "document sign", "documents",
                no_table=SIGNED),),
    "AUD": (Way("audit trail", (), "audit show", "audit-trail", no_table=MADE),),
    "DOC": (
        Way("documents", ("Document",), "document compile", "documents", no_table=MADE),
        Way("texts of people", ("DocumentText",), "document write", "documents",
            "document import-texts"),
        Way("readings by the reviewer's checklist", ("ChecklistAnswer",), "document checklist",
            "documents", "document checklist"),
    ),
    "RET": (Way("facts that periods are counted from, holds", ("RetentionFact", "LegalHold"),
                "retention fact", "keeping", no_table="each needs its evidence"),),
}
"""By code of record."""


def records_with_a_way_in() -> frozenset[str]:
    """The classes of record that somebody or something can enter."""
    return frozenset(name for ways in WAYS.values() for one in ways for name in one.records)
