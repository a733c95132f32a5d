"""Whether what a fact rests on was shown with the version that a document is about.

A claim or a requirement names records as its evidence. Once a later version is released, what was
measured with the one before shows nothing of it (EU MDR Annex II 6.1).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from records.product import ModelVersion
from records.surveillance import Evaluation
from regulatory.cleared import released_versions
from regulatory.gathering.edition import Basis
from regulatory.gathering.phrases import listed


def of_other_versions(session: Session, basis: Basis, facts: Iterable[Any]) -> tuple[str, ...]:
    """A sentence for each record of evidence that is of another version than the one released last.

    facts: each with a label and its evidence, a list of labels.
    """
    named: dict[str, list[str]] = {}
    for one in facts:
        for label in one.evidence:
            named.setdefault(label, []).append(one.label)
    released = released_versions(session, basis.device.name)
    if not released or not named:
        return ()
    return not_of(released[-1].label, named, _versions(session, list(named)))


def not_of(
    current: str, named: Mapping[str, Sequence[str]], versions: Mapping[str, str]
) -> tuple[str, ...]:
    """The sentences: named holds by evidence the facts that rest on it, versions what it is of.

    >>> not_of("MDV-0003", {"EVA-0001": ["LBL-0001", "LBL-0002"]}, {"EVA-0001": "MDV-0001"})
    ('Evidence of MDV-0003: EVA-0001 is of MDV-0001, and LBL-0001 and LBL-0002 rest on it.',)
    >>> not_of("MDV-0003", {"EVA-0007": ["LBL-0001"]}, {"EVA-0007": "MDV-0003"})
    ()
    """
    return tuple(
        f"Evidence of {current}: {label} is of {version}, and {listed(named[label])} "
        f"{'rest' if len(named[label]) > 1 else 'rests'} on it."
        for label, version in versions.items() if version != current
    )


def _versions(session: Session, labels: Sequence[str]) -> Mapping[str, str]:
    """Of which version each evaluation or version is, by label, in the order given."""
    evaluations = _numbers(labels, Evaluation.PREFIX)
    query = (
        select(Evaluation, ModelVersion)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .where(col(Evaluation.id).in_(evaluations))
    )
    rows = session.exec(query) if evaluations else ()
    found = {one.label: version.label for one, version in rows}
    found |= {label: label for label in labels if label.startswith(f"{ModelVersion.PREFIX}-")}
    return {label: found[label] for label in labels if label in found}


def _numbers(labels: Sequence[str], prefix: str) -> list[int]:
    return [int(one.partition("-")[2]) for one in labels
            if one.startswith(f"{prefix}-") and one.partition("-")[2].isdigit()]  # fmt: skip
