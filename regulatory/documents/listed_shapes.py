"""How each named list of records is set: its caption, its columns, what is said of an empty one."""

from __future__ import annotations

from typing import Final

from regulatory.documents.blocks import Align, Column
from regulatory.documents.listed import Shape

REGULATORY, QUALITY = "regulatory affairs", "quality manager"
CLINICAL, ENGINEER, DATA = "clinical lead", "engineer", "data steward"
_PAIRS: Final = (("item", Column("Item")), ("said", Column("Value")))


def _of(*columns: tuple[str, str, float]) -> tuple[tuple[str, Column], ...]:
    """Columns by name, title and width; a title ending in '>' has its values on the right."""
    found = []
    for key, title, width in columns:
        side: Align = "right" if title.endswith(">") else "left"
        found.append((key, Column(title.removesuffix(">"), align=side, width=width)))
    return tuple(found)


def _pairs(caption: str, none: str, who: str, clause: str = "") -> Shape:
    return Shape(caption, _PAIRS, none, who, clause, pairs=True)


_ESTIMATE: Final = ("estimate", "Estimate with interval and n", 2.4)
_RECORD: Final = ("record", "Record", 0.9)

DEFINED: Final[dict[str, Shape]] = {
    "identity": _pairs("Identification", "Nothing is recorded.", REGULATORY),
    "purpose": _pairs("Purpose and users", "Nothing is recorded.", REGULATORY),
    "conditions": _pairs("Conditions of use", "Nothing is recorded.", REGULATORY,
                         "EU MDR Annex I 23.4"),
    "inputs": _pairs("Inputs", "Nothing is recorded.", ENGINEER),
    "outputs": _pairs("Outputs", "Nothing is recorded.", ENGINEER),
    "routes": _pairs("Routes to the market", "The definition states no route to a market.",
                     REGULATORY),
    "claimed": Shape(
        "Performance that is claimed",
        _of(("measure", "Measure", 2), ("group", "Group", 1.4), ("value", "Claimed>", 0.9),
            ("margin", "Margin>", 0.9), _RECORD),
        "The definition claims no performance.", CLINICAL),
    "subgroups": Shape(
        "Groups that are analysed everywhere",
        _of(("name", "Group", 1.2), ("field", "By", 1.2), ("levels", "Levels", 3), _RECORD),
        "The definition declares no subgroup.", CLINICAL),
    "declared_criteria": Shape(
        "Acceptance criteria as declared",
        _of(("id", "Criterion", 0.8), ("split", "Measured on", 1.2), ("measure", "Measure", 2),
            ("group", "Group", 1.2), ("limit", "Limit", 1.8), _RECORD),
        "The definition declares no acceptance criterion.", CLINICAL),
    "revisions": Shape(
        "Revisions of the device definition",
        _of(("revision", "Revision>", 0.8), ("status", "Status", 1), ("at", "Defined at", 1.6),
            ("digest", "Digest", 1.4), _RECORD),
        "No revision is on record.", REGULATORY),
}  # fmt: skip

MADE: Final[dict[str, Shape]] = {
    "versions": Shape(
        "Model versions, newest first",
        _of(("name", "Version", 1.6), ("digest", "Weights", 1.4), ("status", "Status", 1),
            ("at", "Trained or registered", 1.6), ("dataset", "Trained or tested on", 1.2),
            ("architecture", "Architecture", 1.6), ("operating_point", "Operating point>", 1),
            _RECORD),
        "No model version is on record.", ENGINEER),
    "model": _pairs("The current model version", "No model version is on record.", ENGINEER),
    "changes": Shape(
        "Changes of the device",
        _of(_RECORD, ("title", "Change", 2), ("version", "Version", 1.4), ("reason", "Reason", 2.2),
            ("at", "Proposed", 1.3), ("status", "Status", 1), ("outcome", "Outcome", 1.6)),
        "No change request is on record.", QUALITY),
    "datasets": Shape(
        "Parts of the dataset",
        _of(("split", "Part", 1.2), ("studies", "Studies>", 0.8), ("patients", "Patients>", 0.8),
            ("positive", "With finding>", 0.9), ("sites", "Sites, with studies of each", 3),
            _RECORD),
        "No dataset version is on record.", DATA),
    "data_origin": _pairs("Where the data are from", "No dataset version is on record.", DATA),
    "data_checks": Shape(
        "Rules of the dataset that were not met, or could not be judged",
        _of(("rule", "Rule", 1.2), ("subject", "About", 1.2), ("state", "Outcome", 1),
            ("n", "Images (n)>", 0.8), ("said", "Found", 3.4), _RECORD),
        "No rule of the dataset was broken on record.", DATA),
    "deployments": Shape(
        "Where the device runs or ran",
        _of(("site", "Site", 1.6), ("version", "Version", 1.6), ("mode", "Mode", 0.9),
            ("since", "From", 1.5), ("until", "To", 1.5), _RECORD),
        "The device has run nowhere (0 deployments on record).", ENGINEER),
    "clearances": Shape(
        "Clearances and certifications of a version",
        _of(("version", "Version", 1.4), ("authority", "Authority", 1.4), ("number", "Number", 1.4),
            ("on", "On", 1), _RECORD),
        "No clearance or certification of a version is on record.", REGULATORY),
    "results": Shape(
        "Stored results on the locked tests, all studies",
        _of(("split", "Measured on", 1), ("measure", "Measure", 1.8), _ESTIMATE,
            ("counts", "Counts", 1), ("method", "Interval", 1.4), _RECORD),
        "No evaluation of the version is on record.", ENGINEER, "EU MDR Annex II 6.1"),
    "group_results": Shape(
        "Stored results on the locked tests, by group",
        _of(("split", "Measured on", 1), ("measure", "Measure", 1.6), ("group", "Group", 1.4),
            _ESTIMATE, ("counts", "Counts", 1), _RECORD),
        "No result by group is on record.", ENGINEER, "EU MDR Annex II 6.1"),
    "field_results": Shape(
        "Stored results in use, all sites, each site and each group",
        _of(("period", "Period", 1.3), ("measure", "Measure", 1.6), ("group", "Group", 1.4),
            _ESTIMATE, ("counts", "Counts", 1), _RECORD),
        "No evaluation of use is on record.", QUALITY),
    "verdicts": Shape(
        "Acceptance criteria as judged",
        _of(("criterion", "Criterion", 0.8), ("statement", "Statement", 2.8),
            ("observed", "Observed>", 0.9), ("bound", "Limit>", 0.8), ("verdict", "Verdict", 0.9),
            ("at", "Judged at", 1.4), _RECORD),
        "No acceptance criterion of the version was judged.", ENGINEER),
}  # fmt: skip

RISK_AND_TESTS: Final[dict[str, Shape]] = {
    "risks": Shape(
        "Risks, with estimates before and after controls",
        _of(("code", "Item", 0.6), ("category", "Category", 1), ("hazard", "Hazard", 2),
            ("harm", "Harm", 1.4), ("severity", "Severity (1 to 5)>", 0.8),
            ("before", "Before, of studies read", 0.9), ("after", "After, of studies read", 0.9),
            ("controls", "Controls", 1.1), ("residual", "What remains", 2), _RECORD),
        "No risk is on record.", QUALITY, "ISO 14971:2019, 7"),
    "residual_risks": Shape(
        "Risks that remain after controls",
        _of(("code", "Item", 0.6), ("category", "Category", 1), ("hazard", "Hazard", 2.4),
            ("severity", "Severity (1 to 5)>", 0.8), ("after", "After, of studies read", 1),
            ("residual", "What remains", 2.8), _RECORD),
        "No risk is on record.", QUALITY, "ISO 14971:2019, 7"),
    "security_risks": Shape(
        "Risks of security, of data and of inputs",
        _of(("code", "Item", 0.6), ("category", "Category", 1), ("hazard", "Hazard", 2.2),
            ("harm", "Harm", 1.4), ("severity", "Severity (1 to 5)>", 0.8),
            ("before", "Before, of studies read", 0.9), ("after", "After, of studies read", 0.9),
            ("controls", "Controls", 1.1), _RECORD),
        "The risk file holds no item of these categories.", QUALITY, "ISO 14971:2019, 7"),
    "controls": Shape(
        "Risk controls and what verifies them",
        _of(("id", "Control", 0.7), ("code", "Item", 0.6), ("kind", "Kind", 1.1),
            ("words", "Words", 2.6), ("requirements", "Requirements", 1.1),
            ("verified", "Verified by", 2.2), _RECORD),
        "No risk control is on record.", QUALITY, "ISO 14971:2019, 7.2"),
    "tests": Shape(
        "Requirements of which something is missing",
        _of(("requirement", "Requirement", 0.9), ("title", "Title", 2.4), ("needs", "Needs", 0.9),
            ("risks", "Risks", 0.9), ("tests", "Tests>", 0.6), ("results", "Results", 1.3),
            ("gaps", "What is missing", 1.6), _RECORD),
        "Of no requirement anything is missing.", QUALITY, "IEC 62304:2006+A1:2015, 5.7"),
    "anomalies": Shape(
        "Problems that are not gone from a version",
        _of(_RECORD, ("version", "Version", 1.3), ("words", "As reported", 2.4),
            ("severity", "Severity", 0.8), ("status", "Status", 1), ("risk", "Risk", 1.6),
            ("rationale", "Rationale", 1.6)),
        "No open problem and no known anomaly is on record.", QUALITY),
    "vulnerabilities": Shape(
        "Advisories that name a component, and what was decided",
        _of(_RECORD, ("component", "Component", 1.2), ("version", "Version", 0.8),
            ("advisory", "Advisory", 1.2), ("severity", "Severity", 1.4), ("status", "Status", 1),
            ("words", "Decided", 2)),
        "No advisory that names a component is on record.", ENGINEER),
    "charts": Shape(
        "Charts of the monitoring plan",
        _of(("name", "Chart", 1.4), ("detector", "Method", 1.3), ("parameters", "Parameters", 2.4),
            ("class", "Class of alerts", 1), ("references", "Sites with a frozen reference>", 1),
            _RECORD),
        "The plan has no chart.", ENGINEER),
    "plan_rules": _pairs("Rules of the monitoring plan", "The plan states no rule.", ENGINEER),
    "alert_rules": Shape(
        "How alerts are answered",
        _of(("class", "Class of alerts", 1.2), ("acknowledge", "Acknowledged within (days)>", 1),
            ("close", "Closed within (days)>", 1), ("action", "Required action", 1.4),
            ("signed", "Signed", 0.7), ("owner", "Owner", 0.9),
            ("escalate", "Goes on to", 1.6), _RECORD),
        "The plan states no rule for alerts.", QUALITY),
    "trend": Shape(
        "Events that are counted for trends, with what is expected",
        _of(("name", "Category", 1.3), ("events", "Events", 2), ("rate", "Expected rate>", 1),
            ("unit", "For each", 1), ("source", "Source", 2), _RECORD),
        "The plan names no category of a trend.", QUALITY, "EU MDR Art. 88"),
    "planned_changes": Shape(
        "Modifications that the change control plan allows",
        _of(("id", "Modification", 0.9), ("description", "Description", 2.4),
            ("bounds", "Bounds", 2.6), _RECORD),
        "The change control plan allows no modification.", REGULATORY),
    "plan_of_changes": _pairs("Change control plan", "There is no change control plan.",
                              REGULATORY, "FD&C Act 515C"),
}  # fmt: skip

FACTS: Final[dict[str, Shape]] = {
    "organisations": Shape(
        "Organisations and people",
        _of(("role", "Role", 1.3), ("name", "Name", 1.6), ("address", "Address", 1.6),
            ("country", "Country", 0.6), ("registration", "Registration", 1.3),
            ("contact", "Contact", 1.4), _RECORD),
        "No organisation is recorded.", REGULATORY, "EU MDR Annex II 1.1"),
    "suppliers": Shape(
        "Suppliers and outsourced work",
        _of(("name", "Supplier", 1.3), ("supplies", "What is supplied", 1.8),
            ("critical", "Critical", 0.7), ("control", "Control", 1.8), ("address", "Where", 1),
            ("on", "Evaluated", 0.9), ("outcome", "Outcome", 0.9), _RECORD),
        "No supplier is recorded.", QUALITY, "EU MDR Annex II 3(c)"),
    "certificates": Shape(
        "Certificates, clearances and declarations",
        _of(("of", "What", 1.6), ("number", "Number", 1.1), ("by", "Issued by", 1.4),
            ("scope", "Scope", 1.4), ("on", "Issued", 0.9), ("until", "Valid until", 0.9),
            ("state", "State", 0.7), _RECORD),
        "No certificate or declaration is recorded.", REGULATORY, "EU MDR Annex II"),
    "identifiers": Shape(
        "Identifiers",
        _of(("udi", "UDI-DI", 1.6), ("basic", "Basic UDI-DI", 1.5), ("issuer", "Issuer", 0.7),
            ("version", "Version", 0.8), ("emdn", "EMDN", 0.7), ("code", "Product code", 0.7),
            ("since", "From", 0.9), _RECORD),
        "No identifier is recorded.", REGULATORY, "EU MDR Art. 27"),
    "markets": Shape(
        "Countries where the device is on the market",
        _of(("country", "Country", 0.7), ("since", "Since", 1), ("languages", "Languages", 1.6),
            ("registered", "Registered as", 1.4), _RECORD),
        "No country is recorded.", REGULATORY),
    "label_claims": Shape(
        "Claims of label and instructions, with their evidence",
        _of(("item", "Where it stands", 1.6), ("claim", "Words", 2.4),
            ("language", "Language", 0.8), ("measure", "Measure", 1),
            ("evidence", "Records", 1.2), ("grounds", "Other evidence", 1.6), _RECORD),
        "No claim is recorded.", REGULATORY, "EU MDR Art. 7"),
    "gspr": Shape(
        "Annex I, row by row",
        _of(("requirement", "Annex I", 0.6), ("applies", "Applies", 0.6),
            ("solution", "Standard or solution; where it does not apply, why", 2.4),
            ("evidence", "Records", 1), ("grounds", "Documents", 1.8), _RECORD),
        "No row of Annex I is recorded.", REGULATORY, "EU MDR Annex II 4"),
    "standards": Shape(
        "Standards and common specifications",
        _of(("designation", "Designation", 1.4), ("title", "About", 2), ("harmonised",
            "Harmonised", 0.8), ("extent", "Applied", 0.8), ("left_out", "What was left out", 1.6),
            ("since", "Since", 0.9), _RECORD),
        "No standard is recorded.", REGULATORY),
    "similar": Shape(
        "Similar devices, predicates and earlier generations",
        _of(("name", "Device", 1.2), ("maker", "Maker", 1.2), ("likeness", "How alike", 0.9),
            ("number", "Number", 0.9), ("compared", "Purpose, technique and performance", 2.4),
            ("on", "Compared", 0.9), _RECORD),
        "No similar device is recorded.", CLINICAL, "EU MDR Annex II 1.2"),
    "activities": Shape(
        "Activities of clinical follow-up: aim and method",
        _of(("key", "Activity", 1), ("aim", "Aim", 2), ("method", "Method", 1.8),
            ("endpoint", "Endpoint", 1.5), ("planned", "Planned n>", 0.7),
            ("since", "From", 0.9), ("until", "To", 0.9), ("owner", "Owner", 0.9), _RECORD),
        "No activity of clinical follow-up is recorded.", CLINICAL, "EU MDR Annex XIV part B 6.2"),
    "activity_results": Shape(
        "Activities of clinical follow-up: state and result",
        _of(("key", "Activity", 1), ("state", "State", 0.8), ("reached", "Reached n>", 0.7),
            ("planned", "Planned n>", 0.7), ("result", "Result", 2), ("conclusion",
            "What follows", 1.8), ("evidence", "Records", 1), _RECORD),
        "No activity of clinical follow-up is recorded.", CLINICAL, "EU MDR Annex XIV part B 7"),
    "activity_deviations": Shape(
        "Deviations from the plan",
        _of(("key", "Activity", 1), ("deviations", "Deviation", 3.4), _RECORD),
        "No deviation is recorded.", CLINICAL),
    "reader_studies": Shape(
        "Studies of readers",
        _of(("title", "Study", 1.4), ("design", "Design", 0.9), ("readers", "Readers>", 0.6),
            ("cases", "Cases>", 0.6), ("diseased", "With finding>", 0.7), ("arms", "Arms", 1.3),
            ("endpoint", "Endpoint", 1.2), ("found", "Found", 1.3), ("method", "Method", 1.4),
            _RECORD),
        "No study of readers is recorded.", CLINICAL),
    "literature": Shape(
        "Searches of literature",
        _of(("database", "Database", 0.9), ("words", "Words", 2), ("period", "Published", 1.3),
            ("on", "Searched", 0.9), ("hits", "Hits>", 0.6), ("screened", "Read>", 0.6),
            ("included", "Kept>", 0.6), ("conclusion", "What follows", 1.6), _RECORD),
        "No search of literature is recorded.", CLINICAL),
    "findings": Shape(
        "Publications that were kept",
        _of(("citation", "Publication", 2.2), ("finding", "Found", 2), ("relevance", "Relevance",
            1), ("assessment", "What follows", 1.6), _RECORD),
        "No publication was kept on record.", CLINICAL),
    "registers": Shape(
        "Searches of databases of events and registers",
        _of(("database", "Database", 1), ("words", "Words", 1.5), ("period", "Events of", 1.3),
            ("on", "Searched", 0.9), ("hits", "Hits>", 0.6), ("relevant", "Relevant>", 0.7),
            ("assessment", "What follows", 1.8), _RECORD),
        "No search of a database of events is recorded.", CLINICAL),
    "exposure": Shape(
        "Patients and studies that the device was used on",
        _of(("period", "Period", 1.4), ("region", "Region", 0.9),
            ("characteristic", "By", 0.9), ("group", "Group", 0.9), ("patients", "Patients>", 0.8),
            ("studies", "Studies>", 0.8), ("method", "Counted or estimated by", 1.8),
            ("limits", "What it misses", 1.4), _RECORD),
        "No exposure is recorded.", QUALITY),
    "sources": Shape(
        "Sources of the plan",
        _of(("collects", "For", 1.6), ("name", "Source", 1.5), ("every", "How often", 0.8),
            ("owner", "Owner", 0.8), ("method", "Method", 1.8), ("proactive", "Sought", 0.6),
            ("limits", "What it misses", 1.3), _RECORD),
        "No source is recorded.", QUALITY, "EU MDR Annex III 1.1(a)"),
    "indicators": Shape(
        "Indicators and thresholds",
        _of(("name", "Indicator", 1.4), ("measure", "Computed from", 1.5),
            ("baseline", "Baseline>", 0.7), ("threshold", "Threshold", 1.2),
            ("period", "Period", 0.7), ("action", "When it is passed", 1.6),
            ("owner", "Owner", 0.8), ("justification", "Why this threshold", 1.5), _RECORD),
        "No indicator is recorded.", QUALITY, "EU MDR Annex III 1.1(b)"),
}  # fmt: skip

SHAPES: Final[dict[str, Shape]] = {**DEFINED, **MADE, **RISK_AND_TESTS, **FACTS}
