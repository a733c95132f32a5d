"""The go-live report as a page: one trial at a site, set by the writer of documents."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from journeys.go_live import standing, told_of
from records.clock import marking
from records.errors import InvalidInput
from records.go_lives import ACCEPTED, DECLINED, PLANNED, RUNNING, GoLive
from records.product import Device
from records.revalidation_rules import INFERIOR, PASSED
from records.store import Store
from regulatory.documents.blocks import Tone
from regulatory.documents.go_live_sheet import (
    AgreementLine,
    ArrivalLine,
    BoundLine,
    GoLiveFacts,
    SignatureLine,
    go_live_sheet,
)
from regulatory.documents.writers.sheet_pdf import write_sheet

_TONES: Final[dict[str, Tone]] = {
    ACCEPTED: "good", DECLINED: "bad", PASSED: "good", INFERIOR: "bad",
}  # fmt: skip


def go_live_pdf(store: Store, reader: Session, one: GoLive, *, now: datetime) -> bytes:
    """The report as PDF: the same records at the same instant give the same bytes."""
    return write_sheet(go_live_sheet(go_live_facts(store, reader, one, now=now)))


def write_go_live(
    store: Store, reader: Session, one: GoLive, out: Path, *, now: datetime
) -> None:
    """Write the report as PDF; the file is there whole, or as it was before.

    Raises:
        InvalidInput: The name does not end in .pdf.
    """
    if out.suffix.lower() != ".pdf":
        raise InvalidInput(f"{out.name}: the report is written as PDF.",
                           hint="End the name in .pdf.")  # fmt: skip
    content = go_live_pdf(store, reader, one, now=now)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_bytes(content)
    part.replace(out)


def go_live_facts(store: Store, reader: Session, one: GoLive, *, now: datetime) -> GoLiveFacts:
    """What the report says of a trial; of a running one the counts so far and no figure."""
    told = told_of(reader, one)
    found: Mapping[str, Any] = told["judgement"]
    conclusion = str(found.get("conclusion", ""))
    if one.status == RUNNING:
        judged = standing(store, reader, one, now=now)
        found = {name: judged.content[name] for name in ("read", "with_truth", "had", "days")}
        conclusion = (judged.conclusion if judged.verdict == "not estimable"
                      else "the planned studies are there and it was not judged yet")  # fmt: skip
    device = reader.get_one(Device, one.device_id)
    bounds = tuple(_bounds(told, found))
    return GoLiveFacts(
        label=one.label, device=device.name, site=one.site, version=told["version"],
        version_digest=told["version_digest"], status=one.status,
        verdict=_verdict(one, conclusion), tone=_TONES.get(
            one.status if one.status in (ACCEPTED, DECLINED) else one.verdict, "unknown"),
        at=now, clinician=one.clinician, steps=tuple(_steps(one)), bounds=bounds,
        how=_how(one), arrivals=tuple(_arrivals(one, found)), exposure=tuple(_exposure(found)),
        operating_point=_operating_point(one, found),
        agreement=tuple(
            AgreementLine(of, share_words(share))
            for of, share in (found.get("site_reports") or {}).items()
        ),
        signatures=tuple(
            SignatureLine(each["by"], each["role"], each["meaning"],
                          f"{each['at']:%Y-%m-%d %H:%M}", each["reason"], each["valid"])
            for each in told["signatures"]
        ),
        gaps=tuple(_gaps(one, found, conclusion)), marking=marking(reader),
    )  # fmt: skip


def share_words(share: Mapping[str, Any]) -> str:
    """A share that is kept with its interval and n, in words; or why there is none."""
    if share["value"] is None:
        return f"not estimable: {share.get('reason') or 'no study'} (n = {share['n']})"
    return (f"{share['value']:.3f} (95 % CI {share['low']:.3f} to {share['high']:.3f}, "
            f"n = {share['n']})")  # fmt: skip


def row_words(row: Mapping[str, Any]) -> str:
    """A row of the judgement with its interval and n, in words; or why there is no estimate."""
    if row["value"] is None:
        return f"not estimable: {row['reason'] or 'no reason recorded'} (n = {row['n']})"
    return (f"{row['value']:.3f} ({100 * row['level']:g} % CI {row['low']:.3f} to "
            f"{row['high']:.3f}, n = {row['n']}), {row['method']}")  # fmt: skip


def _verdict(one: GoLive, conclusion: str) -> str:
    if one.status in (ACCEPTED, DECLINED):
        word = "Accepted" if one.status == ACCEPTED else "Declined"
        return f"{word} by {one.decided_by} on {one.decided_at:%Y-%m-%d}."
    if one.status == PLANNED:
        return "Planned; the trial has not begun."
    return f"{one.status.capitalize()}, not decided: {conclusion}."


def _steps(one: GoLive) -> list[tuple[str, str]]:
    steps = [("Planned", f"by {one.proposed_by}, {one.proposed_at:%Y-%m-%d %H:%M} UTC")]
    for name, at in (("Shadow since", one.started_at), ("Judged", one.judged_at)):
        steps.append((name, f"{at:%Y-%m-%d %H:%M} UTC" if at else "not yet"))
    return steps


def _how(one: GoLive) -> str:
    rules = one.rules
    return (
        f"One-sided alpha {rules['alpha']:g}, power {rules['power']:g}; the trial is judged once, "
        "when the planned studies are there."
    )


def _arrivals(one: GoLive, found: Mapping[str, Any]) -> list[ArrivalLine]:
    had = found.get("had")
    return [
        ArrivalLine(kind, int(one.planned[kind]), str(had[kind]) if had else "not counted yet")
        for kind in ("diseased", "healthy")
    ]


def _exposure(found: Mapping[str, Any]) -> list[str]:
    if "read" not in found:
        return ["The shadow has read nothing yet."]
    return [f"The shadow read {found['read']} studies in {found['days']} days; truth is known of "
            f"{found['with_truth']}."]  # fmt: skip


def _bounds(told: Mapping[str, Any], found: Mapping[str, Any]) -> list[BoundLine]:
    """Each bound of the plan with its row of the judgement; without a judgement no figure."""
    rows = {row["measure"]: row for row in (found.get("basis") or {}).get("rows", ())}
    lines = []
    for bound in told["bounds"]:
        row = rows.get(bound["measure"])
        lines.append(BoundLine(
            bound["measure"], f"{bound['at_least']:g}", f"{bound['assumed']:g}",
            row_words(row) if row else "no figure before the planned studies are there",
            row["verdict"] if row else "not judged",
        ))  # fmt: skip
    return lines


def _operating_point(one: GoLive, found: Mapping[str, Any]) -> str:
    flagged = found.get("flagged")
    between = one.rules.get("flagged_between")
    if not between:
        return "not checked: the device's definition declares no range of studies flagged"
    if not flagged:
        return f"not checked yet; allowed: between {between[0]:g} and {between[1]:g} flagged"
    return (
        f"{flagged['verdict']} the range {between[0]:g} to {between[1]:g}: flags "
        f"{share_words(flagged)} of the studies"
    )


def _gaps(one: GoLive, found: Mapping[str, Any], conclusion: str) -> list[str]:
    gaps = []
    if one.status in (PLANNED, RUNNING):
        gaps.append(f"Judgement: {conclusion or 'the trial has not begun'}.")
    for row in (found.get("basis") or {}).get("rows", ()):
        if row["value"] is None:
            gaps.append(f"{row['measure']}: not estimable, {row['reason']}.")
    if missing := (found.get("basis") or {}).get("missing"):
        gaps.append(f"{missing}.")
    if not one.rules.get("site_reports"):
        gaps.append("Agreement with the site's reports: the definition does not ask for it.")
    elif not (found.get("site_reports") or {}).get("all", {}).get("n"):
        gaps.append("Agreement with the site's reports: none has been compared.")
    if not one.rules.get("flagged_between"):
        gaps.append("Operating point: the definition declares no range, so it is not checked.")
    if one.status not in (ACCEPTED, DECLINED):
        gaps.append(f"Decision of the site: {one.clinician} has not signed.")
    return gaps
