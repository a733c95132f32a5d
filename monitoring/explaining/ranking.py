"""Which cause is likely, with what speaks for it and against it: a guess, and said as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from measures.estimate import Estimate
from monitoring.explaining.moved import Moved
from monitoring.explaining.onset import Onset
from monitoring.explaining.where import Change, Place
from records.counting import counted

__all__ = ["KINDS", "NEXT_STEPS", "SCANNER", "SEVERAL", "Cause", "Findings", "rank_causes"]

SCANNER = ("acquisition change", "software")
KINDS = {"recording": "recording", "acquisition change": "acquisition", "software": "acquisition",
         "patient mix": "patients"}  # fmt: skip
"""What goes in, by the families of signals."""
SEVERAL = 3
"""Kinds of what goes in that changed at once, from which on one source explains them."""

ALL_AT_ONCE = "several kinds of facts changed at once, as with another source of studies"
NEAR_DAYS = 3
"""A known event this near the set of onset days fits in time."""

NEXT_STEPS: dict[str, tuple[str, ...]] = {
    "new scanner": (
        "Ask the site when the scanner went into use, and for its protocol.",
        "Look at the examples: does the picture look like the ones before?",
        "Judge the device on the studies of that scanner alone, once there is truth.",
        "If it stays, plan it as a change: is the scanner within the intended purpose?",
    ),
    "new source": (
        "Ask the site whose studies these are: another clinic, programme, archive or collection.",
        "Look at the examples: are they within the intended purpose?",
        "Watch the source apart, or revalidate with its studies.",
    ),
    "software": (
        "Ask the site or the maker which version was installed when, and what it changed.",
        "Compare studies of the same protocol before and after it.",
    ),
    "acquisition change": (
        "Ask the site what changed on that day: scanner, detector, protocol, processing.",
        "Look at the examples before and after.",
        "Have it set back, or revalidate on the new images.",
    ),
    "patient mix": (
        "Ask the site whether other patients are sent: a ward, a clinic, a screening programme.",
        "Compare the performance in the group that grew with the claim for it.",
        "Is the group within the intended purpose?",
    ),
    "prevalence": (
        "Ask the site whether the disease became more or less common, or referral changed.",
        "Have a sample read: the scores alone cannot tell disease from the device.",
    ),
    "labels": (
        "Compare how the truth was made before and after: reader, report wording, coding.",
        "Have a sample read twice, blind to the date.",
    ),
    "device": (
        "Compare the version that runs with the released one, and its settings.",
        "Read the wrongly called studies; look for what they share.",
        "Revalidate; decide on a change request, a CAPA, or to stop use at the site.",
    ),
    "chance": (
        "Look at the chart: did it come down again?",
        "Close as a false alarm only after a look at the examples.",
    ),
    "recording": (
        "Ask who exports or fills in the field, and what changed there.",
        "Are rules that read the field still safe without it?",
    ),
    "flow": (
        "Call the site: is it closed, or is the connection down?",
        "Read what the node received and refused on those days.",
        "Send again what was not read.",
    ),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause that may be, with points (no probability), and what speaks for and against it."""

    name: str
    points: int
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """What a ranking rests on.

    family, column: of the leading chart. moved: what else moved. unseen: by column new names with
    their studies. events: (day, cause, words) known from elsewhere, such as a version put into
    use. mix_fits: whether only the prevalence changed, by the scores (None: cannot be told).
    """

    family: str
    column: str
    onset: Onset
    place: Place
    moved: Sequence[Moved] = ()
    unseen: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    n_since: int = 0
    events: Sequence[tuple[date, str, str]] = ()
    prevalence: tuple[Estimate, bool] | None = None
    joined: Sequence[str] = ()
    """Families of the other signals of the alert."""
    effect: Change | None = None

    @property
    def as_before(self) -> bool:
        """Whether the leading chart's studies show no change, or performance that did not fall."""
        if self.effect is None or self.effect.value is None:
            return False
        better = self.family == "outcome" and self.effect.value > 0.0
        return better or not self.effect.seen

    @property
    def several(self) -> bool:
        """Whether recording, acquisition and patients all changed in this alert, or two of them
        and a scanner came that was never seen."""
        kinds = {KINDS[one] for one in (self.family, *self.joined) if one in KINDS}
        return len(kinds) >= SEVERAL - bool(_unseen(self, software=False))

    @property
    def outcome(self) -> bool:
        """Whether performance is part of the alert."""
        return self.family == "outcome" or "outcome" in self.joined


def rank_causes(found: Findings) -> list[Cause]:
    """The causes with more for them than against, likeliest first.

    A fixed table of points, the same for every alert: 3 for what names the cause itself (the
    leading column, a group that carries the change, a known event), 2 for what would follow from
    it, 1 for what is left when nothing else moved; as many off for what speaks against it.

    >>> from monitoring.explaining.onset import Onset
    >>> found = Findings("patient mix", "age", Onset(0), Place(0))
    >>> rank_causes(found)[0].name
    'patient mix'
    """
    if found.as_before:
        return [_as_before(found)]
    if found.family == "flow":
        told = ("no studies arrive, another number, or fewer are read and in time",)
        return [Cause("flow", 3, told, ())]
    if found.family == "recording" and not found.several:
        missing = (f"{found.column} is missing more or less often",)
        return [*_new_source(found), Cause("recording", 3, missing, ())]
    made = [
        _new_scanner(found), _other_source(found), _software(found), _acquisition(found),
        _patients(found), _prevalence(found), _labels(found), _device(found),
    ]
    likely = sorted((one for one in made if one.points > 0), key=lambda one: -one.points)
    return likely or [
        Cause("device", 0, ("no watched fact moved, and no other cause fits",), ())
    ]


def _as_before(found: Findings) -> Cause:
    """Nothing to explain by a change: a claim that never held here, or a chart that went astray."""
    if found.family == "outcome":
        if found.place.group:
            of = " and ".join(found.place.group.values())
            words = f"{found.column} of {of} was no better before: it was served so from the start"
            return Cause("device", 3, (words,), ())
        words = f"{found.column} lies below its bound, and was no better before: the claim does "
        return Cause("device", 3, (f"{words}not hold here",), ())
    return Cause("chance", 0, ("the studies show no change against those before",), ())


def _made(name: str, told: Sequence[tuple[int, str]]) -> Cause:
    return Cause(
        name, sum(points for points, _ in told),
        tuple(words for points, words in told if points > 0),
        tuple(words for points, words in told if points < 0),
    )  # fmt: skip


def _events(found: Findings, cause: str) -> list[tuple[int, str]]:
    return [(3, words) for day, kind, words in found.events if kind == cause and _fits(found, day)]


def _fits(found: Findings, day: date) -> bool:
    first, last = found.onset.first, found.onset.last
    if first is None or last is None:
        return False
    return first.toordinal() - NEAR_DAYS <= day.toordinal() <= last.toordinal() + NEAR_DAYS


def _moved(found: Findings, family: str) -> list[Moved]:
    return [one for one in found.moved if one.family == family]


def _named(found: Sequence[Moved]) -> str:
    return ", ".join(one.column for one in found[:4])


def _new_scanner(found: Findings) -> Cause:
    told = _events(found, "new scanner")
    carried = set(found.place.group.items())
    for column, name, words in _unseen(found, software=False):
        told.append((4 if (column, name) in carried or found.column == column else 2, words))
    if told and found.several:
        told.append((4, ALL_AT_ONCE))
    itself = found.column in found.unseen
    if told and not itself and found.place.group and not carried & {
        (column, name) for column, names in found.unseen.items() for name in names
    }:
        told.append((-2, "another group carries the change"))
    return _made("new scanner", told)


def _new_source(found: Findings) -> list[Cause]:
    """A new scanner before 'recording', where its studies are enough to make the whole change of
    the share without a value: another scanner comes with other habits of filling in."""
    told = []
    for column, _, words in _unseen(found, software=False):
        share = sum(found.unseen[column].values()) / max(found.n_since, 1)
        if found.effect is not None and share >= abs(found.effect.value or 0.0):
            told.append(words)
    return [Cause("new scanner", 4, tuple(told), ())] if told else []


def _other_source(found: Findings) -> Cause:
    """Where no scanner that was never seen tells who sends them."""
    if not found.several or _unseen(found, software=False):
        return _made("new source", [])
    return _made("new source", [(5, ALL_AT_ONCE)])


def _unseen(found: Findings, *, software: bool) -> list[tuple[str, str, str]]:
    """Column, name and words of each name never seen that at least one in twenty studies has."""
    told = []
    for column, names in found.unseen.items():
        name, n = max(names.items(), key=lambda one: one[1])
        of_software = "software" in column.lower() or "version" in column.lower()
        if of_software == software and n >= max(3, 0.05 * found.n_since):
            seen = f"{column} '{name}' was never seen here: {counted(n, 'study', 'studies')} since"
            told.append((column, name, seen))
    return told


def _software(found: Findings) -> Cause:
    told = _events(found, "software")
    told += [(4, words) for *_, words in _unseen(found, software=True)]
    if found.family == "software":
        told.append((3, f"{found.column} itself changed"))
    elif _moved(found, "software"):
        told.append((2, f"moved too: {_named(_moved(found, 'software'))}"))
    if any("software" in one.lower() or "version" in one.lower() for one in found.place.group):
        alone = len(found.place.group) == 1
        told.append((3 if alone else 1, "the change lies in the studies of one version"))
    return _made("software", told)


def _acquisition(found: Findings) -> Cause:
    told = _events(found, "acquisition change")
    others = [one for one in _moved(found, "acquisition change") if one.column != found.column]
    if found.family == "acquisition change":
        told.append((3, f"{found.column} is a property of the image or its acquisition"))
        if others:
            told.append((1, f"moved too: {_named(others)}"))
    elif others:
        told.append((2, f"moved at the same time: {_named(others)}"))
    if told and _mixed_in(found, patients=True):
        told.append((-3, f"the change follows the mix of {found.place.mix}"))
    return _made("acquisition change", told)


def _mixed_in(found: Findings, *, patients: bool) -> bool:
    from monitoring.likely_causes import kind_of

    return bool(found.place.mix) and (kind_of(found.place.mix) == "patient mix") == patients


def _patients(found: Findings) -> Cause:
    told = _events(found, "patient mix")
    others = [one for one in _moved(found, "patient mix") if one.column != found.column]
    if found.family == "patient mix":
        told.append((3, f"{found.column} itself changed"))
    elif others:
        told.append((2, f"moved at the same time: {_named(others)}"))
    if _mixed_in(found, patients=True):
        part = 100.0 * (found.place.mix_share or 0.0)
        told.append((3, f"the mix of {found.place.mix} makes {part:.0f} % of the change"))
    elif told and found.family != "patient mix":
        told.append((-1, "the change is no smaller among patients alike"))
    return _made("patient mix", told)


def _inputs(found: Findings) -> list[Moved]:
    return [one for one in found.moved if one.family not in ("output", "outcome")]


def _prevalence(found: Findings) -> Cause:
    told = []
    if found.family == "output":
        inputs = _inputs(found)
        told.append(
            (-2, f"the inputs moved: {_named(inputs)}") if inputs
            else (1, "the output moved and no watched input did")
        )
        if found.outcome:
            told.append((-2, "performance fell, which prevalence alone leaves as it is"))
    if found.prevalence is not None and found.family in ("output", "outcome"):
        share, fits = found.prevalence
        words = f"the scores fit a prevalence of {share.value:.2f} ({share.low:.2f} to "
        words += f"{share.high:.2f})"
        told.append((2, words) if fits else (-2, "no prevalence makes these scores"))
    return _made("prevalence", told)


def _labels(found: Findings) -> Cause:
    if found.family != "outcome":
        return _made("labels", [])
    others = [*_moved(found, "output"), *_inputs(found)]
    told = [(2, "performance changed and neither inputs nor scores did")]
    if others:
        told = [(1, "performance changed"), (-2, f"moved too: {_named(others)}")]
    return _made("labels", told)


def _device(found: Findings) -> Cause:
    told = _events(found, "device")
    if found.outcome:
        told.append((2, "the device is less often right"))
    if found.family == "output" and not _inputs(found):
        told.append((1, "the output moved and no watched input did"))
    if told and _inputs(found):
        told.append((-1, f"the inputs moved: {_named(_inputs(found))}"))
    return _made("device", told)
