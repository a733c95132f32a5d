"""How well the rules read reports: sensitivity and specificity on a labelled set.

    python -m benchmarks.report_findings [unseen|seen]

Prints the table of docs/report-findings.md. Of each finding: *sensitivity*, reports that state it
and are read so; *specificity*, all others that are not read as stating it; *absence*, reports that
deny it and are read so. Wilson intervals of 95 %. What was meant as uncertain counts as not stated.
"""

import sys
from functools import cache

from imaging.reports.findings import Said, report_findings
from imaging.reports.rules import load_rules
from measures.estimate import Estimate
from measures.proportions import wilson
from tests.imaging.reports.labelled import labelled


@cache
def agreement(part: str) -> dict[str, dict[str, Estimate]]:
    """By finding and measure, over the reports of a part."""
    rows = labelled(part)
    read = [report_findings(row["text"]) for row in rows]
    found: dict[str, dict[str, Estimate]] = {}
    for name in load_rules().findings:
        meanings = [Said(row["labels"][name]) for row in rows]
        pairs = list(zip(meanings, [one[name] for one in read], strict=True))
        stated = [said is Said.PRESENT for meant, said in pairs if meant is Said.PRESENT]
        others = [said is not Said.PRESENT for meant, said in pairs if meant is not Said.PRESENT]
        denied = [said is Said.ABSENT for meant, said in pairs if meant is Said.ABSENT]
        found[name] = {
            measure: wilson(measure, sum(right), len(right))
            for measure, right in (
                ("sensitivity", stated), ("specificity", others), ("absence", denied),
            )
        }  # fmt: skip
    return found


def table(part: str) -> list[str]:
    """The rows of the page, one a finding."""
    return [
        f"| {name.replace('_', ' ')} | " + " | ".join(
            f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f}; n = {one.n})"
            for one in measures.values()
        ) + " |"
        for name, measures in agreement(part).items()
    ]  # fmt: skip


if __name__ == "__main__":
    print(f"rules {load_rules().label}, {load_rules().digest[:12]}")
    print("\n".join(table(sys.argv[1] if len(sys.argv) > 1 else "unseen")))
