"""Which documents exist, on what legal basis, and for which risk class of device."""

from __future__ import annotations

from records.errors import NotFound, Refused
from regulatory.documents.kinds import RISK_CLASSES, Kind
from regulatory.documents.vigilance_kinds import VIGILANCE_KINDS

VALIDATION_REPORT = "validation_report"
PERFORMANCE_MONITORING_REPORT = "performance_monitoring_report"
CHANGE_LOG = "change_log"
RELEASE_NOTES = "release_notes"
INTERNAL_CHANGE_LOG = "internal_change_log"
AUDIT_EXPORT = "audit_export"
MONITORING_VERIFICATION = "monitoring_verification"
FDA_CHANGE_ASSESSMENT = "fda_change_assessment"
EU_CHANGE_ASSESSMENT = "eu_change_assessment"
PMS_REPORT = "pms_report"
PSUR = "psur"

DOCUMENTS: dict[str, Kind] = {
    VALIDATION_REPORT: Kind(
        code="DOC-22",
        title="Model validation report",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex I 17.2 and Annex II 6.1",
            "IEC 62304:2006+A1:2015, 5.7 and 5.8",
            "ISO 13485:2016, 7.3.7",
        ),
    ),
    PERFORMANCE_MONITORING_REPORT: Kind(
        code="DOC-26",
        title="Periodic performance-monitoring report",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Art. 83 and Annex III 1.1",
            "Regulation (EU) 2024/1689 (AI Act), Art. 72",
            "ISO 13485:2016, 8.2.1 and 8.4",
        ),
        periodic=True,
    ),
    CHANGE_LOG: Kind(
        code="DOC-27",
        title="Change log",
        legal_basis=(
            "IEC 62304:2006+A1:2015, 8.2 and 8.3",
            "Regulation (EU) 2024/1689 (AI Act), Annex IV(6)",
            "ISO 13485:2016, 7.3.9",
        ),
    ),
    RELEASE_NOTES: Kind(
        code="DOC-27U",
        title="Release notes for users",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex I 23.1 and 23.4",
            "IEC 62304:2006+A1:2015, 5.8.2 and 5.8.4",
        ),
    ),
    INTERNAL_CHANGE_LOG: Kind(
        code="DOC-27I",
        title="Change log, internal, with problem reports",
        legal_basis=(
            "IEC 62304:2006+A1:2015, 8.2, 8.3 and 9",
            "ISO 13485:2016, 7.3.9 and 8.2.1",
        ),
    ),
    AUDIT_EXPORT: Kind(
        code="DOC-28",
        title="Audit-trail export",
        legal_basis=("21 CFR 11.10(b) and 11.10(e)", "ISO 13485:2016, 4.2.5"),
    ),
    MONITORING_VERIFICATION: Kind(
        code="DOC-31",
        title="Monitoring verification",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex III 1.1(b)",
            "Regulation (EU) 2024/1689 (AI Act), Art. 72",
            "ISO 13485:2016, 4.1.6 and 8.2.1",
        ),
    ),
    FDA_CHANGE_ASSESSMENT: Kind(
        code="DOC-11",
        title="FDA change assessment / letter to file",
        legal_basis=(
            "21 CFR 807.81(a)(3)",
            "FDA guidances on deciding when to submit a 510(k) (2017)",
            "FD&C Act 515C",
        ),
    ),
    EU_CHANGE_ASSESSMENT: Kind(
        code="DOC-30",
        title="EU change assessment",
        legal_basis=(
            "Regulation (EU) 2017/745 (EU MDR), Annex IX 2.4 and 4.10; Art. 120(3c)",
            "Regulation (EU) 2017/745 (EU MDR), Annex VI Part C 6.5",
            "Regulation (EU) 2024/1689 (AI Act), Art. 3(23) and 43(4)",
        ),
    ),
    PMS_REPORT: Kind(
        code="DOC-03",
        title="Post-market surveillance report",
        legal_basis=("Regulation (EU) 2017/745 (EU MDR), Art. 85",),
        risk_classes=("I",),
        available=False,
        instead="psur",
    ),
    PSUR: Kind(
        code="DOC-04",
        title="Periodic safety update report (PSUR)",
        legal_basis=("Regulation (EU) 2017/745 (EU MDR), Art. 86",),
        risk_classes=("IIa", "IIb", "III"),
        available=False,
        instead="pms_report",
    ),
    **VIGILANCE_KINDS,
}


def require_applicable(kind: str, risk_class: str) -> Kind:
    """The document's type, if a device of this EU risk class has it and we can make it.

    Raises:
        NotFound: No such document or risk class.
        Refused: The type does not fit the class (EU MDR Art. 85: a PMS report for class I;
            Art. 86: a PSUR from class IIa on), or this version cannot make it.

    >>> require_applicable("validation_report", "IIa").code
    'DOC-22'
    """
    if kind not in DOCUMENTS:
        raise NotFound(f"There is no document {kind!r}.", hint=f"Known: {', '.join(DOCUMENTS)}.")
    if risk_class not in RISK_CLASSES:
        known = ", ".join(RISK_CLASSES)
        raise NotFound(f"There is no EU risk class {risk_class!r}.", hint=f"Known: {known}.")
    found = DOCUMENTS[kind]
    if risk_class not in found.risk_classes:
        right = DOCUMENTS[found.instead]
        raise Refused(
            f"The {found.title} ({found.code}) is for class {' and '.join(found.risk_classes)} and "
            f"the device is class {risk_class} ({found.legal_basis[0]}).",
            hint=f"Its report is the {right.title} ({right.code}).",
        )
    if not found.available:
        raise Refused(
            f"The {found.title} ({found.code}) applies to class {risk_class} but is not available "
            "in this version.",
            hint="Write it by hand and file it as a controlled document.",
        )
    return found
