"""A life of devices told as a story: who does what on which day, each deed by its own use case.

A deed is done once: that it was done is recorded with what it made, in the deed's own transaction
where its use case takes one, so that an interrupted story goes on behind it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import Session

from records.base import Record
from records.capas import linked_record
from records.errors import InvalidInput
from records.people import Actor, find_actor
from records.product import Device, JourneyStep
from records.queries import find_device, finished_steps
from records.settings import REPOSITORY
from records.store import Store
from records.yaml_source import read_yaml

if TYPE_CHECKING:
    from journeys.demonstration_steps import Course

SCENARIOS: Final = REPOSITORY / "devices" / "scenarios"
STORY: Final = "story"
"""The journey under which each deed is recorded."""
MADE: Final = "record"
_NAMED: Final = re.compile(r"\$([a-z0-9][a-z0-9_]*)")
_ABOUT: Final = {"on", "at", "by", "do", "as", "why", "device"}


def scenarios() -> list[str]:
    """The names of the scenarios that come with Radvigil."""
    return sorted(one.parent.name for one in SCENARIOS.glob("*/story.yaml"))


def scenario_folder(name: str) -> Path:
    """The folder of a scenario.

    Raises:
        InvalidInput: There is none of that name.
    """
    if name not in scenarios():
        raise InvalidInput(f"There is no scenario '{name}'.",
                           hint=f"Known: {', '.join(scenarios())}.")  # fmt: skip
    return SCENARIOS / name


@dataclass(frozen=True)
class Scene:
    """One deed of the story: the day and hour (UTC), who, which verb, and what is said with it.

    name: by which later deeds mean what it made; ``$name`` in what is said becomes its label.
    """

    day: date
    hour: int
    by: str
    verb: str
    name: str
    why: str
    device: str
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deed:
    """A scene that is carried out: in a transaction ``tx``, or none where it brings its own."""

    course: "Course"
    scene: Scene
    said: Mapping[str, Any]
    now: datetime
    tx: Session
    by: Actor

    @property
    def store(self) -> Store:
        """Where it is recorded."""
        return self.course.store

    @property
    def device(self) -> Device:
        """The revision of the device's definition that is in force."""
        return find_device(self.tx, self.scene.device)

    def record(self, key: str, table: type[Record] | None = None) -> Any:
        """The record that a field names by its label, of the table that is expected."""
        found = linked_record(self.tx, str(self.said[key]))
        assert table is None or isinstance(found, table), f"{found.label} is no {table}"
        return found

    def words(self, *keys: str) -> dict[str, Any]:
        """Some of the fields, those that are said."""
        return {key: self.said[key] for key in keys if key in self.said}


Act = Callable[[Deed], Record | None]


def read_story(path: Path, *, device: str) -> list[Scene]:
    """The scenes of a story in order of their days; the file's order within an hour.

    Raises:
        InvalidInput: A deed lacks its day, its person or its verb, or two have one name.
    """
    content = read_yaml(path).content
    rows = [_with_shared(row, content.get("shared") or {}) for row in content.get("story") or []]
    scenes: list[Scene] = []
    for number, row in enumerate(rows, start=1):
        if lacking := [key for key in ("on", "by", "do", "as") if not row.get(key)]:
            raise InvalidInput(f"{path.name}: deed {number} does not say {', '.join(lacking)}.")
        scenes.append(Scene(
            day=date.fromisoformat(str(row["on"])), hour=int(row.get("at", 10)), by=str(row["by"]),
            verb=str(row["do"]), name=str(row["as"]), why=str(row.get("why", row["do"])),
            device=str(row.get("device", device)),
            said={key: one for key, one in row.items() if key not in _ABOUT},
        ))  # fmt: skip
    if len({one.name for one in scenes}) < len(scenes):
        raise InvalidInput(f"{path.name}: two deeds have one name.")
    return sorted(scenes, key=lambda one: (one.day, one.hour))


def _with_shared(value: Any, shared: Mapping[str, Any]) -> Any:
    """What is said, with ``=name`` replaced by what the story's section ``shared`` says of it."""
    if isinstance(value, Mapping):
        return {key: _with_shared(one, shared) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_shared(one, shared) for one in value]
    if isinstance(value, str) and value.startswith("="):
        return _with_shared(shared[value[1:]], shared)
    return value


def done_deeds(store: Store) -> dict[str, str]:
    """By name of each deed that was done, the label of what it made; '' where it made nothing."""
    with store.reader() as reader:
        return {
            name: str(step.summary.get(MADE, ""))
            for name, step in finished_steps(reader, STORY).items()
        }


def carry_out(
    course: "Course", scene: Scene, done: dict[str, str], *, within: Mapping[str, Act],
    alone: Mapping[str, Act],
) -> None:
    """Do one deed and record that it was done; ``done`` then knows what it made.

    within: verbs that are carried out in a transaction of the person, which records the deed too.
    alone: verbs whose use cases bring their own; each can be called again after an interruption.

    Raises:
        InvalidInput: There is no such verb, or it names a deed that was not done before it.
    """
    now, said = course.at(scene.day, scene.hour), _with_labels(scene.said, scene, done)
    act = within.get(scene.verb) or alone.get(scene.verb)
    if act is None:
        raise InvalidInput(
            f"The story's deed '{scene.name}' does '{scene.verb}', which is no verb.",
            hint=f"Verbs: {', '.join(sorted({*within, *alone}))}.",
        )
    made: Record | None
    if scene.verb in within:
        with course.store.transaction(scene.by, scene.why, now=now) as tx:
            made = act(Deed(course, scene, said, now, tx, find_actor(tx, scene.by)))
            done[scene.name] = _note(tx, scene, made, now)
        return
    with course.store.reader() as reader:
        made = act(Deed(course, scene, said, now, reader, find_actor(reader, scene.by)))
    with course.store.transaction("radvigil", f"the story's deed '{scene.name}'", now=now) as tx:
        done[scene.name] = _note(tx, scene, made, now)


def _note(tx: Session, scene: Scene, made: Record | None, now: datetime) -> str:
    label = "" if made is None else made.label
    tx.add(JourneyStep(journey=STORY, step=scene.name, finished_at=now, seconds=0.0,
                       summary={MADE: label, "verb": scene.verb}))  # fmt: skip
    return label


def _with_labels(value: Any, scene: Scene, done: Mapping[str, str]) -> Any:
    """What is said, with ``$name`` replaced by the label of what that deed made."""
    if isinstance(value, Mapping):
        return {key: _with_labels(one, scene, done) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_with_labels(one, scene, done) for one in value]
    if not isinstance(value, str):
        return value

    def label(found: re.Match[str]) -> str:
        if not done.get(found[1]):
            raise InvalidInput(
                f"The story's deed '{scene.name}' names '${found[1]}', which made nothing yet.")
        return done[found[1]]

    return _NAMED.sub(label, value)
