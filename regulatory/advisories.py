"""Advisories about components (OSV JSON, CSAF 2.0): which locked versions they name.

FD&C Act 524B(b).

Versions are compared after PEP 440 with ``packaging``. A version that cannot be read is told of and
never taken as unaffected. No network: a person or a mirror brings the file.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session, select

from records.errors import InvalidInput
from records.people import Actor
from records.permissions import Action, require
from records.supplied_software import VulnerabilityTriage
from records.vault import file_digest
from regulatory.csaf import advisories_of, is_csaf
from regulatory.soup import canonical

DAYS_TO_ASSESS: Final = 14
"""Calendar days until a triage is decided, where the caller says nothing else."""
MOST_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Match:
    """A locked component that an advisory names in this version."""

    component: str
    version: str
    advisory: str
    affected_range: str
    severity: str
    summary: str


def read_advisories(path: Path) -> list[dict[str, Any]]:
    """The advisories of a file: one, a list, a list under 'vulns', or a zip of files; those of CSAF
    in the same form.

    Raises:
        InvalidInput: It cannot be read, or something in it is neither OSV nor CSAF 2.0.
    """
    return list(_advisories(path))


def _advisories(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
                raise InvalidInput(f"{path.name} unpacks to more than {MOST_BYTES} bytes.")
            for name in sorted(packed.namelist()):
                if name.endswith(".json"):
                    yield from _of_text(packed.read(name), name)
        return
    yield from _of_text(path.read_bytes(), path.name)


def _of_text(text: bytes, name: str) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(text)
    except ValueError as wrong:
        raise InvalidInput(f"{name} is no JSON: {wrong}.") from wrong
    if is_csaf(content):
        yield from advisories_of(content, name)
        return
    if isinstance(content, dict) and "vulns" in content:
        content = content["vulns"]
    for one in content if isinstance(content, list) else [content]:
        if not isinstance(one, dict) or not one.get("id") or not isinstance(
            one.get("affected"), list
        ):
            raise InvalidInput(
                f"{name} holds something that is no OSV advisory (id and affected) and no CSAF.",
                hint="See https://ossf.github.io/osv-schema/ and docs.oasis-open.org/csaf.",
            )
        yield one


def matches(advisory: Mapping[str, Any], locked: Mapping[str, str]) -> list[Match]:
    """The locked components that an advisory names in their version; a withdrawn one names none."""
    if advisory.get("withdrawn"):
        return []
    found: dict[str, Match] = {}
    for affected in advisory["affected"]:
        package = affected.get("package", {})
        name = canonical(str(package.get("name", "")))
        if package.get("ecosystem") != "PyPI" or name not in locked:
            continue
        said = _range_with(affected, locked[name])
        if said and affected.get("by_name"):
            said += "; named without a package URL of its own: decide by hand"
        if said and name not in found:
            found[name] = Match(
                name, locked[name], str(advisory["id"]), said, _severity(advisory),
                str(advisory.get("summary", ""))[:500],
            )
    return list(found.values())


def _range_with(affected: Mapping[str, Any], version: str) -> str:
    """The range that holds the version, in words; '' where none does."""
    from packaging.version import InvalidVersion, Version

    try:
        own = Version(version).public
        ours = Version(own)
    except InvalidVersion:
        return f"version {version} cannot be compared: decide by hand"
    for one in affected.get("versions", ()):
        try:
            if Version(str(one)) == ours:
                return f"=={one}"
        except InvalidVersion:
            continue
    for span in affected.get("ranges", ()):
        if span.get("type") not in ("ECOSYSTEM", "SEMVER"):
            continue
        try:
            if said := _in_events(span.get("events", ()), ours):
                return said
        except InvalidVersion:
            return "a range that cannot be read: decide by hand"
    return ""


def _in_events(events: Any, ours: Any) -> str:
    """Walk the events in the order of their versions, as OSV evaluates them."""
    from packaging.version import Version

    steps = sorted(
        ((Version("0") if value == "0" else Version(str(value)), kind, str(value))
         for event in events for kind, value in event.items() if kind != "limit"),
        key=lambda step: (step[0], step[1] == "introduced"),
    )  # fmt: skip
    inside, since = False, ""
    for at, kind, text in steps:
        if kind == "introduced" and at <= ours:
            inside, since = True, text
        elif (kind == "fixed" and at <= ours) or (kind == "last_affected" and at < ours):
            inside = False
    if not inside:
        return ""
    ends = [text for at, kind, text in steps if kind == "fixed" and at > ours]
    return f">={since}" + (f", fixed in {ends[0]}" if ends else ", no fixed version named")


def _severity(advisory: Mapping[str, Any]) -> str:
    given = advisory.get("severity") or ()
    if given:
        return "; ".join(f"{one.get('type', '')} {one.get('score', '')}".strip() for one in given)
    return str(advisory.get("database_specific", {}).get("severity", ""))


def open_triages(
    tx: Session, path: Path, locked: Mapping[str, str], *, by: Actor, now: datetime,
    days: int = DAYS_TO_ASSESS,
) -> list[VulnerabilityTriage]:
    """Open a triage for each match that has none yet; what was opened before stays as it is.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The file holds something that is no advisory.
    """
    require(by, Action.ASSESS_SUPPLIED_SOFTWARE)
    digest = file_digest(path) if path.is_file() else ""
    known = {
        (one.component, one.version, one.advisory) for one in tx.exec(select(VulnerabilityTriage))
    }
    made = []
    for advisory in read_advisories(path):
        for one in matches(advisory, locked):
            key = (one.component, one.version, one.advisory)
            if key in known:
                continue
            known.add(key)
            made.append(VulnerabilityTriage(
                component=one.component, version=one.version, advisory=one.advisory,
                affected_range=one.affected_range, severity=one.severity, summary=one.summary,
                source_digest=digest, opened_by=by.name, opened_at=now,
                due_on=now.date() + timedelta(days=days),
            ))  # fmt: skip
    tx.add_all(made)
    tx.flush()
    return made
