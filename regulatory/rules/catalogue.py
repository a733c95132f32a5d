"""The rules as data: title, citation, logic, what of it was read, by whom confirmed, which version.

``data/catalogue`` holds one file a family. Its digest, with that of every other data file, is the
version that a result carries: the same facts and the same version give the same result.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from records.errors import InvalidInput
from records.yaml_source import read_yaml
from regulatory.rules.dictionary import DATA

RULE_SET: Final = "1.1"
"""Version of the functions and the data together; every change of either is a new one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it is written down."""

    id: str
    title: str
    family: str
    version: int
    citation: str
    logic: str
    edge: str
    read: tuple[str, ...]
    """What of the sources was read: text, summary, general knowledge, own proposal."""
    written_on: str
    written_by: str
    confirmed_by: tuple[str, ...]
    reads: tuple[str, ...] = ()
    """The facts that it may ask for; which of them it needs depends on the others."""

    @property
    def primary_text_checked(self) -> bool:
        """Whether all of it was written down with the primary text at hand."""
        return self.read == ("text",)

    @property
    def jurisdiction(self) -> str:
        """EU, US, or '' where it is of neither alone."""
        return _JURISDICTION.get(self.family, "")

    @property
    def checked(self) -> str:
        """In words: what was read, by whom, when, and who confirmed it."""
        who = ", ".join(self.confirmed_by) or "nobody here has confirmed it"
        return f"read: {', '.join(self.read)}; by {self.written_by}, {self.written_on}; {who}"


_JURISDICTION: Final = {
    "medical device reporting": "US", "corrections and removals": "US",
    "ordered surveillance": "US", "EU vigilance": "EU", "EU trend reporting": "EU",
    "AI Act": "EU", "periodic reports": "EU",
}  # fmt: skip


@cache
def catalogue() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the files."""
    found = {}
    for path in sorted((DATA / "catalogue").glob("*.yaml")):
        said = read_yaml(path).content
        for one in said["rules"]:
            found[one["id"]] = _rule(said, one)
    return found


def _rule(said: Mapping[str, Any], one: Mapping[str, Any]) -> Rule:
    return Rule(
        one["id"], one["title"], said["family"], said["version"], one["citation"], one["logic"],
        one.get("edge", ""), tuple(one["read"]), said["written_on"], said["written_by"],
        tuple(said["confirmed_by"]), tuple(one.get("facts", ())),
    )


def find_rule(rule_id: str) -> Rule:
    """A rule by its id. Raises InvalidInput with ids that are alike."""
    from difflib import get_close_matches

    known = catalogue()
    if rule_id not in known:
        near = get_close_matches(str(rule_id), known, n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else "See 'radvigil rule list'."
        raise InvalidInput(f"There is no rule '{rule_id}'.", hint=hint)
    return known[rule_id]


@cache
def data_digest() -> str:
    """SHA-256 over every data file by name and content."""
    digest = hashlib.sha256()
    for path in sorted(DATA.rglob("*.yaml")):
        digest.update(path.relative_to(DATA).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def rule_version() -> str:
    """The version that a result carries: of the rule set, and the start of the data's digest."""
    return f"{RULE_SET}+{data_digest()[:12]}"
