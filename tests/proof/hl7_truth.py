"""What must be on record of messages over HL7, by rules written anew: patients, then results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass
class Truth:
    """Of patients: a merge gives up a root, once and for ever."""

    into: dict[str, str] = field(default_factory=dict)
    studies: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    """Those through whom a study went: their merges are on record, others wait."""

    def root(self, patient: str) -> str:
        while patient in self.into:
            patient = self.into[patient]
        return patient

    def current(self, patient: str) -> str:
        """Who a number is by the merges on record, which move studies."""
        while patient in self.into and patient in self.passed:
            patient = self.into[patient]
        return patient

    def here(self, patient: str) -> bool:
        return any(self.root(one) == patient for one in self.studies)

    def arrive(self, patient: str) -> None:
        self.studies.append(patient)
        self.names.setdefault(patient, f"Zwetschkenbaum^{patient}")
        self._follow(patient)

    def _follow(self, patient: str) -> None:
        self.passed.add(patient)
        while patient in self.into:
            self.names.setdefault(self.into[patient], self.names[patient])
            patient = self.into[patient]
            self.passed.add(patient)

    def merge(self, prior: str, into: str) -> str:
        if prior == into:
            return "AE"
        if self.root(prior) == self.root(into):
            return "AE" if self.root(prior) == prior else "AA"
        if prior in self.into:
            return "AE"
        here = self.here(prior)
        self.into[prior] = into
        if here:
            self._follow(prior)
        return "AA"

    def update(self, patient: str, name: str, at: int) -> str:
        if self.here(patient) and at >= self.said.get(patient, 0):
            self.names[patient], self.said[patient] = name, at
        return "AA"


class Report(NamedTuple):
    """A version of a study's only report. study: by number, from 1; number: the patient's."""

    study: int
    number: str
    status: str
    mark: str
    at: int


class Answer(NamedTuple):
    """A reader's answer to the own device's result of a study; study 0: of no result."""

    study: int
    reader: str
    response: str
    day: int
    readable: bool = True


class Outside(NamedTuple):
    """What another maker's product says of a study. named: by its UID, else by accession number."""

    study: int
    score: int
    named: bool
    at: int
    readable: bool = True


class Message(NamedTuple):
    """All that one message holds."""

    reports: tuple[Report, ...] = ()
    answers: tuple[Answer, ...] = ()
    outside: tuple[Outside, ...] = ()


@dataclass
class ResultsTruth:
    """Of results: each stands at its own study or waits, is held back, or is kept as it came."""

    patients: Truth
    owners: Sequence[str]
    """Whose each study is, by its patient's first number; those that come later too."""
    reports: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """By study the versions of its report: status and mark, the last one stands."""
    answers: dict[tuple[int, str], list[tuple[str, int]]] = field(default_factory=dict)
    outside: dict[int, list[int]] = field(default_factory=dict)
    """By study the different scores that the product said, the one that counts first."""
    waiting: list[Report] = field(default_factory=list)
    outside_waiting: dict[int, list[Outside]] = field(default_factory=dict)
    held: set[Report] = field(default_factory=set)
    taken: int = 0
    waited: int = 0
    """Reports that came before their study and were taken after it."""
    kept: list[Message] = field(default_factory=list)
    came: bool = False
    """Whether studies have come since what was kept was tried."""
    last: dict[int, int] = field(default_factory=dict)

    def here(self, study: int) -> bool:
        return 0 < study <= len(self.patients.studies)

    def come(self, message: Message) -> None:
        """A message that was acknowledged; what was kept before its study came is tried first."""
        if self.came:
            self.tried_again()
        for report in message.reports:
            self._report(report)
        if self._said(message):
            self.taken += 1
        else:
            self.kept.append(message)

    def _said(self, message: Message) -> bool:
        """Whether all of the answers and of the product's words in it were taken."""
        told = [*(self._answer(one) for one in message.answers),
                *(self._outside(one) for one in message.outside)]  # fmt: skip
        return all(told) and any(message)

    def arrived(self) -> None:
        """After studies came, and after the merges that waited for them."""
        self.came = True
        waited, self.waiting = self.waiting, []
        for one in waited:
            self._report(one)
        self.waited += len(waited) - len(self.waiting)
        for study in [each for each in self.outside_waiting if self.here(each)]:
            said = self.outside_waiting.pop(study)
            scores = [each.score for each in sorted(said, key=lambda each: each.at)]
            known = self.outside.setdefault(study, [])
            known += [score for score in scores if score not in known]

    def started_again(self) -> None:
        """A listener that starts takes all of what was kept once more: a report in it that was held
        back may be of its study's patient by a merge that came since."""
        for message in self.kept:
            for report in message.reports:
                if report not in self.waiting:
                    self._report(report)
        self.tried_again()

    def tried_again(self) -> None:
        """What was kept is taken once more, in the order of its arrival."""
        self.came = False
        again, self.kept = self.kept, []
        for message in again:
            if self._said(message):
                self.taken += 1
            else:
                self.kept.append(message)

    def _report(self, one: Report) -> None:
        if not self.here(one.study):
            self.waiting.append(one)
            return
        if self.patients.current(one.number) != self.patients.root(self.owners[one.study - 1]):
            self.held.add(one)
            return
        if one.at < self.last.get(one.study, 0):
            return
        self.last[one.study] = one.at
        versions = self.reports.setdefault(one.study, [])
        if one.status == "X" and not versions:
            return
        mark = versions[-1][1] if one.status == "X" else one.mark
        if not versions or versions[-1] != (one.status, mark):
            versions.append((one.status, mark))

    def _answer(self, one: Answer) -> bool:
        if not (one.readable and self.here(one.study)):
            return False
        said = self.answers.setdefault((one.study, one.reader), [])
        if said and said[-1] == (one.response, one.day):
            return True
        if said and one.day < said[-1][1]:
            return False
        said.append((one.response, one.day))
        return True

    def _outside(self, one: Outside) -> bool:
        if not one.readable or not (one.named or self.here(one.study)):
            return False
        if not self.here(one.study):
            waiting = self.outside_waiting.setdefault(one.study, [])
            if one.score not in [each.score for each in waiting]:
                waiting.append(one)
            return True
        known = self.outside.setdefault(one.study, [])
        if one.score not in known:
            known.append(one.score)
        return True
