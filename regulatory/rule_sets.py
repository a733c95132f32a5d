"""The rule sets, templates and forms in use: version, digest, and whether somebody approved them.

A decision that a release rests on is taken on approved rules, question trees and calendars only.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from records.errors import InvalidInput, Refused
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.reasons import require_reason
from records.rule_set_approvals import RuleSetApproval, approvals_of
from records.signatures import sign
from records.yaml_source import read_yaml
from regulatory.rules.catalogue import data_digest, rule_version
from regulatory.rules.dictionary import DATA

DOCUMENTS: Final = Path(__file__).parent / "documents"
FORMS: Final = Path(__file__).parent / "forms" / "data"
FOR_DECISIONS: Final = ("rules", "question-trees", "calendars")
"""What a decision about a change rests on."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A set of rules as it is loaded: its kind, version and SHA-256."""

    kind: str
    version: str
    digest: str


@cache
def rule_sets() -> dict[str, RuleSet]:
    """What is loaded now, by kind; rules are the functions and every data file together."""
    trees = DATA / "trees.yaml"
    versions = sorted(DATA.glob("calendars/*.yaml"))
    forms = sorted(FORMS.rglob("*.yaml"))
    known = (
        RuleSet("rules", rule_version(), data_digest()),
        RuleSet("question-trees", str(read_yaml(trees).content["version"]), _digest([trees])),
        RuleSet("calendars", f"{len(versions)} files", _digest(versions)),
        RuleSet("templates", f"{len(_templates())} files", _digest(_templates())),
        RuleSet("forms", f"{len(forms)} files", _digest(forms)),
    )
    return {one.kind: one for one in known}


def _templates() -> list[Path]:
    """The page layout, and the modules that say what stands in each document and how it is set."""
    layout = (one for one in (DOCUMENTS / "templates").rglob("*") if one.is_file())
    return sorted([*layout, *DOCUMENTS.glob("*.py"), *DOCUMENTS.glob("writers/*.py")])


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def standing(session: Session) -> list[dict[str, Any]]:
    """Each rule set in use: version, digest, and by whom and when it was approved, if it was."""
    found = approvals_of(session, [one.digest for one in rule_sets().values()])
    return [
        {
            "kind": one.kind, "version": one.version, "digest": one.digest,
            "approval": approval.label if (approval := found.get(one.digest)) else None,
            "approved_by": approval.approved_by if approval else None,
            "approved_at": approval.approved_at if approval else None,
            "remarks": approval.remarks if approval else None,
        }
        for one in rule_sets().values()
    ]


def rule_set_words(session: Session) -> tuple[str, ...]:
    """Each rule set in use, the templates too, with who approved it and when, as documents say it.
    """
    loaded = rule_sets().values()
    known = approvals_of(session, [one.digest for one in loaded])
    return tuple(
        f"{one.kind}: {_version(one)}, SHA-256 {one.digest[:12]}…; "
        f"approved: {_approval(one, known.get(one.digest))}"
        for one in loaded
    )


def _version(one: RuleSet) -> str:
    """A set of files has no version of its own but what its digest says."""
    return one.version if one.version.endswith(" files") else f"version {one.version}"


def approval_words(session: Session, kind: str) -> str:
    """Who approved what is loaded of a kind, and when; or that nobody has."""
    loaded = rule_sets()[kind]
    return _approval(loaded, approvals_of(session, [loaded.digest]).get(loaded.digest))


def _approval(loaded: RuleSet, known: RuleSetApproval | None) -> str:
    if known is None:
        return (f"no: nobody has approved these {loaded.kind} (SHA-256 {loaded.digest[:12]}…); "
                f"'radvigil rule approve --kind {loaded.kind}'")  # fmt: skip
    return f"{known.label}, by {known.approved_by}, {known.approved_at:%Y-%m-%d %H:%M} UTC"


def approve_rule_set(
    tx: Session, kind: str, *, remarks: str, by: Actor, password: str, now: datetime
) -> RuleSetApproval:
    """Approve by signature what is loaded of a kind.

    Raises:
        InvalidInput: No such kind, or no remarks on what the approval rests on.
        NotAllowed: No role that may, or the password is not right.
        Refused: What is loaded is approved already.
    """
    require(by, Action.APPROVE_RULES)
    if kind not in rule_sets():
        raise InvalidInput(f"'{kind}' is no kind of rule set.",
                           hint=f"Known: {', '.join(rule_sets())}.")  # fmt: skip
    loaded = rule_sets()[kind]
    known = approvals_of(tx, [loaded.digest]).get(loaded.digest)
    if known is not None:
        raise Refused(
            f"The {kind}, version {loaded.version}, are approved already ({known.label}).",
            hint="Only another version is approved anew.",
        )
    made = RuleSetApproval(
        kind=kind, version=loaded.version, digest=loaded.digest, remarks=require_reason(remarks),
        approved_by=by.name, approved_at=now,
    )
    tx.add(made)
    tx.flush()
    sign(
        tx, made, signer=by, password=password, meaning=Meaning.APPROVAL, reason=made.remarks,
        now=now,
    )
    return made


def require_approved(session: Session) -> list[dict[str, str]]:
    """The approvals of what decisions rest on, as an answer names them.

    Raises:
        Refused: Something that is loaded was not approved; each is named.
    """
    found = approvals_of(session, [rule_sets()[kind].digest for kind in FOR_DECISIONS])
    lacking = [kind for kind in FOR_DECISIONS if rule_sets()[kind].digest not in found]
    if lacking:
        raise Refused(
            f"Not approved for use: {', '.join(lacking)} (rules {rule_version()}). A decision that "
            "a release rests on needs approved ones.",
            hint="Somebody with the role quality or regulatory uses 'radvigil rule approve "
            "--reason ...'.",
        )
    return [
        {"kind": kind, "approval": one.label, "version": one.version,
         "approved_by": one.approved_by}
        for kind in FOR_DECISIONS if (one := found[rule_sets()[kind].digest])
    ]

