"""One walk through one DICOM file that lets through only what the confidentiality tables allow."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from pydicom.charset import default_encoding
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from imaging.attribute_table import Option, resolved
from imaging.confidentiality import BASIC, BY_REPRESENTATION, Profile, rules
from imaging.descriptors import described
from imaging.elements import (
    calendar_date,
    representation,
    says_what_it_is,
    tag,
    text,
    texts,
    texts_of,
    whole_number,
)  # fmt: skip
from imaging.safe_private import safe_private

_TEXT: Final = frozenset(("CS", "LO", "SH", "LT", "ST", "UT", "UC"))
_CODE: Final = re.compile(r"[A-Z0-9_ ]*\Z")
_CHECKED: Final = _TEXT | {"DS", "IS"}
_NUMERALS: Final = b"0123456789+-.eE \\\0"
_OVERLAID: Final = (0x5000, 0x6000)  # curves and overlays: drawings that may hold letters
_STANDARD_UID: Final = "1.2.840.10008."
_TABLES: Final = {
    tag(f"{one}Data"): tag(f"{one}Descriptor")
    for one in ("LUT", *(f"{hue}PaletteColorLookupTable" for hue in ("Red", "Green", "Blue")))
}
"""Look-up tables, each with what says how long it is; of another length they are something else."""

_PERSON: Final = frozenset((tag("PatientID"), tag("PatientName")))
_EQUIPMENT: Final = frozenset(map(tag, ("DeviceSerialNumber", "DetectorID", "StationName")))
_DEEPEST = 12
_LONGEST: Final = {"SH": 16}
_DUMMY: Final = "REMOVED"
_DUMMY_TEXTS: Final = frozenset(("LO", "SH", "LT", "ST", "UT", "UC", "PN"))
_WORD: Final = re.compile(r"[^\W_]+")
_AGE, _CHARSET = tag("PatientAge"), tag("SpecificCharacterSet")
_CLASS, _AGENT = tag("SOPClassUID"), tag("ContrastBolusAgent")
_AGENT_GIVEN: Final = "CONTRAST"
"""A dummy for the name of a contrast agent: that there was one is asked for, not which."""
_NO_AGENT: Final = frozenset(("", "0", "N", "NO", "NONE", "OHNE", "NEIN", "WITHOUT", "SANS"))


class Pseudonyms(Protocol):
    """Who gives the new names."""

    def study_pseudonym(self, original_uid: str) -> str:
        """The identifier that stands for the original one."""
        ...

    def equipment_pseudonym(self, value: str) -> str:
        """The name that stands for a serial number or station."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """The patient of a file: the name to use, the shift of dates, and what must not be left.

    words are looked for as whole words, phrases anywhere in a text; both in capitals.
    """

    pseudonym: str
    shift: timedelta
    age: str
    words: frozenset[str]
    phrases: tuple[str, ...]
    names: frozenset[str] = frozenset()
    """Every word of a name, also one that names nobody elsewhere."""
    numbers: frozenset[bytes] = frozenset()
    """Identifiers that are numbers, as they would stand in a numeric attribute."""

    def named_in(self, value: str) -> bool:
        """Whether a kept text holds something that identifies the subject."""
        upper = value.upper()
        return any(phrase in upper for phrase in self.phrases) or not self.words.isdisjoint(
            _WORD.findall(upper)
        )


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is written: value representations implied or not, byte order."""

    implicit: bool
    little: bool

    def element(self, number: BaseTag, kind: str, value: str) -> RawDataElement:
        """An element with a plain text value, padded to an even length (PS3.5 6.2)."""
        content = value.encode("ascii")
        if len(content) % 2:
            content += b"\0" if kind == "UI" else b" "
        return self.stored(number, kind, content)

    def stored(self, number: BaseTag, kind: str, content: bytes) -> RawDataElement:
        """An element as it would be read from a file: its value in bytes, of an even length."""
        vr = None if self.implicit else kind
        return RawDataElement(number, vr, len(content), content, 0, self.implicit, self.little)

    def data_set(self, elements: dict[BaseTag, Any]) -> Any:
        """A data set that is written as it stands, without decoding its elements."""
        found = Dataset(elements)
        found.set_original_encoding(self.implicit, self.little, default_encoding)
        return found


def encoding_of(dataset: Any) -> Encoding:
    """How the elements were really written, whatever the file's meta information claims."""
    for number in dataset.keys():  # noqa: SIM118 (iterating decodes every element)
        element = dataset.get_item(number)
        if element.is_raw:
            return Encoding(element.is_implicit_VR, element.is_little_endian)
    return Encoding(False, True)


class Cleaning:
    """One walk through one file, items of sequences included."""

    def __init__(
        self, names: Pseudonyms, subject: Subject, counts: Counter[str],
        *, profile: Profile = BASIC, sop_class: str = "",
    ) -> None:  # fmt: skip
        self.names = names
        self.subject = subject
        self.counts = counts
        self.tags: dict[str, set[int]] = {}
        self.described = 0
        self.profile = profile
        self._safe_private = Option.SAFE_PRIVATE in profile.options
        self._rules = rules(profile.options)
        self._sop_class = sop_class

    def cleaned(self, source: Any) -> Any:
        """A new data set with what may stay of the source, which is left as it is."""
        return self._level(source, encoding_of(source), 0)

    def _level(self, source: Any, encoding: Encoding, depth: int) -> Any:
        elements: dict[BaseTag, Any] = {}
        for number in source.keys():  # noqa: SIM118 (iterating decodes every element)
            action, element = self._decided(source, number, encoding, depth)
            self.counts[action] += 1
            self.tags.setdefault(action, set()).add(int(number))
            if element is not None:
                elements[number] = element
        return encoding.data_set(elements)

    def _decided(
        self, source: Any, number: BaseTag, encoding: Encoding, depth: int
    ) -> tuple[str, Any]:
        group = int(number) >> 16
        if group & 1:
            return self._private(source, number)
        if group < 8 or not int(number) & 0xFFFF or group & 0xFF00 in _OVERLAID:
            return "X", None
        action = self._rules.get(number)
        if action == "X" or number == _AGE:
            return "X", None
        element = source.get_item(number)
        kind = representation(element, number)
        action = action or BY_REPRESENTATION.get(kind, "X")
        if "/" in action:
            action = resolved(action, int(number), "" if depth else self._sop_class)
        if action == "X":
            return "X", None
        if action == "Q":
            return self._items(source, number, encoding, depth)
        if action == "Z":
            return self._emptied(number, kind, encoding)
        if action == "D":
            return self._replaced(source, number, kind, encoding)
        if action == "U" or (kind == "UI" and not (number == _CLASS and not depth)):
            return self._identifier(source, number, element, encoding)
        if action == "W":
            return self._described(source, number, kind, encoding)
        if action == "C" and kind in ("DA", "DT"):
            return self._dates(source, number, kind, encoding)
        if not says_what_it_is(element):
            return "X", None
        return self._kept(source, number, kind, "C" if action == "C" else "K")

    def _private(self, source: Any, number: BaseTag) -> tuple[str, Any]:
        """Numbers under a known creator stay, and with them the creator's name."""
        if not self._safe_private:
            return "X", None
        element = int(number) & 0xFFFF
        if 0x10 <= element <= 0xFF:
            first = (int(number) & 0xFFFF0000) | element << 8
            block = (one for one in source.keys() if first <= int(one) <= first | 0xFF)  # noqa: SIM118
            named = any(safe_private(source, int(one)) is not None for one in block)
            return ("K", source.get_item(number)) if named else ("X", None)
        if safe_private(source, int(number)) is None:
            return "X", None
        return "K", source.get_item(number)

    @staticmethod
    def _emptied(number: BaseTag, kind: str, encoding: Encoding) -> tuple[str, Any]:
        if kind == "SQ":
            return "Z", DataElement(number, "SQ", Sequence([]))
        return "Z", encoding.element(number, kind, "")

    def _replaced(
        self, source: Any, number: BaseTag, kind: str, encoding: Encoding
    ) -> tuple[str, Any]:
        """The patient's or a machine's pseudonym, for other texts a dummy; what is no text goes."""
        if number in _PERSON:
            return "D", encoding.element(number, kind, self.subject.pseudonym)
        if number in _EQUIPMENT:
            known = self.names.equipment_pseudonym(text(source, number))
            return "D", encoding.element(number, kind, known)
        if kind in _DUMMY_TEXTS:
            return "D", encoding.element(number, kind, _DUMMY)
        return "X", None

    def _described(
        self, source: Any, number: BaseTag, kind: str, encoding: Encoding
    ) -> tuple[str, Any]:
        kept = described(text(source, number), forbidden=self.subject.names)
        kept = kept[:_LONGEST.get(kind, 64)].rstrip()
        if not kept and number == _AGENT and text(source, number).upper() not in _NO_AGENT:
            kept = _AGENT_GIVEN
        if not kept:
            return "X", None
        self.described += 1
        return "C", encoding.element(number, kind, kept)

    def _items(
        self, source: Any, number: BaseTag, encoding: Encoding, depth: int
    ) -> tuple[str, Any]:
        if depth >= _DEEPEST:
            return "X", None
        try:
            items = [self._level(item, encoding, depth + 1) for item in source[number].value]
        except Exception:  # not a sequence that can be read, so nothing of it is kept
            return "X", None
        return "K", DataElement(number, "SQ", Sequence(items))

    def _identifier(
        self, source: Any, number: BaseTag, element: Any, encoding: Encoding
    ) -> tuple[str, Any]:
        found = texts(source, number)
        if found and all(value.startswith(_STANDARD_UID) for value in found):
            return "K", element
        replaced = "\\".join(
            value if value.startswith(_STANDARD_UID) else self.names.study_pseudonym(value)
            for value in found
        )
        return "U", encoding.element(number, "UI", replaced)

    def _dates(
        self, source: Any, number: BaseTag, kind: str, encoding: Encoding
    ) -> tuple[str, Any]:
        shifted = []
        for value in texts(source, number):
            found = calendar_date(value[:8] if kind == "DT" else value)
            if found is None or found.year < 1895:
                return "X", None
            shifted.append((found + self.subject.shift).strftime("%Y%m%d"))
        return "C", encoding.element(number, kind, "\\".join(shifted))

    def _kept(self, source: Any, number: BaseTag, kind: str, kept: str) -> tuple[str, Any]:
        element = source.get_item(number)
        if number in _TABLES and not _is_table(source, number, element):
            return "X", None
        if number == _CHARSET or kind not in _CHECKED:
            return kept, element
        stored = element.value
        if isinstance(stored, bytes) and kind in ("DS", "IS"):
            if stored.translate(None, _NUMERALS) or stored.strip(b" \0") in self.subject.numbers:
                return "X", None
            return kept, element
        values = texts_of(source, number, element)
        for value in values:
            if kind == "CS" and not _CODE.match(value):
                return "X", None
            if kind in ("DS", "IS") and value.encode("utf-8").translate(None, _NUMERALS):
                return "X", None
            if kind in _TEXT and self.subject.named_in(value):
                return "X", None
        return kept, source.get_item(number)


def _is_table(source: Any, number: BaseTag, element: Any) -> bool:
    """Whether a look-up table has the length that its descriptor states (PS3.3 C.7.6.3.1.5)."""
    described = source.get_item(_TABLES[number])
    stored = element.value
    if described is None or not isinstance(stored, bytes):
        return described is not None
    entries = whole_number(source, _TABLES[number]) or 1 << 16
    return len(stored) in (entries, entries + entries % 2, 2 * entries)
