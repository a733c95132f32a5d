"""The rules by which reports are read: one file, checked when it is loaded, named by its digest."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from records.errors import InvalidInput

CHEST: Final = Path(__file__).with_name("chest_radiograph_en.yaml")
Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Cues:
    """What changes a statement: ``before`` reaches forward, ``after`` reaches back."""

    before: Pattern
    after: Pattern


@dataclass(frozen=True, slots=True)
class FindingTerms:
    """How a finding is said: ``terms`` that a cue may negate or weaken, and words that say by
    themselves that it is absent, or leave it open. ``other_cause`` after one of ``causes``: the
    shadow is put down to something else."""

    terms: Pattern
    not_terms: Pattern
    absent: Pattern
    uncertain: Pattern
    other_cause: Pattern | None


@dataclass(frozen=True, slots=True)
class ReportRules:
    """A rule set; another version of it is another reader."""

    name: str
    version: int
    digest: str
    headings: Mapping[str, str] = field(repr=False)
    """Kind of section by its heading, lower case."""
    ends: Pattern = field(repr=False)
    elsewhere: Pattern = field(repr=False)
    not_elsewhere: Pattern = field(repr=False)
    not_negation: Pattern = field(repr=False)
    negation: Cues = field(repr=False)
    uncertainty: Cues = field(repr=False)
    certain: Pattern = field(repr=False)
    spelled: tuple[str, ...] = field(repr=False)
    findings: Mapping[str, FindingTerms] = field(repr=False)

    @property
    def label(self) -> str:
        """Name and version, as a record holds them."""
        return f"{self.name}-{self.version}"


@cache
def load_rules(path: Path = CHEST) -> ReportRules:
    """The rule set of a YAML file.

    Raises InvalidInput, naming file and entry, where one is missing or is no expression.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = path.read_bytes()
        content = YAML(typ="safe").load(text)
    except (OSError, YAMLError) as wrong:
        raise InvalidInput(f"{path.name} cannot be read as YAML: {wrong}") from wrong
    try:
        return _rules(content, hashlib.sha256(text).hexdigest())
    except (KeyError, TypeError, AttributeError) as wrong:
        raise InvalidInput(
            f"{path.name}: the entry {wrong} is missing or of another kind"
        ) from wrong
    except re.error as wrong:
        raise InvalidInput(f"{path.name}: {wrong.pattern!r} is no expression ({wrong})") from wrong


def _rules(content: Mapping[str, Any], digest: str) -> ReportRules:
    headings = {
        heading: kind for kind, names in content["sections"].items() for heading in names
    }
    return ReportRules(
        name=str(content["name"]), version=int(content["version"]), digest=digest,
        headings=headings, ends=_any(content["ends"]),
        elsewhere=_any(content["elsewhere"]["before"]),
        not_elsewhere=_any(content["elsewhere"]["not"]), not_negation=_any(content["not_negation"]),
        negation=_cues(content["negation"]), uncertainty=_cues(content["uncertainty"]),
        certain=_any(content["certain"]["after"]), spelled=tuple(content["spelled"]),
        findings={name: _terms(one) for name, one in content["findings"].items()},
    )


def _terms(one: Mapping[str, Any]) -> FindingTerms:
    other = None
    if "other_cause" in one:
        causes, others = ("|".join(one[name]) for name in ("causes", "other_cause"))
        other = re.compile(_spaced(rf"(?:{causes}) (?:\w+ ){{0,4}}?(?:{others})"))
    return FindingTerms(
        terms=_any(one["terms"]), not_terms=_any(one.get("not_terms", ())),
        absent=_any(one.get("absent", ())), uncertain=_any(one.get("uncertain", ())),
        other_cause=other,
    )


def _cues(one: Mapping[str, Sequence[str]]) -> Cues:
    return Cues(_any(one["before"]), _any(one["after"]))


def _any(words: Sequence[str]) -> Pattern:
    """Any of the expressions as whole words, the longest first; of none what is never found."""
    if not words:
        return re.compile(r"(?!)")
    ordered = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(_whole_words, ordered)))


def _whole_words(one: str) -> str:
    begin = r"(?<![\w-])" if one[0] not in r":?\-" else ""
    end = r"(?!\w)" if one[-1].isalnum() or one[-1] == ")" else ""
    return f"{begin}(?:{_spaced(one)}){end}"


def _spaced(one: str) -> str:
    """A blank is any white space, one with a question mark behind it may be missing."""
    return one.replace(" ?", r"\s*").replace(" ", r"\s+")
