"""What one caller sent is taken in, read and recorded, and each study gets its answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from imaging.examining import SentFile
from imaging.ingest import Arrival, ingest
from imaging.isolation import Standing
from imaging.pseudonyms import workspace_deidentifier
from imaging.reception import Reason, Received, Rejection
from journeys.read_studies import read_studies
from journeys.serving_versions import Post
from journeys.watch_day import scope_of
from records.clock import now_in
from records.queries import find_site, studies_awaiting_prediction, studies_by_uid
from records.store import Store
from records.told import Told, refusals_of_files, studies_of_files, told_of

Examined = Received | Rejection
Reception = Standing[SentFile, Examined]

SEVERAL_STUDIES = "several_studies"
DANGEROUS = (Reason.CRASHED, Reason.TIMED_OUT)


class Outcome(StrEnum):
    """What became of a study that was sent."""

    READ = "read"
    NOT_READ = "not_read"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sent:
    """The files of one study as they arrived, on disk, each with the SHA-256 of its bytes."""

    files: tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: what may be told of the study, and how many files were refused, by code.

    ``why``: the kind of failure, where nothing became of it.
    """

    outcome: Outcome
    told: Told | None = None
    refused: dict[str, int] = field(default_factory=dict)
    why: str = ""


def examine_sent(
    store: Store, post: Post, sent: Sequence[Sent], reception: Reception, *, site: str
) -> dict[str, Examined]:
    """Each file once, by its SHA-256, examined in processes apart, which prepare its picture for
    the version there too. What crashed or stalled a decoder before is not decoded again: it is
    missing.

    Raises:
        RadvigilError: The records cannot be asked, or no process can be started.
    """
    with store.reader() as reader:
        known = find_site(reader, site)
        digests = [digest for one in sent for digest, _ in one.files]
        before = refusals_of_files(reader, digests, known.id if known else None)
    spared = {digest for digest, code in before.items() if code in DANGEROUS}
    files = {digest: path for one in sent for digest, path in one.files if digest not in spared}
    names = workspace_deidentifier(store, site=site)
    prepare = post.predictor.preprocessing.prepared
    found = reception.answers((path, names, prepare) for path in files.values())
    return dict(zip(files, found, strict=True))


def answer_studies(
    store: Store, post: Post, sent: Sequence[Sent], examined: Mapping[str, Examined], *,
    site: str, actor: str,
) -> list[Answer]:  # fmt: skip
    """Take in what one caller sent of a site, let the version there read it; an answer for each.

    A study that was answered before gets that answer again and is not read a second time.
    examined: of :func:`examine_sent` for the same version; a file that is missing there is refused
    by its record.

    Raises:
        RadvigilError: Nothing can be recorded now.
        ValueError: A picture of these cannot be read by the model.
    """
    with store.reader() as reader:
        now = now_in(reader)
    several = {at for at, one in enumerate(sent) if len(_uids(one, examined)) > 1}
    taken = {
        digest: path
        for at, one in enumerate(sent) if at not in several
        for digest, path in one.files if digest in examined
    }  # fmt: skip
    ingest(
        store, list(taken.values()), Arrival(site, "clinical", now.date()), actor=actor, now=now,
        requirements=scope_of(post.watch.definition),
        outcomes=iter([examined[digest] for digest in taken]),
    )
    studies, refusals = _found(store, sent, examined, site)
    _read(store, post, {number for number in studies if number is not None}, examined, actor)
    with store.reader() as reader:
        told = told_of(reader, {number for number in studies if number is not None})
    return [
        Answer(Outcome.REFUSED, refused={SEVERAL_STUDIES: 1}) if at in several
        else _answer(told.get(number or 0), refused)
        for at, (number, refused) in enumerate(zip(studies, refusals, strict=True))
    ]


def _uids(one: Sent, examined: Mapping[str, Examined]) -> set[str]:
    return set(_uids_of((digest for digest, _ in one.files), examined))


def _uids_of(digests: Iterable[str], examined: Mapping[str, Examined]) -> Iterator[str]:
    for digest in digests:
        found = examined.get(digest)
        if isinstance(found, Received):
            yield found.header.study_uid


def _found(
    store: Store, sent: Sequence[Sent], examined: Mapping[str, Examined], site: str
) -> tuple[list[int | None], list[dict[str, int]]]:
    """From the records, after the intake: the study of each, and how many files were refused."""
    digests = [digest for one in sent for digest, _ in one.files]
    with store.reader() as reader:
        known = find_site(reader, site)
        stored = studies_of_files(reader, digests)
        refused = refusals_of_files(reader, digests, known.id if known else None)
        by_uid = studies_by_uid(reader, set(_uids_of(digests, examined)))
    studies: list[int | None] = []
    refusals: list[dict[str, int]] = []
    for one in sent:
        mine = [digest for digest, _ in one.files]
        numbers = [stored[digest] for digest in mine if digest in stored]
        # stored under corrected names: a duplicate whose own bytes no record names
        corrected = [digest for digest in mine if digest not in stored and digest not in refused]
        numbers += [
            by_uid[uid].id or 0 for uid in _uids_of(corrected, examined) if uid in by_uid
        ]
        studies.append(numbers[0] if numbers else None)
        codes = [refused[digest] for digest in mine if digest in refused and digest not in stored]
        refusals.append(dict(Counter(codes)))
    return studies, refusals


def _read(
    store: Store, post: Post, studies: set[int], examined: Mapping[str, Examined], actor: str
) -> None:
    """Have those read that nobody was answered about yet."""
    ready = {
        one.digest: (one.prepared, one.header.spacing_mm)
        for one in examined.values()
        if isinstance(one, Received) and one.prepared is not None
    }
    watch = post.watch
    with store.reader() as reader:
        now = now_in(reader)
        answered = {number for number, one in told_of(reader, studies).items() if one.reading}
        waiting = studies_awaiting_prediction(
            reader, watch.version, sites=watch.sites, studies=studies - answered
        )
    read_studies(
        store, watch, waiting, load=lambda: post.predictor, actor=actor,
        reason="read what a program sent", now=now, ready=ready,
    )


def _answer(told: Told | None, refused: dict[str, int]) -> Answer:
    if told is None:
        return Answer(Outcome.REFUSED, refused=refused)
    return Answer(Outcome.READ if told.reading else Outcome.NOT_READ, told, refused)
