"""How an organisation's documents look: its logo, cover, colour, fonts and numbers, by a file.

The file is `documents/appearance.yaml` in the workspace; what it names lies beside it. Nothing that
a document says depends on it. Each document keeps the logo and fonts that it was set with.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from records.errors import InvalidInput

FILE: Final = "appearance.yaml"
PICTURE: Final = "sha256:"
NUMBERING: Final = "{code}-{device}"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MOST_BYTES = 5_000_000
_FORMATS = {"svg": b"<", "png": b"\x89PNG\r\n\x1a\n"}
_FONTS = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a document is set with; empty fields mean the house style.

    logo and fonts are named 'sha256:…'; logo_format is svg or png; colour is '#rrggbb'.
    """

    logo: str = ""
    logo_format: str = ""
    logo_description: str = ""
    cover: tuple[str, ...] = ()
    colour: str = ""
    font: str = ""
    fonts: tuple[str, ...] = ()
    confidentiality: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """The SHA-256 (hex) of every file that it names: the logo, then the fonts."""
        return tuple(
            one.removeprefix(PICTURE) for one in (self.logo, *self.fonts) if one
        )


@dataclass(frozen=True, slots=True)
class Stationery:
    """An appearance with the bytes that it names, in its order, and the pattern of numbers."""

    appearance: Appearance
    assets: tuple[bytes, ...] = ()
    numbering: str = NUMBERING


HOUSE_STYLE: Final = Stationery(Appearance())


def read_stationery(folder: Path) -> Stationery:
    """What the folder configures; the house style where it has no appearance.yaml.

    Raises:
        InvalidInput: Naming the file, the field, what is wrong with it and what it takes.
    """
    from records.yaml_source import read_yaml

    path = folder / FILE
    if not path.is_file():
        return HOUSE_STYLE
    source = read_yaml(path)
    given = source.content
    unknown = sorted(set(given) - set(_FIELDS))
    if unknown:
        raise source.refusal([((name,), f"unknown; known are {', '.join(_FIELDS)}")
                              for name in unknown])  # fmt: skip
    read: dict[str, Any] = {}
    for name, value in given.items():
        try:
            read[name] = _FIELDS[name](value, folder)
        except ValueError as wrong:
            raise source.refusal([((name,), str(wrong))]) from wrong
    return _stationery(read, source.refusal)


def _stationery(
    read: dict[str, Any], refusal: Callable[[list[tuple[tuple[str], str]]], InvalidInput]
) -> Stationery:
    logo, fonts = read.get("logo", b""), read.get("fonts", ())
    if logo and not read.get("logo_description"):
        raise refusal([(("logo",), "needs a logo_description, which a screen reader reads")])
    if bool(fonts) != bool(read.get("font")):
        raise refusal([(("fonts",), "the field font names the family of the files in fonts; "
                                    "both or none")])  # fmt: skip
    appearance = Appearance(
        logo=_named(logo) if logo else "", logo_format=_format(logo) if logo else "",
        logo_description=read.get("logo_description", ""), cover=read.get("cover", ()),
        colour=read.get("colour", ""), font=read.get("font", ""),
        fonts=tuple(_named(one) for one in fonts),
        confidentiality=read.get("confidentiality", ""),
    )  # fmt: skip
    if fonts and appearance.font not in families(fonts):
        known = ", ".join(families(fonts)) or "none"
        raise refusal([(("font",), f"no file has the family '{appearance.font}'; found: {known}")])
    assets = (*((logo,) if logo else ()), *fonts)
    return Stationery(appearance, assets, read.get("numbering", NUMBERING))


def families(fonts: tuple[bytes, ...]) -> list[str]:
    """The families that font files hold, those that travel with the software left out."""
    import tempfile

    import typst

    own = set(typst.Fonts(include_system_fonts=False).families())
    with tempfile.TemporaryDirectory() as room:
        write_fonts(Path(room), fonts)
        found = typst.Fonts(include_system_fonts=False, font_paths=[room]).families()
    return sorted(set(found) - own)


def write_fonts(folder: Path, fonts: tuple[bytes, ...]) -> None:
    """Lay font files where the layout engine reads them, under names of no meaning."""
    for place, content in enumerate(fonts):
        (folder / f"{place:03}.ttf").write_bytes(content)


def _named(content: bytes) -> str:
    return PICTURE + hashlib.sha256(content).hexdigest()


def _format(content: bytes) -> str:
    return next(name for name, start in _FORMATS.items() if content.lstrip().startswith(start))


def _text(value: Any, _folder: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("takes a line of text")
    return value.strip()


def _lines(value: Any, folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("takes a list of lines")
    return tuple(_text(one, folder) for one in value)


def _colour(value: Any, _folder: Path) -> str:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise ValueError("takes a colour such as '#16324f', in quotes")
    return value.lower()


def _numbering(value: Any, folder: Path) -> str:
    pattern = _text(value, folder)
    fields = {name for _, name, spec, way in string.Formatter().parse(pattern)
              if name is not None and not spec and not way}  # fmt: skip
    if fields != {"code", "device"} or not re.fullmatch(r"[\w.{}-]+", pattern):
        raise ValueError(
            "takes a pattern of letters, digits, '.', '-' and '_' with {code} and {device}, such "
            "as 'QMS-{code}-{device}'"
        )
    return pattern


def _file(value: Any, folder: Path) -> bytes:
    name = _text(value, folder)
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise ValueError(f"there is no file '{name}' beside {FILE}")
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"'{name}' is larger than 5 MB")
    return path.read_bytes()


def _logo(value: Any, folder: Path) -> bytes:
    content = _file(value, folder)
    if not any(content.lstrip().startswith(start) for start in _FORMATS.values()):
        raise ValueError(f"'{value}' is neither an SVG nor a PNG file")
    return content


def _font_files(value: Any, folder: Path) -> tuple[bytes, ...]:
    names = _lines(value, folder)
    found = tuple(_file(one, folder) for one in names)
    for name, content in zip(names, found, strict=True):
        if not content.startswith(_FONTS):
            raise ValueError(f"'{name}' is no TrueType or OpenType font")
    return found


_FIELDS: Final[dict[str, Callable[[Any, Path], Any]]] = {
    "logo": _logo, "logo_description": _text, "cover": _lines, "colour": _colour, "font": _text,
    "fonts": _font_files, "numbering": _numbering, "confidentiality": _text,
}  # fmt: skip
