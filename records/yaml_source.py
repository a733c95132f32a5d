"""A YAML file that a person wrote: its content, and the line of each field for what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from records.errors import InvalidInput

if TYPE_CHECKING:
    from ruamel.yaml import YAML

Location = tuple[int | str, ...]
"""Where a field stands: the keys and positions that lead to it."""

MOST_BYTES = 1_000_000
MOST_NESTED = 50


@dataclass(frozen=True)
class YamlSource:
    """A mapping of fields as plain values, and the annotated one that knows the lines."""

    path: Path
    content: dict[str, Any]
    annotated: Any

    def line_of(self, location: Location) -> int:
        """The line of a field, or of the nearest field above it that is there."""
        line, node = 1, self.annotated
        for part in location:
            if not hasattr(node, "lc"):
                break
            try:
                position = node.lc.value(part) if isinstance(part, str) else node.lc.item(part)
                line, node = position[0] + 1, node[part]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def refusal(self, faults: Sequence[tuple[Location, str]]) -> InvalidInput:
        """The error with one line a fault: file, line number, field, what is wrong."""
        lines = [
            f"{self.path.name}, line {self.line_of(location)}: {_field(location)}: {words}"
            for location, words in faults
        ]
        return InvalidInput("\n".join(lines), hint="\nNothing was recorded.")


def _field(location: Location) -> str:
    return ".".join(str(part) for part in location) or "definition"


def read_yaml(path: Path) -> YamlSource:
    """The content of a YAML file that is a mapping of fields.

    Raises:
        InvalidInput: Naming the line that cannot be read, or what else is wrong with the file.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = _text_of(path)
    try:
        content = _strict_reader(path).load(text)
    except MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise InvalidInput(f"{path.name}, line {line}: {wrong.problem}.") from wrong
    except YAMLError as wrong:
        raise InvalidInput(
            f"{path.name} is not YAML: {str(wrong).splitlines()[0]}."
        ) from wrong
    if not isinstance(content, dict):
        raise InvalidInput(f"{path.name}, line 1: a device definition is a mapping of fields.")
    faults: list[tuple[Location, str]] = []
    source = YamlSource(path, _plain(content, (), faults), content)
    if faults:
        raise source.refusal(faults)
    return source


def _text_of(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as missing:
        raise InvalidInput(f"There is no file {path}.") from missing
    except IsADirectoryError as folder:
        raise InvalidInput(f"{path} is a folder.", hint="Name the YAML file in it.") from folder
    except OSError as failed:
        raise InvalidInput(f"{path} cannot be read: {failed.strerror}.") from failed
    if len(raw) > MOST_BYTES:
        raise InvalidInput(f"{path.name} has {len(raw)} bytes; a device file has some thousand.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise InvalidInput(f"{path.name} is not UTF-8 text.") from wrong


def _strict_reader(path: Path) -> "YAML":
    """A few lines of aliases of aliases stand for gigabytes, and the parser takes minutes for a
    few thousand brackets; a definition says each thing out, and is not deep. Both are refused at
    the event that would do it, so the text is parsed once."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
    from ruamel.yaml.parser import RoundTripParser

    class Strict(RoundTripParser):
        depth = 0

        def get_event(self) -> Any:
            event = super().get_event()
            self.depth += isinstance(event, CollectionStartEvent)
            self.depth -= isinstance(event, CollectionEndEvent)
            if self.depth > MOST_NESTED:
                raise InvalidInput(
                    f"{path.name}, line {event.start_mark.line + 1}: nested too deeply to be "
                    f"read: {MOST_NESTED} levels at most."
                )
            if isinstance(event, AliasEvent):
                raise InvalidInput(
                    f"{path.name}, line {event.start_mark.line + 1}: '*{event.anchor}' refers to "
                    "another place; references are not read here.",
                    hint="Write the value out.",
                )
            return event

    reader = YAML(typ="rt")
    reader.Parser = Strict
    return reader


def _plain(value: Any, location: Location, faults: list[tuple[Location, str]]) -> Any:
    """YAML's annotated values as plain ones; what is none is a fault."""
    if isinstance(value, dict):
        return {
            str(key): _plain(item, (*location, str(key)), faults) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_plain(item, (*location, place), faults) for place, item in enumerate(value)]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            plain = kind(value)
            if isinstance(plain, str) and any(sign < " " and sign != "\n" for sign in plain):
                faults.append((location, "a text without control characters is needed"))
            return plain
    faults.append((location, "a text, a number, true, false, a list or fields are needed"))
    return None
