"""Takes identities out of a report's text, and says where it cannot do that with certainty.

In turn: what is known of this study's people and numbers, in any spelling that is likely; what
stands behind a label ("MRN:", "Dictated by:"); what is written as dates, numbers, telephones,
addresses, places and names are; at last every word with a capital that is no ordinary word of
reports. Ages above 89 become 90 (45 CFR 164.514(b)(2)(i)(C)); a year alone stays, as there.
Rules of this project: kept libraries ask for a language model from outside (Presidio), for word
lists of a country's names, or are of another language; none has its recall measured on reports of
radiographs. What is struck out is replaced by its kind in brackets, so that sentences stay whole.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from imaging.reports.identifying_patterns import (
    CREDENTIALED,
    LABELLED,
    NAMING,
    PATTERNS,
    SURNAME_FIRST,
    TITLED,
)  # fmt: skip
from records.ordinary_words import ALSO_NAMES, CAPITALISED, is_acronym, is_ordinary

LONGEST: Final = 100_000
"""Characters: a longer text is no report of a study."""
_LEAST_KNOWN, _MOST_REMOVED, _MOST_UNKNOWN_CAPITALS = 0.6, 0.6, 0.1
_FEW_WORDS: Final = 8
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W\d_](?:[\w'’-]*[^\W_])?")
_MARK: Final = re.compile(r"\[(?:name|date|number|phone|age|place)\]")
_MARKUP: Final = re.compile(
    r"\{\\rtf|<\?xml|<ClinicalDocument|<html|%PDF|[A-Za-z0-9+/]{200,}", re.IGNORECASE
)
_TWO_NAMES: Final = re.compile(r"\[name\](?:[ \t,.'’&-]+(?:[A-Z]\.?[ \t]+)?\[name\])+")
_INITIALS: Final = re.compile(
    r"(?<![\w.])(?:[A-Z]\.[ \t]*){1,3}(?=\[name\])|(?<![\w.])[B-Z][ \t]+(?=\[name\])"
)
_INITIALS_AFTER: Final = re.compile(r"(?<=\[name\])(?:,?[ \t]+[A-Z]\.(?=[\s,]|$)){1,3}")
_A_WORD: Final = r"(?P<word>[^\W\d_a-z][\w'’-]+)"
_BESIDE: Final = (
    re.compile(rf"(?<![\w\[]){_A_WORD}(?=,?[ \t]+(?:[A-Z]\.?[ \t]+)?\[name\])"),
    re.compile(rf"\[name\],?[ \t]+(?:[A-Z]\.?[ \t]+)?{_A_WORD}"),
    re.compile(rf"(?<![\w.])(?:[A-Z]\.[ \t]*)+{_A_WORD}"),
)
_ALIKE: Final = 0.82
_SPELLINGS: Final = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae", "ñ": "n", "ł": "l",
    "đ": "d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownIdentities:
    """What is known beforehand of those whom a report may name; shown in no repr.

    names: of persons, as HL7, DICOM or people write them. numbers: of patient, order, study.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CleanReport:
    """A text without identities; how many of each kind were struck out; and why that may not be
    all of them, in fixed words that tell nothing of the text."""

    text: str = field(repr=False)
    removed: Mapping[str, int]
    doubts: tuple[str, ...]


def clean_report(text: str, known: KnownIdentities | None = None) -> CleanReport:
    """The text of a report without names, dates, numbers and places of people.

    >>> clean_report("Seen by Dr. Eva Zwetschke on 3 May 2024: no effusion. MRN 4471123.").text
    'Seen by [name] on [date]: no effusion. [number].'
    """
    cleaning = _Cleaning(text, known or KnownIdentities())
    if cleaning.capitals is None:
        return CleanReport("", {}, ("it is longer than a report, or holds other than plain text",))
    for step in (
        cleaning.known_people, cleaning.known_numbers, cleaning.labelled, cleaning.written,
        cleaning.beside_titles, cleaning.strange_words, cleaning.beside_names, cleaning.joined,
    ):
        step()
    return CleanReport(cleaning.text, dict(cleaning.removed), tuple(cleaning.doubts()))


def checked_text(text: str, known: KnownIdentities) -> CleanReport:
    """A text that a person has cleaned, as it is; doubts where a name or number that is known is in
    it still, or what is written like a date, a number, an address or an age above 89.

    >>> checked_text("Befund vom [date]: kein Erguss.", KnownIdentities()).doubts
    ()
    >>> checked_text("Befund vom 03.05.2024: kein Erguss.", KnownIdentities()).doubts
    ('date: still in it, 1 times',)
    """
    cleaning = _Cleaning(text, known)
    if cleaning.capitals is None:
        return CleanReport("", {}, ("it is longer than a report, or holds other than plain text",))
    whole = cleaning.text
    for step in (cleaning.known_people, cleaning.known_numbers, cleaning.written):
        step()
    found = [f"{kind}: still in it, {n} times" for kind, n in sorted(cleaning.removed.items()) if n]
    return CleanReport(whole, {}, tuple(found))


def readable(text: str) -> str:
    """A clean text as the rules of findings read it best: words in place of the brackets.

    >>> readable("COMPARISON: [date]. [name] was told.")
    'COMPARISON: 1. Somebody was told.'
    """
    for mark, word in (("name", "Somebody"), ("place", "Somewhere"), ("date", "1"),
                       ("number", "1"), ("phone", "1")):  # fmt: skip
        text = text.replace(f"[{mark}]", word)
    return text


class _Cleaning:
    """One text on its way; every step strikes out more, none puts anything back."""

    def __init__(self, text: str, known: KnownIdentities) -> None:
        plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        self.text = re.sub(r"[^\S\n]", " ", re.sub(r"[\u200b-\u200f\u00ad\ufeff]", "", plain))
        self.removed: Counter[str] = Counter()
        self.words_before = len(_WORD.findall(self.text))
        self._parts = sorted(name_parts(known.names), key=len, reverse=True)
        self._numbers = {squeezed for one in known.numbers if len(squeezed := _squeezed(one)) >= 4}
        self._unknown_capitals = 0
        letters = [one for one in self.text if one.isalpha()]
        broken = len(self.text) > LONGEST or _MARKUP.search(self.text)
        upper = sum(one.isupper() for one in letters)
        self.capitals: bool | None = None if broken else upper > 0.7 * max(len(letters), 1)

    def _strike(self, pattern: "re.Pattern[str]", kind: str) -> None:
        self.text, n = pattern.subn(f"[{kind}]", self.text)
        self.removed[kind] += n

    def known_people(self) -> None:
        """Every part of a known name; one that is an ordinary word only where it has a capital."""
        for part in self._parts:
            spelled = _spellings(part)
            sensitive = is_ordinary(part) and not self.capitals
            if len(part) < 2:
                continue  # initials go with the names that they stand beside
            if len(part) == 2:  # NG is a tube more often than a person
                upper = "" if is_acronym(part) else f"|{part.upper()}"
                self._strike(re.compile(rf"\b(?:{part.title()}{upper})\b"), "name")
                continue
            bounds = r"(?<![^\W_]){}(?:['’]s)?(?![^\W_])"
            pattern = re.compile(bounds.format(spelled), re.IGNORECASE)
            if sensitive:
                named = [one for one in pattern.finditer(self.text) if one[0][:1].isupper()]
                self.text = pattern.sub(
                    lambda one: "[name]" if one[0][:1].isupper() else one[0], self.text
                )
                self.removed["name"] += len(named)
                continue
            self._strike(pattern, "name")
            if len(part) >= 4:  # broken by a line, or letter by letter
                inner = r"(?:-\s*\n\s*|\n)?".join(map(re.escape, part))
                apart = r"[ .]".join(map(re.escape, part))
                both = rf"(?<![^\W_])(?:{inner}|{apart})(?![^\W_])"
                self._strike(re.compile(both, re.IGNORECASE), "name")

    def known_numbers(self) -> None:
        """Patient, order and study numbers, also with blanks, points or dashes in them."""
        for number in sorted(self._numbers, key=len, reverse=True):
            spaced = r"[-\s./]?".join(map(re.escape, number))
            self._strike(re.compile(rf"(?<!\w)0*{spaced}(?!\w)", re.IGNORECASE), "number")

    def labelled(self) -> None:
        """What follows a label, to the end of its line or to where a plain sentence begins."""
        def struck(one: "re.Match[str]") -> str:
            value = one["value"]
            if not value.strip():
                return one[0]
            self.removed["name"] += 1
            for end in re.finditer(r"(?<=[^\W_]{2})[.;]\s+(?=[A-Z])", value):
                rest = value[end.end() :]
                words = _WORD.findall(rest)[:3]
                if words and all(
                    is_ordinary(word) and word.lower() not in _LABELS for word in words
                ):
                    return f"{one[1]}: [name]. {rest}"
            return f"{one[1]}: [name]"

        self.text = LABELLED.sub(struck, self.text)

    def written(self) -> None:
        """What is written as dates, numbers, telephones, addresses and places are."""
        for kind, pattern in PATTERNS:
            if kind == "age":
                self.text, n = pattern.subn("90", self.text)
                self.removed[kind] += n
            else:
                self._strike(pattern, kind)

    def beside_titles(self) -> None:
        """Names beside a title, a degree, a relative, or a verb that has people."""
        for pattern in (*NAMING, SURNAME_FIRST):
            sure, whole = pattern is TITLED, pattern is CREDENTIALED

            def struck(one: "re.Match[str]", sure: bool = sure, whole: bool = whole) -> str:
                kept = one["name"] if whole else self._name_of(one["name"], sure=sure)
                if not kept:
                    return one[0]
                self.removed["name"] += 1
                begin = one.start("name") - one.start()
                return f"{one[0][:begin]}[name]{one[0][begin + len(kept):]}"

            if pattern is SURNAME_FIRST and self.capitals:
                continue
            self.text = pattern.sub(struck, self.text)

    def _name_of(self, run: str, *, sure: bool) -> str:
        """As much of a run of words with capitals as is the name."""
        words = list(re.finditer(r"\S+", run))
        first = words[0][0]
        usual = is_ordinary(first.strip(".,"))
        listed = run.find(",") == len(first) - 1  # SMITH, ANNA, and no "PNEUMOTHORAX, STABLE"
        if usual and not sure and (self.capitals or listed):
            return ""
        end, named = words[0].end(), len(first.strip(".,")) > 1
        for word in words[1:]:
            bare = word[0].strip(".,")
            initial = run[: word.start()].rstrip().endswith(".")
            usual = is_ordinary(bare) and not (initial and bare.lower() in ALSO_NAMES)
            if named and len(bare) > 1 and usual:
                break
            end, named = word.end(), named or len(bare) > 1
        kept = run[:end]
        # the point behind an initial belongs to it, the one behind a word ends the sentence
        return kept if len(kept.split()[-1].strip(".")) == 1 else kept.rstrip(".,")

    def strange_words(self) -> None:
        """Words with a capital that are no ordinary words, and those nearly as a known name."""
        kept, at = [], 0
        for one in _WORD.finditer(self.text):
            if self._is_strange(one):
                kept += [self.text[at : one.start()], "[name]"]
                at = one.end()
                self.removed["name"] += 1
        self.text = "".join(kept) + self.text[at:]

    def _is_strange(self, one: "re.Match[str]") -> bool:
        word, lower = one[0], one[0].lower()
        before = self.text[: one.start()]
        if before.endswith("[") and _MARK.match(self.text, one.start() - 1):
            return False
        ordinary = is_ordinary(word)
        if not ordinary and len(word) >= 5 and any(_alike(lower, part) for part in self._parts):
            return True
        if word.islower() or lower in CAPITALISED or is_acronym(word) or _DIGIT.search(word):
            return False
        if word.isupper():
            strange = not ordinary and len(word) >= (3 if self.capitals else 4)
            self._unknown_capitals += bool(self.capitals and strange)
            return strange
        if not ordinary:
            return not any(part in CAPITALISED for part in lower.split("-"))
        return not self._begins(before) and not self._titled_line(one)

    def beside_names(self) -> None:
        """Words that are names as well (White, Long), beside a name or an initial."""
        known = self._parts
        for pattern in _BESIDE:
            def struck(one: "re.Match[str]") -> str:
                if one["word"].lower() not in ALSO_NAMES and one["word"].lower() not in known:
                    return one[0]
                self.removed["name"] += 1
                return one[0].replace(one["word"], "[name]")

            self.text = pattern.sub(struck, self.text)

    @staticmethod
    def _begins(before: str) -> bool:
        """Whether a sentence, line or item begins here, where any word has a capital."""
        plain = before.rstrip(" \t(\"'“")
        return not plain or plain[-1] in ".:;!?\n-–*•/>)" or plain.endswith("[name]")

    def _titled_line(self, one: "re.Match[str]") -> bool:
        """Whether it stands in a line whose words all begin with a capital, as headings do."""
        begin = self.text.rfind("\n", 0, one.start()) + 1
        end = self.text.find("\n", one.end())
        line = self.text[begin : end if end >= 0 else len(self.text)]
        words = [word for word in _WORD.findall(_MARK.sub("", line)) if len(word) > 3]
        heading = re.match(r"\s{0,3}[A-Z]\w+(?: [A-Z]\w+){1,3}\s*:", line)
        within = heading is not None and one.end() <= begin + heading.end()
        return within or (len(words) > 1 and all(word[0].isupper() for word in words))

    def joined(self) -> None:
        """Initials beside a name, and names that stand together, are one name."""
        self.text = _INITIALS.sub("", self.text)
        self.text = _INITIALS_AFTER.sub("", self.text)
        self.text = _TWO_NAMES.sub("[name]", self.text)

    def doubts(self) -> Iterable[str]:
        """Why an identity may still be in the text, or too little left of it."""
        left = _WORD.findall(_MARK.sub(" ", self.text))
        known = sum(is_ordinary(word) or is_acronym(word) for word in left)
        if self.words_before >= _FEW_WORDS and known < _LEAST_KNOWN * len(left):
            yield "too few of its words are known: it may be of another language"
        if self.words_before >= _FEW_WORDS and len(left) < (1 - _MOST_REMOVED) * self.words_before:
            yield "most of its words were struck out"
        if self._unknown_capitals > max(2, _MOST_UNKNOWN_CAPITALS * max(self.words_before, 1)):
            yield "it is written in capitals, with words that are not known"
        letters = re.sub(r"[\W\d_]", "", _folded(_MARK.sub("|", self.text)))
        if any(len(p) >= 7 and not is_ordinary(p) and _folded(p) in letters for p in self._parts):
            yield "a name that is known seems to be in it still"
        digits = re.sub(r"[\W_]", "", self.text).lower()
        if any(len(number) >= 6 and number in digits for number in self._numbers):
            yield "a number that is known seems to be in it still"


_LABELS: Final = frozenset(
    ("mrn", "dob", "signed", "dictated", "transcribed", "name", "tel", "phone", "fax")
)  # fmt: skip


def name_parts(names: Iterable[str]) -> set[str]:
    """The words of names, lower case, whole ones and those between dashes and apostrophes.

    >>> sorted(name_parts(["O'Hara-Smith^Eva^M"]))
    ['eva', 'hara', 'm', "o'hara-smith", 'smith']
    """
    found = set()
    for name in names:
        for part in re.split(r"[\^=,\s.&]+", unicodedata.normalize("NFC", name).lower()):
            bare = part.strip("'’-()\"")
            if bare and not any(one.isdigit() for one in bare) and bare not in _NO_NAMES:
                found.add(bare)
                found.update(one for one in re.split(r"['’-]", bare) if len(one) >= 3)
    return found


_NO_NAMES: Final = frozenset((
    "dr", "mr", "mrs", "ms", "prof", "professor", "doctor", "md", "do", "phd", "frcr", "von",
    "van", "de", "der", "den", "la", "le", "di", "da", "del", "al", "el", "bin", "the", "of",
    "and", "jr", "sr", "ii", "iii", "unknown", "anonymous", "test",
))  # fmt: skip


def _spellings(part: str) -> str:
    """An expression for a name with and without accents, and with its dashes left out."""
    made = []
    for one in part:
        base = _folded(one)
        if one in "'’-":
            made.append(r"['’\-\s]?")
        elif one in _SPELLINGS:
            made.append(f"(?:{one}|{_SPELLINGS[one]}|{base})")
        elif base != one:
            made.append(f"[{one}{base}]")
        else:
            made.append(_ACCENTED.get(one, re.escape(one)))
    return "".join(made)


_ACCENTED: Final = {
    "a": "[aàáâãäåā]", "c": "[cçćč]", "e": "[eèéêëēę]", "i": "[iìíîïī]", "n": "[nñń]",
    "o": "[oòóôõöøō]", "s": "[sśš]", "u": "[uùúûüū]", "y": "[yýÿ]", "z": "[zźżž]", "l": "[lł]",
}  # fmt: skip


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in plain if not unicodedata.combining(one))


def _squeezed(number: str) -> str:
    return re.sub(r"[\W_]", "", number).lower().lstrip("0")


def _alike(word: str, part: str) -> bool:
    """Nearly the same: a letter left out, doubled or exchanged."""
    if len(part) < 5 or abs(len(word) - len(part)) > 2:
        return False
    return SequenceMatcher(None, word, part).ratio() >= _ALIKE
