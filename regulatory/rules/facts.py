"""The facts a rule is applied to: read against one dictionary, and never guessed.

Three things are told apart: a fact that is absent (the rule refuses and names it), one that is null
(looked for and not known; a rule says what follows, and it is never 'no'), and one that is given.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from records.errors import InvalidInput, Refused
from regulatory.rules.dictionary import Entry, fact_dictionary

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
UNCERTAIN = "UNCERTAIN"


class FactsMissing(Refused):
    """A rule needs facts that were not given, or that are not known."""


class Facts:
    """Facts by name, and what other rules of the same call found out of them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """The facts as they were given.

        Raises:
            InvalidInput: A value is not of its fact's kind, or no coded value of it.
        """
        known = fact_dictionary()
        self.unread = sorted(set(given) - set(known))
        self._given = {name: _checked(name, value, known[name]) for name, value in given.items()
                       if name in known}  # fmt: skip
        self._found: dict[str, Any] = {}
        self.used: set[str] = set()

    def found(self, name: str, value: Any, *, is_open: bool = False) -> None:
        """What a rule found out, for the rules after it.

        is_open: it found nothing definite, which contradicts no fact that was given.

        Raises:
            Refused: The facts that were given say something else.
        """
        if not is_open and self._given.get(name) not in (value, None):
            raise Refused(
                f"The facts contradict each other: '{name}' is given as {self._given[name]}, and "
                f"follows as {value} from the others.",
                hint="Correct the facts, or apply the rules one by one.",
            )
        self._found[name] = value

    def has(self, name: str) -> bool:
        """Whether a fact is there, be it that it is not known."""
        return name in self._given or name in self._found

    @property
    def used_names(self) -> list[str]:
        """The given facts that a rule looked at."""
        return sorted(self.used & set(self._given))

    def need(self, *names: str) -> None:
        """Refuse where one of these facts is absent.

        Raises:
            FactsMissing: Naming all that are.
        """
        absent = [name for name in names if not self.has(name)]
        if absent:
            raise FactsMissing(
                f"Missing facts: {', '.join(absent)}.",
                hint="Give each, or null where it was looked for and is not known.",
            )

    def value(self, name: str) -> Any:
        """A fact as it is, None where it is not known.

        Raises:
            FactsMissing: It is absent.
        """
        self.need(name)
        self.used.add(name)
        given = self._given.get(name)
        return self._found.get(name) if given is None else given

    def known(self, name: str) -> Any:
        """A fact that the rule cannot do without.

        Raises:
            FactsMissing: It is absent, or not known.
        """
        value = self.value(name)
        if value is None:
            raise FactsMissing(
                f"Missing facts: {name} is not known (null).", hint="The rule needs it."
            )
        return value

    def told(self, name: str) -> Any:
        """A fact that may be left out; None where it is not there or not known."""
        return self.value(name) if self.has(name) else None

    def yes_no(self, name: str) -> bool | None:
        """True, False, or None where it is not known. Raises FactsMissing where absent."""
        value: bool | None = self.value(name)
        return value

    def day(self, name: str) -> date:
        """A local civil date. Raises FactsMissing where absent or not known."""
        return date.fromisoformat(self.known(name))

    def instant(self, name: str) -> datetime:
        """An instant with its offset. Raises FactsMissing where absent or not known."""
        return datetime.fromisoformat(self.known(name))

    def text(self, name: str) -> str:
        """A text or coded value. Raises FactsMissing where absent or not known."""
        return str(self.known(name))

    def whole(self, name: str) -> int:
        """A whole number from 0. Raises FactsMissing where absent or not known."""
        return int(self.known(name))

    def items(self, name: str) -> list[Any]:
        """A list. Raises FactsMissing where absent or not known."""
        return list(self.known(name))

    def inside(self, name: str) -> dict[str, Any]:
        """The facts of an object. Raises FactsMissing where absent or not known."""
        return dict(self.known(name))


def all_of(answers: Sequence[bool | None]) -> bool | None:
    """Whether all are so: one 'no' decides, else one that is not known leaves it open.

    >>> all_of([True, None]), all_of([False, None]), all_of([True, True])
    (None, False, True)
    """
    if any(one is False for one in answers):
        return False
    return None if any(one is None for one in answers) else True


def any_of(answers: Sequence[bool | None]) -> bool | None:
    """Whether any is so: one 'yes' decides, else one that is not known leaves it open.

    >>> any_of([False, None]), any_of([True, None]), any_of([False, False])
    (None, True, False)
    """
    if any(one is True for one in answers):
        return True
    return None if any(one is None for one in answers) else False


def civil_date(name: str, value: Any) -> date:
    """A date such as 2026-11-23. Raises InvalidInput naming the fact."""
    try:
        if isinstance(value, str) and _DAY.match(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidInput(f"{name}: {value!r} is no date such as 2026-11-23.")


def instant_with_offset(name: str, value: Any) -> datetime:
    """An instant such as 2026-11-23T08:00:00+01:00. Raises InvalidInput naming the fact."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(
            f"{name}: {value!r} is no instant with its offset such as 2026-11-23T08:00:00+01:00."
        )
    return found


def zone(name: str, value: Any) -> ZoneInfo:
    """A time zone by its IANA name. Raises InvalidInput naming the fact."""
    try:
        if isinstance(value, str):
            return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise InvalidInput(f"{name}: {value!r} is no time zone such as Europe/Berlin.")


def coded(name: str, value: Any, values: Sequence[str]) -> str:
    """A coded value. Raises InvalidInput with the values that there are."""
    if isinstance(value, str) and value in values:
        return value
    raise InvalidInput(f"{name}: {value!r} is not known.", hint=f"Known: {', '.join(values)}.")


def _checked(name: str, value: Any, entry: Entry) -> Any:
    """The value, if it is of its fact's kind. Raises InvalidInput."""
    if value is None or (entry.alternative == "text" and isinstance(value, str)):
        return value
    if isinstance(value, str) and value in entry.also:
        return value
    if entry.alternative == "country" and isinstance(value, str) and _COUNTRY.match(value):
        return value
    if entry.kind == "code":
        coded(name, value, entry.values)
    elif entry.kind == "yes_no":
        _check_yes_no(name, value, entry.also)
    else:
        _CHECKS[entry.kind](name, value)
    if entry.kind == "list" and entry.item is not None:
        for place, item in enumerate(value):
            if item is None:
                raise InvalidInput(f"{name}[{place}] is null.")
            _checked(f"{name}[{place}]", item, entry.item)
    return value


def number(name: str, value: Any) -> float:
    """A number from 0 that is finite. Raises InvalidInput naming the fact."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not 0 <= value < float("inf"):
        raise InvalidInput(f"{name}: {value!r} is no number from 0.")
    return float(value)


def _check_yes_no(name: str, value: Any, also: Sequence[str]) -> None:
    if not isinstance(value, bool):
        known = ", ".join(("true", "false", *also))
        raise InvalidInput(f"{name}: {value!r} is not known.", hint=f"Known: {known}.")


def _check_member_state(name: str, value: Any) -> None:
    from regulatory.rules.calendars import MEMBER_STATES

    coded(name, value, MEMBER_STATES)


def _check_country(name: str, value: Any) -> None:
    if not (isinstance(value, str) and _COUNTRY.match(value)):
        raise InvalidInput(f"{name}: {value!r} is no country of two capital letters such as DE.")


def _check_whole(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"{name}: {value!r} is no whole number from 0.")


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{name}: a text is needed.")


def _check_object(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise InvalidInput(f"{name}: an object with fields is needed.")


def _check_list(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise InvalidInput(f"{name}: a list is needed.")


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "day": civil_date, "instant": instant_with_offset, "zone": zone, "country": _check_country,
    "member_state": _check_member_state, "text": _check_text, "number": number,
    "whole": _check_whole, "list": _check_list, "object": _check_object,
}  # fmt: skip
