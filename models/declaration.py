"""What the maker of a model says of it, in one file: preparation, output, and how it was made."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.engine import OutputDeclared
from models.preprocessing import Preprocessing
from records.errors import InvalidInput

MAKER_FACTS: Mapping[str, str] = {
    "maker": "who made the model",
    "model": "the maker's name of the model",
    "version": "the maker's version",
    "architecture": "kind of network",
    "training_data": "data that the model was trained on",
    "tuning_data": "data that calibration and operating point were chosen on",
    "training_software": "software and versions that it was trained with",
    "trained_at": "when it was trained",
    "licence": "licence or contract under which it is used",
}
"""What a maker can state, and what each means; what is not stated is shown as a gap."""
NOT_STATED = "not stated by the maker"
_SECTIONS = ("preprocessing", "output", "maker")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration file, checked. maker: only what was stated, by the names of MAKER_FACTS."""

    preprocessing: Preprocessing
    output: OutputDeclared
    maker: Mapping[str, str] = field(default_factory=dict)

    @property
    def unstated(self) -> tuple[str, ...]:
        """Names of the facts that the maker does not state."""
        return tuple(name for name in MAKER_FACTS if name not in self.maker)


def read_declaration(path: Path) -> Declaration:
    """The declaration in a YAML or JSON file.

    Raises InvalidInput, naming file and field, when something is missing, unknown or wrong.
    """
    content = _mapping_in(path)
    unknown = sorted(set(content) - set(_SECTIONS))
    missing = [name for name in _SECTIONS[:2] if not isinstance(content.get(name), Mapping)]
    if unknown or missing:
        raise InvalidInput(
            f"{path.name}: unknown sections {unknown}, missing {missing}.",
            hint="'preprocessing' and 'output' are sections of fields; 'maker' may be one.",
        )
    try:
        return Declaration(
            Preprocessing.from_mapping(content["preprocessing"]),
            _output(content["output"]),
            _maker(content.get("maker") or {}),
        )
    except InvalidInput as wrong:
        raise InvalidInput(f"{path.name}, {wrong.message}", hint=wrong.hint) from wrong


def _mapping_in(path: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise InvalidInput(f"{path} cannot be read ({wrong.strerror}).") from wrong
    except (YAMLError, UnicodeDecodeError) as wrong:
        raise InvalidInput(f"{path.name} is no YAML or JSON: {wrong}") from wrong
    if not isinstance(content, Mapping):
        raise InvalidInput(f"{path.name} holds no sections of fields.")
    return content


def _output(values: Mapping[str, Any]) -> OutputDeclared:
    known = {one.name: one.default for one in dataclasses.fields(OutputDeclared)}
    unknown = sorted(set(values) - set(known))
    if unknown or "kind" not in values:
        raise InvalidInput(
            f"output: unknown fields {unknown}{'' if 'kind' in values else ', missing kind'}.",
            hint=f"Known: {', '.join(known)}; kind is logit or probability.",
        )
    for name, value in values.items():
        if type(value) is not type(known[name]):
            raise InvalidInput(f"output, {name}: {value!r} is not what belongs there.")
    if values["kind"] == "map":  # what our own networks give that outline; no maker declares it
        raise InvalidInput("output, kind: 'map' is neither logit nor probability.")
    return OutputDeclared(**values)


def _maker(values: Any) -> dict[str, str]:
    if not isinstance(values, Mapping):
        raise InvalidInput("maker: it is no section of fields.")
    unknown = sorted(set(values) - set(MAKER_FACTS))
    if unknown:
        raise InvalidInput(
            f"maker: unknown facts {unknown}.", hint=f"Known: {', '.join(MAKER_FACTS)}."
        )
    return {name: str(value).strip() for name, value in values.items() if str(value).strip()}
