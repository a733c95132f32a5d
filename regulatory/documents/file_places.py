"""Where the documents of the technical file and of submissions wait for the words of a person.

By kind: key, section, what is missing, who supplies it, clause; :mod:`regulatory.documents.places`
reads them.
"""

from __future__ import annotations

from typing import Final

from regulatory.documents.registry import (
    AI_ACT_DOCUMENTATION,
    AI_ACT_MONITORING_PLAN,
    CLINICAL_PERFORMANCE_SUMMARY,
    FDA_MONITORING_PLAN,
    FDA_SUBMISSION,
    GSPR_CHECKLIST,
    PMCF_EVALUATION,
    PMCF_PLAN,
    PMS_TECHNICAL_DOCUMENTATION,
    TECHNICAL_DOCUMENTATION,
)

_REG, _QUA, _CLI, _ENG = "regulatory affairs", "quality manager", "clinical lead", "engineer"
_II, _XIV = "EU MDR Annex II", "EU MDR Annex XIV part B"
_GUIDE: Final = "FDA draft guidance on AI-enabled device software functions (2025)"
_AI: Final = "AI Act, Annex IV"

FILE_PLACES: Final[dict[str, tuple[tuple[str, str, str, str, str], ...]]] = {
    TECHNICAL_DOCUMENTATION: (
        ("classification", "1.1", "Rationale of the classification, with the rule of Annex VIII",
         _REG, f"{_II} 1.1(f); MDCG 2019-11"),
        ("principles", "1.1", "Principles of operation and mode of action", _ENG, f"{_II} 1.1(d)"),
        ("novelty", "1.1", "Novel features", _ENG, f"{_II} 1.1(e)"),
        ("variants", "1.1", "Variants, accessories and other products used in combination", _ENG,
         f"{_II} 1.1(h) and (i)"),
        ("earlier_generations", "1.2", "Earlier generations and similar devices on the market",
         _REG, f"{_II} 1.2"),
        ("instructions", "2", "Label and instructions for use, with edition and languages", _REG,
         f"{_II} 2"),
        ("design_narrative", "3", "Stages of the design and how they were carried out", _ENG,
         f"{_II} 3(a)"),
        ("outsourcing", "3", "Sites where design and manufacturing are carried out", _QUA,
         f"{_II} 3(c)"),
        ("requirements_met", "4", "How conformity with Annex I was judged", _REG, f"{_II} 4"),
        ("benefit_risk", "5", "Benefit-risk analysis and its conclusion", _CLI, f"{_II} 5"),
        ("usability", "6.1", "Usability engineering: what was evaluated, and its result", _ENG,
         "EU MDR Annex I 5; IEC 62366-1"),
        ("interpretation", "6.1", "Interpretation of verification and validation", _CLI,
         f"{_II} 6.1(b)"),
        ("clinical_evaluation", "6.1(c)", "Clinical evaluation: plan and report, with revision",
         _CLI, f"{_II} 6.1(c); MDCG 2020-1"),
        ("pmcf_justification", "6.1(d)", "Whether PMCF is carried out, else why it is not", _CLI,
         f"{_II} 6.1(d)"),
        ("special_cases", "6.2", "Measuring function, and connection to other devices", _ENG,
         f"{_II} 6.2"),
        ("declaration", "A", "EU declaration of conformity: reference, day, who signed it", _REG,
         "EU MDR Art. 19 and Annex IV"),
    ),
    GSPR_CHECKLIST: (
        ("method", "1", "How the requirements were judged, by whom, in which edition of Annex I",
         _REG, f"{_II} 4"),
        ("conclusion", "3", "Conclusion on conformity with Annex I", _REG, f"{_II} 4"),
    ),
    PMS_TECHNICAL_DOCUMENTATION: (
        ("proactive", "1", "How information is collected proactively and systematically", _QUA,
         "EU MDR Annex III 1.1(b)"),
        ("methods", "1", "Methods to assess the collected data, and to communicate with users",
         _QUA, "EU MDR Annex III 1.1(b)"),
        ("pmcf", "2", "Whether a PMCF plan is needed, else why not", _CLI,
         "EU MDR Annex III 1.1(b)"),
    ),
    PMCF_PLAN: (
        ("justification", "B", "Scientific justification of the activities and sample sizes", _CLI,
         f"{_XIV} 6.2; MDCG 2020-7"),
        ("equivalence", "D", "Data of equivalent or similar devices, and why they are used", _CLI,
         f"{_XIV} 6.2(f)"),
        ("references", "E", "Parts of clinical evaluation report and risk file that are addressed",
         _CLI, f"{_XIV} 6.2(d) and (e)"),
        ("schedule", "F", "Time schedule of analysis and reports", _CLI, f"{_XIV} 6.2(h)"),
    ),
    PMCF_EVALUATION: (
        ("justification", "B", "Scientific justification of the activities and sample sizes", _CLI,
         f"{_XIV} 6.2"),
        ("interpretation", "C", "Interpretation of the results", _CLI, f"{_XIV} 7; MDCG 2020-8"),
        ("equivalence", "D", "What data of equivalent or similar devices show", _CLI,
         f"{_XIV} 6.2(f)"),
        ("conclusions", "E", "Conclusions for clinical evaluation, risk file, instructions, PMS "
         "plan and SSCP", _CLI, f"{_XIV} 7 and 8"),
        ("next_steps", "F", "Effect of deviations, and next steps", _CLI, f"{_XIV} 7"),
    ),
    CLINICAL_PERFORMANCE_SUMMARY: (
        ("association", "2", "Valid clinical association of output and condition", _CLI,
         "MDCG 2020-1"),
        ("technical", "3", "Assessment of the technical performance", _CLI, "MDCG 2020-1"),
        ("clinical", "4", "Assessment of the clinical performance", _CLI, "MDCG 2020-1"),
        ("conclusion", "6", "Conclusion of the clinical evaluation", _CLI, "EU MDR Art. 61"),
    ),
    FDA_SUBMISSION: (
        ("narrative", "1", "Device description: how AI serves the intended use, users' training, "
         "workflow", _ENG, f"{_GUIDE}, V"),
        ("screens", "2", "Screens, and wording of the labelling", _REG, f"{_GUIDE}, VI"),
        ("benefit_risk", "3", "Benefit-risk assessment, with information-related risks", _CLI,
         f"{_GUIDE}, VII"),
        ("representativeness", "4", "Why the data represent the intended use population", _CLI,
         f"{_GUIDE}, VIII"),
        ("labels", "4", "Reference standard, readers, and storage of the data", "data steward",
         f"{_GUIDE}, VIII"),
        ("explanation", "5", "Explanation of the model and of how it was tuned", _ENG,
         f"{_GUIDE}, IX"),
        ("conclusions", "6", "Conclusions of the validation, with human factors", _CLI,
         f"{_GUIDE}, X"),
        ("actions", "7", "Actions that follow from monitoring", _QUA, f"{_GUIDE}, XI"),
        ("threat_model", "8", "Threat model, with poisoning, evasion and extraction of the model",
         _ENG, f"{_GUIDE}, XII; FD&C Act 524B"),
        ("public_summary", "9", "Public submission summary", _REG, f"{_GUIDE}, XIII"),
        ("documentation_level", "10", "Documentation level, with its rationale", _REG,
         "FDA guidance on premarket submissions for device software functions (2023)"),
        ("pccp_sought", "11", "Whether a predetermined change control plan is sought", _REG,
         "FD&C Act 515C"),
        ("predicate", "12", "Discussion of the comparison with the predicate", _REG,
         "21 CFR 807.87 and 807.92"),
    ),
    FDA_MONITORING_PLAN: (
        ("rationale", "1", "Why performance is monitored in this way", _QUA, f"{_GUIDE}, XI"),
        ("actions", "4", "Actions by finding, and who decides on them", _QUA, f"{_GUIDE}, XI"),
        ("communication", "5", "How users are told of changes of performance", _REG,
         f"{_GUIDE}, XI"),
    ),
    AI_ACT_DOCUMENTATION: (
        ("high_risk", "1", "Whether the device is high-risk under Art. 6(1), and why", _REG,
         "AI Act, Art. 6(1)"),
        ("interaction", "1", "Interaction with hardware, software and other AI systems", _ENG,
         f"{_AI} 1(b)"),
        ("forms", "1", "Forms in which it is placed on the market, and hardware it runs on", _ENG,
         f"{_AI} 1(d) and (e)"),
        ("interface", "1", "User interface and instructions for deployers", _REG,
         f"{_AI} 1(g) and (h)"),
        ("rationale", "2", "Logic, main choices of the design and trade-offs", _ENG,
         f"{_AI} 2(b)"),
        ("oversight", "2", "Assessment of the human oversight that is needed", _CLI,
         f"{_AI} 2(e); Art. 14"),
        ("unintended", "3", "Foreseeable unintended outcomes, and measures of oversight", _CLI,
         f"{_AI} 3"),
        ("metrics", "4", "Why the metrics of performance are appropriate", _CLI, f"{_AI} 4"),
        ("declaration", "8", "Copy of the EU declaration of conformity: reference and day", _REG,
         f"{_AI} 8; Art. 47"),
        ("evaluation", "9", "System to evaluate performance after placing on the market", _QUA,
         f"{_AI} 9"),
    ),
    AI_ACT_MONITORING_PLAN: (
        ("collection", "2", "How data are collected from deployers and logs over the lifetime; "
         "interaction with other AI systems", _QUA, "AI Act, Art. 72(2)"),
        ("justification", "3", "Justification of indicators and thresholds", _CLI,
         "AI Act, Art. 72"),
        ("compliance", "4", "How continuous compliance with chapter III section 2 is evaluated",
         _REG, "AI Act, Art. 72(2)"),
        ("serious_incidents", "5", "Route of serious incidents under Art. 73 beside vigilance",
         _REG, "AI Act, Art. 73"),
        ("roles", "6", "Roles, frequency and data protection", _QUA, "AI Act, Art. 72(3)"),
    ),
}  # fmt: skip
