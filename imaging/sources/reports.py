"""What the radiologist of a simulated hospital wrote: a report as text, with what was seen or not.

Follows the reading, right or wrong, and never the truth; so reports of a poorer reader say more
that is not so. Names nobody.
"""

from typing import Final

from imaging.sources.base import StudyPlan
from imaging.sources.cases import Case, draw_case, stream
from imaging.sources.simulator import read_by_people

_SEEN: Final = {
    "obvious": ("Dense consolidation with air bronchograms.", "Large airspace opacity."),
    "moderate": ("Patchy airspace opacity.", "Ill-defined consolidation."),
    "subtle": ("Faint opacity, possibly an early infiltrate.", "Subtle hazy density."),
    "none": ("Hazy density at the base.", "Questionable patchy opacity."),
}
_NOT_SEEN: Final = (
    "No focal consolidation.", "No evidence of pneumonia.", "The lungs are clear.",
    "No acute airspace disease.",
)  # fmt: skip
_BESIDES: Final = (
    "Heart size within normal limits.", "No pleural effusion.", "No pneumothorax.",
    "Degenerative changes of the spine.",
)  # fmt: skip
_IMPRESSION: Final = {
    1: ("Findings suspicious for pneumonia.", "Pneumonia."),
    0: ("No acute finding.", "No radiographic sign of pneumonia."),
}


def report_text(plan: StudyPlan) -> str:
    """The report of one study, a section a line; the same plan gives the same text.

    The impression is the reader's finding, as in the truth list's ``reader_finding``.
    """
    case = draw_case(plan)
    return report_of(case, read_by_people(case)[1].finding)


def report_of(case: Case, said: int, *, hedged: bool | None = None) -> str:
    """The report of a reader who says so, 0 or 1, whatever is true; a section a line.

    hedged: whether a positive impression only suspects it; None leaves that to the draw.
    """
    rng = stream(case.plan, "report")
    first = _SEEN[case.grade] if said else _NOT_SEEN
    besides = [_BESIDES[int(one)] for one in sorted(rng.choice(len(_BESIDES), 2, replace=False))]
    findings = " ".join([first[int(rng.integers(len(first)))], *besides])
    words = _IMPRESSION[said]
    drawn = int(rng.integers(2))
    impression = words[drawn] if hedged is None or not said else words[0 if hedged else 1]
    return (
        f"EXAMINATION: Chest radiograph, {_view(case)}.\n"
        "INDICATION: Suspected lower respiratory tract infection.\n"
        f"FINDINGS: {findings}\n"
        f"IMPRESSION: {impression}\n"
    )


def _view(case: Case) -> str:
    return "AP, portable" if case.portable else "PA"
