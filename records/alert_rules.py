"""What a monitoring plan says of answering alerts: whose they are, by when, and what must be done.

Every chart belongs to a class of alerts, by the kind of chart or as the plan says; a class has its
times to acknowledge and to close, the action that must be taken, and whether closing is signed
(MDR Art. 83(3); ISO 13485:2016, 8.2.1 and 8.5). A plan without these fields has the defaults below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from records.chart_names import whole_chart
from records.counting import counted
from records.errors import InvalidInput
from records.people import Role
from records.permissions import MAY, Action

ACKNOWLEDGE, REVALIDATE, STOP_USE = "acknowledge", "revalidate", "stop use"
ACTIONS: Final[dict[str, str]] = {
    ACKNOWLEDGE: "a person looks at it and says what was found",
    REVALIDATE: "the version in use is judged again at the site",
    STOP_USE: "the device runs at the site no more",
}
"""What a plan may demand when an alert was raised, with what each means."""

ALERT_CLASSES: Final[dict[str, str]] = {
    "performance": "the device answers worse than it should, by the truth or by reports",
    "input": "images, acquisition or patients are others than before",
    "output": "scores or decisions are others than before",
    "operations": "studies fail to come, or come in other numbers",
    "people": "readers use the device otherwise than before",
}
"""The classes of alerts, with what each is about; what concerns patients most comes first."""

CLASS_OF_DETECTOR: Final[dict[str, str]] = {
    "claimed_performance": "performance",
    "performance_against_reference": "performance",
    "concordance": "performance",
    "estimated_performance": "performance",
    "calibration": "performance",
    "subgroup_gap": "performance",
    "rank_cusum": "input",
    "fact_distribution": "input",
    "conformal_test": "output",
    "score_distribution": "output",
    "positive_rate": "output",
    "silent_days": "operations",
    "study_volume": "operations",
    "override_rate": "people",
}
"""The class of each kind of chart, where the plan says nothing else of a chart."""

ANSWERING: Final = MAY[Action.ACKNOWLEDGE_ALERT]
"""The roles that may own alerts and to which unattended ones go: who may acknowledge them."""

MOST_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class AlertRule:
    """By when an alert is acknowledged and closed (calendar days since it was raised), what must be
    done, and whether closing it needs an electronic signature."""

    acknowledge_days: int
    close_days: int
    action: str = ACKNOWLEDGE
    signed: bool = False

    @property
    def to_acknowledge(self) -> timedelta:
        """The time to acknowledge."""
        return timedelta(days=self.acknowledge_days)

    @property
    def to_close(self) -> timedelta:
        """The time to close."""
        return timedelta(days=self.close_days)

    @property
    def words(self) -> str:
        """As people read it."""
        signed = ", with a signature" if self.signed else ""
        return (
            f"acknowledged within {counted(self.acknowledge_days, 'day')}, closed within "
            f"{counted(self.close_days, 'day')}{signed}; required action: {self.action}"
        )


DEFAULT_RULES: Final[dict[str, AlertRule]] = {
    "performance": AlertRule(3, 30, REVALIDATE),
    "input": AlertRule(7, 60),
    "output": AlertRule(7, 60),
    "operations": AlertRule(3, 30),
    "people": AlertRule(7, 60),
}
"""What holds of a class where the plan does not say it."""


@dataclass(frozen=True, slots=True)
class AlertRules:
    """What a plan says of answering its alerts.

    escalate_to: the roles to which an unattended alert goes, one after the other. charts: the class
    and the rule of each chart by its name.
    """

    owner: Role = Role.QUALITY
    escalate_to: tuple[Role, ...] = (Role.REGULATORY, Role.RESPONSIBLE_PERSON)
    classes: Mapping[str, AlertRule] = field(default_factory=lambda: dict(DEFAULT_RULES))
    charts: Mapping[str, tuple[str, AlertRule]] = field(default_factory=dict)

    def class_of(self, *charts: str) -> str:
        """The class of an alert that covers these charts: the first of theirs in ALERT_CLASSES."""
        return min((self._of(one)[0] for one in charts), key=[*ALERT_CLASSES].index)

    def rule_of(self, *charts: str) -> AlertRule:
        """What holds of an alert that covers these charts: the strictest of each.

        A fall of performance that joins a changed scanner is answered as a fall of performance.
        """
        rules = [self._of(one)[1] for one in charts]
        return AlertRule(
            min(one.acknowledge_days for one in rules), min(one.close_days for one in rules),
            max((one.action for one in rules), key=[*ACTIONS].index),
            any(one.signed for one in rules),
        )

    def _of(self, chart: str) -> tuple[str, AlertRule]:
        """A chart of a level of a subgroup is answered as the plan's chart that it belongs to."""
        return self.charts.get(whole_chart(chart)) or ("input", self.classes["input"])


def read_alert_rules(content: Mapping[str, Any]) -> AlertRules:
    """What the content of a monitoring plan says of answering alerts, complete and checked.

    Raises:
        InvalidInput: Naming the field, what was found, and what is needed.
    """
    where = "monitoring_plan.alerts"
    section = _fields(content.get("alerts"), ("owner", "escalate_to", "classes"), where)
    given = section.get("escalate_to", list(AlertRules().escalate_to))
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise InvalidInput(f"{where}.escalate_to: a list of roles is needed, not {given!r}.")
    listed = _fields(section.get("classes"), tuple(ALERT_CLASSES), f"{where}.classes")
    classes = {
        name: _rule(listed.get(name), default, f"{where}.classes.{name}")
        for name, default in DEFAULT_RULES.items()
    }
    return AlertRules(
        owner=_role(section.get("owner", Role.QUALITY), f"{where}.owner"),
        escalate_to=tuple(_role(one, f"{where}.escalate_to") for one in given),
        classes=classes, charts=_charts(content.get("charts"), classes),
    )


def _charts(
    listed: Any, classes: Mapping[str, AlertRule]
) -> dict[str, tuple[str, AlertRule]]:
    found: dict[str, tuple[str, AlertRule]] = {}
    for index, entry in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if not isinstance(entry, Mapping):
            continue  # the plan's own parser says what is wrong with it
        where = f"monitoring_plan.charts[{index}].alert"
        own = _fields(entry.get("alert"), ("class", *RULE_FIELDS), where)
        name = own.get("class", CLASS_OF_DETECTOR.get(str(entry.get("detector")), "input"))
        if name not in ALERT_CLASSES:
            raise InvalidInput(
                f"{where}.class: {name!r} is no class of alerts.",
                hint=f"One of: {', '.join(ALERT_CLASSES)}.",
            )
        rule = _rule({one: own[one] for one in RULE_FIELDS if one in own}, classes[name], where)
        found[str(entry.get("name"))] = (name, rule)
    return found


RULE_FIELDS: Final = ("acknowledge_days", "close_days", "action", "signed")


def _rule(given: Any, default: AlertRule, where: str) -> AlertRule:
    fields = _fields(given, RULE_FIELDS, where)
    for name in ("acknowledge_days", "close_days"):
        days = fields.get(name, 1)
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise InvalidInput(
                f"{where}.{name}: a whole number of days from 1 to {MOST_DAYS} is needed, not "
                f"{days!r}."
            )
    if fields.get("action", ACKNOWLEDGE) not in ACTIONS:
        raise InvalidInput(
            f"{where}.action: {fields['action']!r} is no action.",
            hint=f"One of: {', '.join(ACTIONS)}.",
        )
    if not isinstance(fields.get("signed", False), bool):
        raise InvalidInput(f"{where}.signed: true or false is needed, not {fields['signed']!r}.")
    rule = replace(default, **fields)
    if rule.close_days < rule.acknowledge_days:
        raise InvalidInput(
            f"{where}.close_days: {rule.close_days} days are fewer than the "
            f"{rule.acknowledge_days} to acknowledge."
        )
    return rule


def _role(given: Any, where: str) -> Role:
    if given not in {role.value for role in ANSWERING}:
        raise InvalidInput(
            f"{where}: {given!r} is no role that answers alerts.",
            hint=f"One of: {', '.join(sorted(role.value for role in ANSWERING))}.",
        )
    return Role(given)


def _fields(given: Any, known: Sequence[str], where: str) -> Mapping[str, Any]:
    fields = {} if given is None else given
    if not isinstance(fields, Mapping):
        raise InvalidInput(f"{where}: fields are needed here: {', '.join(known)}.")
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise InvalidInput(
            f"{where}: unknown field {', '.join(map(str, unknown))}.",
            hint=f"Known: {', '.join(known)}.",
        )
    return fields

