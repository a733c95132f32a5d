"""What a monitoring plan says of revalidation: how often, on what, against which bounds, and what
happens where it fails.

A plan without the section `revalidation` judges alerts by point estimates alone, as before. With
it, the version in use is judged again on a schedule and at alerts whose rule demands it, by the
lower confidence limit against each claim less its margin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from records.errors import InvalidInput

PASSED, INFERIOR = "passed", "inferior"
NOT_DECIDED, NOT_REPRODUCED = "not decided", "not reproduced"
FAILING: Final = (INFERIOR, NOT_REPRODUCED)
"""The verdicts of a revalidation that open a CAPA and propose that use is suspended."""

WHEN: Final[dict[str, str]] = {
    INFERIOR: "a claimed measure is shown to lie below its bound, in all studies or in a subgroup",
    NOT_REPRODUCED: "the locked studies are not answered as they were",
}
"""What a fail-safe rule may be about, with what each means."""
SUSPEND: Final = "suspend"
SPLITS: Final = ("internal_test", "external_test")
FIELDS: Final = (
    "every_days", "recent_days", "splits", "alpha", "power", "minimum_n", "measures", "fail_safe",
)
TOP: Final = "monitoring_plan.revalidation"


class _Claimed(Protocol):
    @property
    def measure(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def margin(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Bound:
    """A measure with what is claimed of it, how far it may fall, and what is assumed true.

    assumed: for the number of studies needed only; the claim itself where the plan says nothing.
    """

    measure: str
    claim: float
    margin: float
    assumed: float

    @property
    def least(self) -> float:
        """The lowest value that keeps the claim: 0.9 of 0.95 with a margin of 0.05."""
        return round(self.claim - self.margin, 10)


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """What the plan says of one measure; None: as the definition claims it."""

    value: float | None = None
    margin: float | None = None
    assumed: float | None = None


@dataclass(frozen=True, slots=True)
class RevalidationRules:
    """The section, complete and checked. Days are calendar days, alpha is one-sided.

    minimum_n: studies below which a subgroup is not judged. fail_safe: the verdicts at which the
    signed plan itself suspends use; none: a person confirms each.
    """

    every_days: int
    recent_days: int
    splits: tuple[str, ...] = ("internal_test",)
    alpha: float = 0.025
    power: float = 0.8
    minimum_n: int = 30
    measures: Mapping[str, MeasureRule] = field(default_factory=dict)
    fail_safe: tuple[str, ...] = ()

    @property
    def level(self) -> float:
        """Two-sided confidence of an interval whose lower limit decides: 0.95 for 0.025."""
        return round(1.0 - 2.0 * self.alpha, 10)

    def bounds(self, claims: Sequence[_Claimed]) -> tuple[Bound, ...]:
        """Each measure that is judged, the claimed ones first.

        Raises:
            InvalidInput: A measure that is not claimed lacks value or margin, or what is assumed
                does not lie above the bound.
        """
        found = []
        known = {one.measure: one for one in claims}
        for name in dict.fromkeys([*known, *self.measures]):
            rule, claim = self.measures.get(name, MeasureRule()), known.get(name)
            value = rule.value if rule.value is not None else claim.value if claim else None
            margin = rule.margin if rule.margin is not None else claim.margin if claim else None
            if value is None or margin is None:
                raise InvalidInput(
                    f"{TOP}.measures.{name}: it is not claimed, so value and margin are needed."
                )
            assumed = rule.assumed if rule.assumed is not None else value
            one = Bound(name, value, margin, assumed)
            if not one.least < assumed:
                raise InvalidInput(
                    f"{TOP}.measures.{name}.assumed: {assumed:g} does not lie above the bound "
                    f"{one.least:g}: no number of studies would show it."
                )
            found.append(one)
        return tuple(found)


def read_revalidation(content: Mapping[str, Any]) -> RevalidationRules | None:
    """What the content of a monitoring plan says of revalidation; None where it says nothing.

    Raises:
        InvalidInput: Naming the field, what was found, and what is needed.
    """
    given = content.get("revalidation")
    if given is None:
        return None
    section = _fields(given, FIELDS, TOP)
    every = _whole(section, "every_days", None, 7, 1100)
    return RevalidationRules(
        every_days=every,
        recent_days=_whole(section, "recent_days", every, 7, 1100),
        splits=_splits(section.get("splits", ["internal_test"])),
        alpha=_number(section, "alpha", 0.025, 0.0005, 0.1, TOP),
        power=_number(section, "power", 0.8, 0.55, 0.99, TOP),
        minimum_n=_whole(section, "minimum_n", 30, 5, 100_000),
        measures={
            str(name): _measure(one, f"{TOP}.measures.{name}")
            for name, one in _mapping(section.get("measures"), f"{TOP}.measures").items()
        },
        fail_safe=_fail_safe(section.get("fail_safe")),
    )


def _splits(given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise InvalidInput(f"{TOP}.splits: a list of locked tests is needed, not {given!r}.")
    for one in given:
        if one not in SPLITS:
            raise InvalidInput(
                f"{TOP}.splits: {one!r} is no locked test.", hint=f"One of: {', '.join(SPLITS)}."
            )
    return tuple(dict.fromkeys(given))


def _measure(given: Any, where: str) -> MeasureRule:
    rule = _fields(given, ("value", "margin", "assumed"), where)
    return MeasureRule(**{
        name: None if name not in rule else _number(rule, name, 0.0, 0.001, 1.0, where)
        for name in ("value", "margin", "assumed")
    })


def _fail_safe(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    where = f"{TOP}.fail_safe"
    rule = _fields(given, ("when", "act"), where)
    if rule.get("act") != SUSPEND:
        raise InvalidInput(f"{where}.act: {SUSPEND!r} is needed, not {rule.get('act')!r}.")
    when = rule.get("when")
    listed = [when] if isinstance(when, str) else when
    if not isinstance(listed, Sequence) or not listed:
        raise InvalidInput(f"{where}.when: one or more of {', '.join(WHEN)} is needed.")
    for one in listed:
        if one not in WHEN:
            raise InvalidInput(
                f"{where}.when: {one!r} is no verdict that a rule can act on.",
                hint=f"One of: {', '.join(WHEN)}.",
            )
    return tuple(dict.fromkeys(listed))


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{where}: measures by name are needed, not {given!r}.")
    return given


def _fields(given: Any, known: Sequence[str], where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{where}: fields are needed here: {', '.join(known)}.")
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InvalidInput(
            f"{where}: unknown field {', '.join(map(str, unknown))}.",
            hint=f"Known: {', '.join(known)}.",
        )
    return given


def _whole(section: Mapping[str, Any], name: str, default: int | None, low: int, high: int) -> int:
    value = section.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(
            f"{TOP}.{name}: a whole number from {low} to {high} is needed, not {value!r}."
        )
    return value


def _number(
    section: Mapping[str, Any], name: str, default: float, low: float, high: float, where: str
) -> float:
    value = section.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidInput(
            f"{where}.{name}: a number from {low:g} to {high:g} is needed, not {value!r}."
        )
    return float(value)
