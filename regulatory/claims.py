"""Each claim of the label beside the evaluations that carry it, or do not (MDR Annex I 23.4; II 6).

A claim is supported where the whole interval of what was found lies at or above the claim less its
margin; contradicted where the whole interval lies below the claim itself: then the label promises
what nobody found. Between the two it is not shown. Locked tests are what a release rests on;
revalidations say whether it still holds in use.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlmodel import Session, col, select

from records.errors import NotFound
from records.held_definition import definition_of
from records.performance_claims import LOCKED_SPLITS, Claim
from records.product import Device, ModelVersion
from records.surveillance import Evaluation, EvaluationResult, Revalidation
from regulatory.cleared import released_versions

SUPPORTED, NOT_SHOWN, CONTRADICTED = "supported", "not shown", "contradicted"
NO_EVIDENCE: Final = "no evidence"
REVALIDATION: Final = "revalidation"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim beside one evaluation; without any there is one row with the reason.

    n: cases that the estimate rests on. low, high: its interval at the level of the evaluation.
    """

    claim: str
    measure: str
    subgroup: str
    claimed: float
    bound: float
    verdict: str
    words: str
    test: str = ""
    evidence: str = ""
    evaluation: str = ""
    n: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As `device claims --json` prints it."""
        return asdict(self)


def claim_rows(
    session: Session, version: ModelVersion, *, locked_only: bool = False
) -> list[ClaimRow]:
    """Every claim of the revision in force beside the newest evaluation of each locked test and the
    newest revalidation of each site.

    locked_only: leave the revalidations out, as a release does.
    """
    claims = definition_of(revision_in_force(session, version)).claims
    looks = _looks(session, version, locked_only=locked_only)
    found = _results(session, list(looks), {one.measure for one in claims})
    return [row for claim in claims for row in _rows_of(claim, looks, found)]


def revision_in_force(session: Session, version: ModelVersion) -> Device:
    """The accepted revision whose label a release would carry; else that of the version."""
    own = session.get_one(Device, version.device_id)
    query = select(Device).where(Device.name == own.name, Device.status == "accepted")
    return session.exec(query.order_by(col(Device.revision).desc())).first() or own


def version_to_show(session: Session, device: str) -> ModelVersion:
    """The version of a device that was released last; where none was, the one trained last.

    Raises:
        NotFound: No version of the device is on record.
    """
    if released := released_versions(session, device):
        return released[-1]
    query = (
        select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device).order_by(col(ModelVersion.id).desc())
    )
    newest = session.exec(query).first()
    if newest is None:
        raise NotFound(
            f"{device} has no version yet: nothing shows what is claimed.",
            hint="Use 'radvigil model train', or 'radvigil model register'.",
        )
    return newest


def _looks(
    session: Session, version: ModelVersion, *, locked_only: bool
) -> dict[int, tuple[Evaluation, str]]:
    """The evaluations that count, by id, each with the words for where it was made."""
    query = select(Evaluation).where(
        Evaluation.model_version_id == version.id, col(Evaluation.purpose).in_(LOCKED_SPLITS)
    )
    newest = {
        one.purpose: (one, one.purpose.replace("_", " "))
        for one in session.exec(query.order_by(col(Evaluation.id)))
    }
    if not locked_only:
        after = (
            select(Evaluation, Revalidation.site)
            .join(Revalidation, col(Revalidation.after_evaluation_id) == Evaluation.id)
            .where(Revalidation.model_version_id == version.id)
            .order_by(col(Revalidation.id))
        )
        newest |= {
            f"{REVALIDATION} {site}": (one, f"revalidation at {site}")
            for one, site in session.exec(after)
        }
    return {one.id or 0: (one, words) for one, words in newest.values()}


def _results(
    session: Session, evaluations: list[int], measures: set[str]
) -> dict[tuple[int, str, str], EvaluationResult]:
    query = select(EvaluationResult).where(
        col(EvaluationResult.evaluation_id).in_(evaluations),
        col(EvaluationResult.measure).in_(measures),
    )
    return {(one.evaluation_id, one.measure, one.subgroup): one for one in session.exec(query)}


def _rows_of(
    claim: Claim, looks: dict[int, tuple[Evaluation, str]],
    found: dict[tuple[int, str, str], EvaluationResult],
) -> list[ClaimRow]:
    rows = []
    for number, (look, words) in looks.items():
        if claim.evidence and look.purpose in LOCKED_SPLITS and look.purpose != claim.evidence:
            continue
        result = found.get((number, claim.measure, claim.group))
        if result is not None:
            rows.append(_row(claim, look, words, result))
    if not any(one.verdict != NO_EVIDENCE and one.test in LOCKED_SPLITS for one in rows):
        where = claim.evidence or " or ".join(LOCKED_SPLITS)
        why = next((one.words for one in rows if one.test in LOCKED_SPLITS),
                   f"the version has no estimate of it on the {where.replace('_', ' ')}")
        rows = [one for one in rows if one.test not in LOCKED_SPLITS]
        rows.insert(0, _plain(claim, NO_EVIDENCE, why))
    return rows


def _plain(claim: Claim, verdict: str, words: str, **more: Any) -> ClaimRow:
    return ClaimRow(
        claim.statement, claim.measure, claim.group, claim.value, claim.bound, verdict, words,
        **more,
    )


def _row(claim: Claim, look: Evaluation, words: str, one: EvaluationResult) -> ClaimRow:
    named = {"test": look.purpose, "evidence": one.label, "evaluation": look.label, "n": one.n}
    if one.value is None or one.low is None or one.high is None:
        return _plain(claim, NO_EVIDENCE,
                      f"not estimable on the {words}: {one.reason or 'no interval'}", **named)
    verdict, said = verdict_of(claim, one.low, one.high)
    return _plain(
        claim, verdict, f"{words}: {one.value:.3f} ({one.level:.0%} CI {one.low:.3f} to "
        f"{one.high:.3f}, n = {one.n}) {said}", **named, value=one.value, low=one.low,
        high=one.high, method=one.method,
    )  # fmt: skip


def verdict_of(claim: Claim, low: float, high: float) -> tuple[str, str]:
    """The verdict of an interval on a claim, and why.

    >>> verdict_of(Claim(measure="sensitivity", value=0.8, margin=0.1), 0.72, 0.78)
    ('contradicted', 'lies wholly below what is claimed, 0.8')
    >>> verdict_of(Claim(measure="sensitivity", value=0.8, margin=0.1), 0.72, 0.9)
    ('supported', 'lies at or above the claim less its margin, 0.7')
    """
    if high < claim.value:
        return CONTRADICTED, f"lies wholly below what is claimed, {claim.value:g}"
    if low >= claim.bound:
        return SUPPORTED, f"lies at or above the claim less its margin, {claim.bound:g}"
    return NOT_SHOWN, f"reaches below the claim less its margin, {claim.bound:g}"


def claim_gaps(session: Session, version: ModelVersion) -> list[str]:
    """A sentence for each claim that the version breaks on a locked test: it forbids a release.

    The label is corrected by a new revision of the definition, which two people sign; or another
    version keeps it. A claim without evidence is said by `device claims` and forbids nothing here:
    what must be shown before a release are the acceptance criteria.
    """
    return [
        f"the claim '{one.claim}' is contradicted: {one.words} ({one.evidence}); correct the label "
        "in a new revision of the definition, or release another version"
        for one in claim_rows(session, version, locked_only=True) if one.verdict == CONTRADICTED
    ]


def all_supported(rows: Sequence[ClaimRow]) -> bool:
    """Whether nothing that is claimed is without evidence, not shown or contradicted."""
    return all(one.verdict == SUPPORTED for one in rows)
