"""What demonstration is wanted: checked before anything is made, known again by its content."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from journeys.make_from_tables import read_sources, require_enough
from journeys.scenario import scenario_folder
from journeys.simulated_subjects import (
    Scale,
    SeriesSubject,
    Subject,
    TableSubject,
    reported_subject_of,
    subject_of,
)
from models.tasks import TASKS
from records.definition import find_definition, load_definition
from records.errors import InvalidInput
from records.queries import finished_steps

DEVICE = "chest-radiograph-pneumonia"
ORDERED = "demonstration order"
"""The journey under which an order is recorded, in the transaction that marks the workspace."""

DEFAULT_SEED = 20261
LARGEST_SEED = 2**31 - 1
SPARSE = Scale(days=731, change_day=1, development_per_site=260, daily_per_site=8)
"""Of a scenario: it says itself on which days studies come, and when the fault does."""


@dataclass(frozen=True)
class Order:
    """A demonstration of a device: simulated, or with real images; with or without the fault, which
    comes in operation.

    ``unspecified``: nobody named any option, so what stands in the workspace already is meant.
    ``scale``: None for what is enough for the device. ``clinic``: the simulated hospitals report,
    answer, follow up and run another maker's product, in place of a list that knows the truth of
    all studies. ``scenario``: a life of devices over years, told by a story that comes with
    Radvigil.

    Raises:
        InvalidInput: The seed is out of range, options for real images come without them, there
            are no simulated studies for the device, or no simulated hospitals.
    """

    device: str = DEVICE
    seed: int = DEFAULT_SEED
    data: Path | None = None
    external: Path | None = None
    drift: bool = True
    columns: dict[str, Any] = field(default_factory=dict)
    workers: int = 2
    scale: Scale | None = None
    unspecified: bool = False
    clinic: bool = False
    scenario: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= LARGEST_SEED:
            raise InvalidInput(
                f"{self.seed} is no seed.", hint=f"Name a whole number from 0 to {LARGEST_SEED}."
            )
        if self.data is None and (self.external is not None or self.columns):
            raise InvalidInput(
                "--external and the columns of a CSV say nothing about simulated studies.",
                hint="Name the images with --data as well.",
            )
        if self.clinic and (self.data is not None or self.device != DEVICE):
            raise InvalidInput(
                "--clinic shows simulated hospitals around the simulated studies of one device.",
                hint=f"Leave --data out, and name no device but {DEVICE}.",
            )
        if self.scenario:
            scenario_folder(self.scenario)
            if self.clinic or self.data is not None or self.device != DEVICE or not self.drift:
                raise InvalidInput(
                    "A scenario brings its own devices, studies and fault.",
                    hint="Name --scenario alone; --seed and --home may be given too.",
                )
        if self.data is None:
            self._subject()

    @property
    def size(self) -> Scale:
        """How long and how large it is."""
        if self.scale is not None:
            return self.scale
        if self.scenario:
            return SPARSE
        return Scale() if self.data is not None else self._subject().scale

    def _subject(self) -> Subject | TableSubject | SeriesSubject:
        return (subject_of if operated(self.device) else reported_subject_of)(self.device)

    def identity(self) -> dict[str, Any]:
        """What makes two orders the same demonstration; images are known by their content.

        Raises:
            SourceRefused: The images cannot be used: naming file, row and column, and what to do.
        """
        found = {
            "seed": self.seed, "drift": self.drift and operated(self.device), "data": "",
            "data_content": "", "external": "", "external_content": "", "device": self.device,
        }
        if self.clinic:
            found["clinic"] = True
        if self.scenario:
            found["scenario"] = self.scenario
        if self.data is None:
            return found
        task = load_definition(find_definition(self.device)).task
        source, other = read_sources(self.data, self.external, task=task, columns=self.columns)
        require_enough(source)
        found |= {"data": self.data.resolve().name, "data_content": source.fingerprint()}
        if other is not None and self.external is not None:
            found |= {
                "external": self.external.resolve().name, "external_content": other.fingerprint()
            }
        return found


def operated(device: str) -> bool:
    """Whether versions of a device run at sites, by its task; else its life ends at a report.

    Raises:
        NotFound: There is no such device.
    """
    return not TASKS[load_definition(find_definition(device)).task.kind].not_operated


def recorded_order(reader: Session) -> dict[str, Any] | None:
    """The identity of the order that the demonstration here was begun with."""
    step = finished_steps(reader, ORDERED).get("order")
    return None if step is None else dict(step.summary)


def same_order(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two identities mean one demonstration: the names of the folders do not count."""
    names = ("data", "external")
    plain = {"device": DEVICE, "clinic": False, "scenario": ""}
    here, there = (plain | order for order in (one, other))
    return all(here[key] == there[key] for key in here if key not in names)


def describe_order(order: dict[str, Any]) -> str:
    """An identity in words."""
    device = order.get("device", DEVICE)  # orders of an earlier version name none
    said = [f"device {device}"] if device != DEVICE else []
    said += [f"seed {order['seed']}", "with drift" if order["drift"] else "without drift"]
    said += ["with its clinic"] if order.get("clinic") else []
    said += [f"scenario {order['scenario']}"] if order.get("scenario") else []
    for name in ("data", "external"):
        if order[name]:
            said.append(f"{name} {order[name]}, content {order[f'{name}_content'][:12]}")
    return "; ".join(said)
