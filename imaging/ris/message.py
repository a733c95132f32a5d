"""An HL7 v2 message in its usual form (ER7) taken apart: header, segments, fields (ch. 2).

Parsed by python-hl7; escape sequences are read here, since its own reading writes the values that
it does not know into the log and drops them.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from imaging.ris.faults import Fault, MessageRefused, Place

MAXIMUM_SEGMENTS = 10_000
_START: Final = re.compile(rb"MSH([!-/:-@\[-`{-~])([!-/:-@\[-`{-~]{4,5})\1")
_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f-\x9f]")
_VERSION: Final = re.compile(r"2\.\d(\.\d)?")
_TOKEN: Final = re.compile(r"[A-Z0-9]{3}")
_SETS: Final = {"": "ascii", "ASCII": "ascii", "UNICODE UTF-8": "utf-8"} | {
    f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)
}
_FORMATTING: Final = re.compile(r"[HN]|\.(sp|fi|nf|in|ti|sk|ce)[+-]?\d{0,3}")
Parts = list[list[list[str]]]
"""The repetitions of a field, their components, and the subcomponents of these, unescaped."""


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says: who sends, which message it is, and of what kind; the rest is for the answer.

    application, facility: first component of MSH-3 and MSH-4. control_id: MSH-10. kind: message
    type and trigger event, such as ADT^A40. sent_at: MSH-7 as it came.
    """

    application: str
    facility: str
    control_id: str = field(repr=False)
    kind: str
    version: str
    sent_at: str
    separator: str = "|"
    encoding: str = "^~\\&"
    sender: tuple[str, str] = ("", "")
    receiver: tuple[str, str] = ("", "")

    @property
    def type(self) -> str:
        """The message type, such as ADT."""
        return self.kind.partition("^")[0]

    @property
    def event(self) -> str:
        """The trigger event, such as A40."""
        return self.kind.partition("^")[2]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its name and its fields, numbered as the standard numbers them.

    sequence: which of that name it is in its message, from 1.
    """

    name: str
    _fields: list[Parts] = field(repr=False)
    sequence: int = 1

    def at(self, number: int) -> Place:
        """Where one of its fields lies, for the answer."""
        return (self.name, self.sequence, number)

    def parts(self, number: int) -> Parts:
        """The field of that number; without repetitions where it is absent or empty."""
        found = self._fields[number] if number < len(self._fields) else []
        return [one for one in found if any(sub for component in one for sub in component)]

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """A subcomponent of the first repetition without the spaces around it, or nothing."""
        return text_of(self.parts(number), component, subcomponent)


def text_of(parts: Parts, component: int = 1, subcomponent: int = 1) -> str:
    """A subcomponent of the first of these repetitions; HL7's null ("") says nothing here."""
    try:
        found = parts[0][component - 1][subcomponent - 1].strip()
    except IndexError:
        return ""
    return "" if found == '""' else found


def read_header(content: bytes) -> Header:
    """Who sends what, from the first segment alone.

    content: the bytes between the start and the end of an MLLP block.

    Raises:
        MessageRefused: NOT_HL7, CHARSET, CHARACTERS, REQUIRED, DATA_TYPE, PROCESSING_ID, VERSION.
    """
    raw, fields = _first_segment(content)
    kind = fields[8].split(raw.encoding[0])
    if not (kind[0] and len(kind) > 1):
        raise MessageRefused(Fault.REQUIRED, _msh(9))
    if not fields[9].strip():
        raise MessageRefused(Fault.REQUIRED, _msh(10))
    if not _short_ascii(fields[9]):
        raise MessageRefused(Fault.DATA_TYPE, _msh(10))
    if not all(_TOKEN.fullmatch(one) for one in kind[:2]):
        raise MessageRefused(Fault.DATA_TYPE, _msh(9))
    if fields[10].split(raw.encoding[0])[0] != "P":
        raise MessageRefused(Fault.PROCESSING_ID, _msh(11))
    version = fields[11].split(raw.encoding[0])[0]
    if not _VERSION.fullmatch(version):
        raise MessageRefused(Fault.VERSION, _msh(12))
    return Header(
        application=fields[2].split(raw.encoding[0])[0].strip(),
        facility=fields[3].split(raw.encoding[0])[0].strip(),
        control_id=fields[9].strip(), kind=f"{kind[0]}^{kind[1]}", version=version,
        sent_at=fields[6].strip(), separator=raw.separator, encoding=raw.encoding,
        sender=(fields[2], fields[3]), receiver=(fields[4], fields[5]),
    )


def _msh(number: int) -> Place:
    return ("MSH", 1, number)


def broken_header(content: bytes) -> Header:
    """What can be had of the header of a message that is refused, for the answer to it."""
    try:
        raw, fields = _first_segment(content)
    except MessageRefused:
        return Header("", "", "", "", "2.5.1", "")
    control = fields[9].strip() if _short_ascii(fields[9]) else ""
    return Header(
        "", "", control, "", "2.5.1", "", separator=raw.separator, encoding=raw.encoding,
        sender=(fields[2][:227], fields[3][:227]), receiver=(fields[4][:227], fields[5][:227]),
    )


def _short_ascii(control_id: str) -> bool:
    """Whether it can be sent back as it is: 199 characters at most (ST of v2.7), in ASCII."""
    return len(control_id) <= 199 and control_id.isascii()


@dataclass(frozen=True, slots=True)
class _Raw:
    separator: str
    encoding: str


def _first_segment(content: bytes) -> tuple[_Raw, list[str]]:
    """The separators, and MSH's fields as they came, at least 18 of them (MSH-n is at n - 1)."""
    start = _START.match(content)
    if start is None:
        raise MessageRefused(Fault.NOT_HL7)
    separator, encoding = start[1].decode(), start[2].decode()
    if len({separator, *encoding}) != 1 + len(encoding):
        raise MessageRefused(Fault.NOT_HL7)
    first = content.partition(b"\r")[0][:4096]
    decoded = _decoded(first, _set_of(first, start[1], encoding))
    fields = ["MSH", encoding, *decoded.split(separator)[2:]]
    return _Raw(separator, encoding), fields + [""] * (18 - len(fields))


def _set_of(first: bytes, separator: bytes, encoding: str) -> str:
    fields = first.split(separator)
    named = fields[17].decode("latin-1").strip() if len(fields) > 17 else ""
    if encoding[1] in named or named not in _SETS:
        raise MessageRefused(Fault.CHARSET, _msh(18))
    return _SETS[named]


def _decoded(content: bytes, characters: str) -> str:
    try:
        text = content.decode(characters)
    except ValueError:
        raise MessageRefused(Fault.CHARACTERS) from None
    if _CONTROL.search(text):
        raise MessageRefused(Fault.CHARACTERS)
    return text


def read_segments(content: bytes) -> list[Segment]:
    """Every segment of a message after its header, in their order.

    Raises:
        MessageRefused: NOT_HL7, CHARSET, CHARACTERS, ESCAPE, SEGMENT.
    """
    import hl7

    start = _START.match(content)
    if start is None:
        raise MessageRefused(Fault.NOT_HL7)
    first = content.partition(b"\r")[0]
    characters = _set_of(first, start[1], start[2].decode())
    text = _decoded(content, characters)
    if text.count("\r") > MAXIMUM_SEGMENTS:
        raise MessageRefused(Fault.SEGMENT)
    try:
        message = hl7.parse(text)
    except Exception:  # its errors quote the message
        raise MessageRefused(Fault.NOT_HL7) from None
    reading = _Unescaping(message.separators, message.esc, characters)
    before = Counter[str]()
    found = [_segment(one, reading, before) for one in message]
    names = [one.name for one in found]
    if names.count("MSH") != 1 or names[0] != "MSH":
        raise MessageRefused(Fault.SEGMENT)
    return found[1:]


def _segment(segment: Any, reading: "_Unescaping", before: Counter[str]) -> Segment:
    """before: how many segments of each name came before it; it is counted in."""
    name = str(segment[0])
    if not _NAME.fullmatch(name):
        raise MessageRefused(Fault.SEGMENT)
    before[name] += 1
    if name == "MSH":
        return Segment(name, [])
    fields: list[Parts] = []
    for number, one in enumerate(segment):
        try:
            fields.append([
                [[reading.text(sub) for sub in _list(component)] for component in _list(repetition)]
                for repetition in _list(one)
            ])  # fmt: skip
        except MessageRefused as refused:
            raise MessageRefused(refused.fault, (name, before[name], number)) from None
    return Segment(name, fields, before[name])


def _list(one: Any) -> list[Any]:
    """python-hl7 leaves out the levels below the last separator that occurs."""
    return [one] if isinstance(one, str) else list(one)


@dataclass(frozen=True, slots=True)
class _Unescaping:
    """Escape sequences (ch. 2.7): the separators, hexadecimal bytes, line breaks; no formatting."""

    separators: str
    escape: str
    characters: str

    def text(self, text: str) -> str:
        if self.escape not in text:
            return text
        parts = text.split(self.escape)
        if len(parts) % 2 == 0:
            raise MessageRefused(Fault.ESCAPE)
        return "".join(
            part if at % 2 == 0 else self._meant(part) for at, part in enumerate(parts)
        )

    def _meant(self, sequence: str) -> str:
        field_sign, repetition, component, subcomponent = list(self.separators)[1:5]
        signs = {"F": field_sign, "S": component, "T": subcomponent, "R": repetition,
                 "E": self.escape, ".br": "\n"}  # fmt: skip
        if sequence in signs:
            return signs[sequence]
        if sequence.startswith("X"):
            try:
                return bytes.fromhex(sequence[1:]).decode(self.characters)
            except ValueError:
                raise MessageRefused(Fault.ESCAPE) from None
        if _FORMATTING.fullmatch(sequence):
            return ""
        raise MessageRefused(Fault.ESCAPE)
