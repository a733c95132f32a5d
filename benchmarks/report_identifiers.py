"""What is left of planted identities in reports that were cleaned, and what cleaning costs.

    python -m benchmarks.report_identifiers [reports]

Prints the tables of docs/reports.md. *Recall*: planted identities of which nothing can be read any
more, of all reports, those that are held back among them. *Findings kept*: reports of which the
rules say the same of every finding before and after. Wilson intervals of 95 %.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from imaging.reports.findings import report_findings
from imaging.reports.identifiers import KnownIdentities, clean_report, readable
from measures.estimate import Estimate
from measures.proportions import wilson
from tests.imaging.reports.labelled import labelled
from tests.imaging.reports.planted import left_in, planted


@dataclass(frozen=True)
class Found:
    """By kind of identity the recall with what the sender tells and without; the rest of it."""

    told: Mapping[str, Estimate]
    untold: Mapping[str, Estimate]
    released_whole: Estimate
    held_back: Estimate
    findings_kept: Estimate


def recall(n: int, *, seed: int = 7) -> Found:
    """Over so many reports with planted identities."""
    gone: dict[bool, dict[str, list[bool]]] = {True: defaultdict(list), False: defaultdict(list)}
    released, held, same = [], [], []
    for one in planted(n, seed=seed):
        for told in (True, False):
            clean = clean_report(one.text, one.known if told else KnownIdentities())
            left = [left_in(clean.text, *each, original=one.original) for each in one.identities]
            for (kind, _), still in zip(one.identities, left, strict=True):
                gone[told][kind].append(not still)
            if told:
                held.append(bool(clean.doubts))
                same.append(report_findings(one.text) == report_findings(readable(clean.text)))
                if not clean.doubts:
                    released.append(not any(left))
    tables = [
        {
            kind: wilson("recall", sum(found), len(found))
            for kind, found in sorted(gone[told].items())
        }
        for told in (True, False)
    ]
    return Found(
        tables[0], tables[1], wilson("released without any", sum(released), len(released)),
        wilson("held back", sum(held), len(held)), wilson("findings kept", sum(same), len(same)),
    )


def over_redaction(part: str) -> dict[str, Estimate]:
    """Of the labelled reports, in which nothing was planted: words struck out, reports of which
    the rules say something else afterwards, and reports held back."""
    rows = labelled(part)
    clean = [clean_report(row["text"]) for row in rows]
    words = sum(len(row["text"].split()) for row in rows)
    other = [
        report_findings(row["text"]) != report_findings(readable(one.text))
        for row, one in zip(rows, clean, strict=True)
    ]
    return {
        "words struck out": wilson("words", sum(sum(c.removed.values()) for c in clean), words),
        "findings changed": wilson("changed", sum(other), len(other)),
        "held back": wilson("held", sum(bool(one.doubts) for one in clean), len(clean)),
    }


def shown(one: Estimate) -> str:
    """An estimate as the page has it."""
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f}; n = {one.n})"


if __name__ == "__main__":
    found = recall(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, seed=101)
    for kind in found.told:
        print(f"| {kind} | {shown(found.told[kind])} | {shown(found.untold[kind])} |")
    for single in (found.released_whole, found.held_back, found.findings_kept):
        print(f"| {single.measure} | {shown(single)} | |")
    for part in ("seen", "unseen"):
        for name, estimate in over_redaction(part).items():
            print(f"| {part}: {name} | {shown(estimate)} | |")
