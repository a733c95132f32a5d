"""Software of unknown provenance: what is locked, what is listed, and what is missing between them.

IEC 62304:2006+A1, 5.3.3, 5.3.4, 7.1.2, 7.1.3, 8.1.2. A locked component that is neither listed nor
brought by a listed one is a gap, and so is a list that nobody reviewed for this lock.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from records.errors import InvalidInput
from records.settings import REPOSITORY
from records.supplied_software import SoupReview, newest_soup_review
from records.vault import file_digest
from records.yaml_source import read_yaml

LIST: Final = Path(__file__).parent / "soup.yaml"
LOCK: Final = REPOSITORY / "requirements.txt"
OWN: Final = "radvigil"


@dataclass(frozen=True, slots=True)
class Component:
    """A locked package with its row of the list, or that of the one which brings it."""

    name: str
    version: str
    direct: bool
    through: str
    """The listed component that brings it; '' where nothing listed does, and of a listed one."""
    row: Mapping[str, Any] = field(default_factory=dict)

    @property
    def listed(self) -> bool:
        """Whether the list answers for it."""
        return bool(self.row)


def canonical(name: str) -> str:
    """A package's name as PEP 503 compares it.

    >>> canonical("Ruamel.YAML_x")
    'ruamel-yaml-x'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path = LOCK) -> dict[str, str]:
    """Version by name of everything that is locked.

    Raises:
        InvalidInput: A line is not of the form name==version.
    """
    locked: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        name, sign, version = text.partition("==")
        if not sign:
            raise InvalidInput(f"{path.name}, line {number}: '{text}' is no locked version.")
        locked[canonical(name)] = version.split(";")[0].split()[0]
    return locked


def read_list(path: Path = LIST) -> dict[str, dict[str, Any]]:
    """The rows of the list by name, each with the hazard of its group."""
    return _rows(path, file_digest(path) if path.is_file() else "")


@lru_cache(maxsize=4)
def _rows(path: Path, _digest: str) -> dict[str, dict[str, Any]]:
    """Read once as long as the file says the same: a page asks at every click."""
    content = read_yaml(path).content
    groups = {one["name"]: one for one in content["groups"]}
    return {
        canonical(one["name"]): one | {
            "hazard": groups[one["group"]]["hazard"],
            "risk_item": groups[one["group"]]["risk_item"],
        }
        for one in content["components"]
    }


@cache
def brought_by() -> dict[str, tuple[str, ...]]:
    """The packages that each installed package asks for here, by name.

    An extra counts where somebody asks for it, the product's own pyproject.toml included.
    """
    from packaging.requirements import Requirement

    asked = {
        canonical(one.metadata["Name"]): [Requirement(text) for text in one.requires or ()]
        for one in metadata.distributions()
    }
    asked[OWN] = [Requirement(text) for text in _own_dependencies()]
    extras: dict[str, set[str]] = {}
    for wanted in (one for many in asked.values() for one in many if one.extras):
        extras.setdefault(canonical(wanted.name), set()).update(wanted.extras)
    return {
        name: tuple(sorted({
            canonical(one.name) for one in many
            if one.marker is None or any(
                one.marker.evaluate({"extra": extra})
                for extra in (extras.get(name, ()) if _only_with_extra(one) else ("",))
            )
        }))
        for name, many in asked.items()
    }  # fmt: skip


def _only_with_extra(wanted: Any) -> bool:
    return "extra ==" in str(wanted.marker or "")


def _own_dependencies() -> list[str]:
    import tomllib

    content = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return [str(one) for one in content["project"]["dependencies"]]


def components(
    locked: Mapping[str, str], listed: Mapping[str, Mapping[str, Any]],
    asks: Mapping[str, tuple[str, ...]],
) -> list[Component]:
    """Every locked package; one that is not listed takes over the row of what brings it."""
    through: dict[str, str] = {}
    waiting = [(name, name) for name in sorted(listed) if name in locked]
    seen = {name for name, _ in waiting}
    while waiting:  # breadth first: the shortest way, the same one always
        name, root = waiting.pop(0)
        for asked in asks.get(name, ()):
            if asked in locked and asked not in seen:
                seen.add(asked)
                through[asked] = root
                waiting.append((asked, root))
    return [
        Component(name, version, name in listed, through.get(name, ""),
                  listed.get(name) or listed.get(through.get(name, ""), {}))
        for name, version in sorted(locked.items())
    ]  # fmt: skip


def soup_components() -> list[Component]:
    """Every locked package of this installation, with what the list says of it."""
    return components(read_lock(), read_list(), brought_by())


def list_gaps(found: list[Component], listed: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each component that the list does not answer for, or names without need."""
    locked = {one.name for one in found}
    return [
        f"{one.name} {one.version} is locked, and neither listed nor brought by a listed component"
        for one in found if not one.listed
    ] + [f"{name} is listed and not locked" for name in sorted(listed) if name not in locked]


def soup_gaps(reader: Session) -> list[str]:
    """What stands in the way of a release: gaps of the list, and a lock that nobody reviewed."""
    gaps = list_gaps(soup_components(), read_list())
    review = newest_soup_review(reader, file_digest(LOCK))
    if review is None:
        gaps.append("nobody has reviewed the list for this lock: 'radvigil soup review'")
    elif review.list_digest != file_digest(LIST):
        gaps.append(f"{review.label} is of another list: review it again")
    return gaps


def review_of(conclusion: str, *, by: str, now: datetime) -> SoupReview:
    """The review of the list for the present lock, with the gaps that it has; not yet kept."""
    found, listed = soup_components(), read_list()
    gaps = [*list_gaps(found, listed), *(
        f"{name}: nobody has evaluated its anomaly list" for name in not_evaluated(listed))]
    return SoupReview(
        lock_digest=file_digest(LOCK), list_digest=file_digest(LIST), components=len(found),
        gaps=gaps, conclusion=conclusion, reviewed_by=by, reviewed_at=now,
    )


def not_evaluated(listed: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The listed components whose anomaly list nobody has evaluated yet."""
    return sorted(name for name, row in listed.items() if not row.get("evaluation"))


def support_ended(listed: Mapping[str, Mapping[str, Any]], today: date) -> list[str]:
    """The listed components that their makers support no more; one without a stated end is none."""
    return sorted(
        name for name, row in listed.items()
        if row.get("support_end") and date.fromisoformat(str(row["support_end"])) < today
    )
