"""A file arrives: one look at it, and either everything worth keeping or the reason for refusing.

Nothing is stored and nothing is raised here. A refusal carries a reason that a person can act on
and never a path, a name or a value of the file. Many files at once: :mod:`imaging.examining`.
"""

import hashlib
import logging
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy.typing as npt

from imaging.deidentify import Deidentified, Deidentifier
from imaging.elements import tag, text
from imaging.encoding import encode_file
from imaging.headers import ScopeRequirements, StudyHeader, out_of_scope, study_header
from imaging.identity import Identity
from imaging.input_checks import (
    Flag,
    header_flags,
    image_flags,
    measures_to_check,
    missing_tags,
)
from imaging.pixels import (
    PixelRefusal,
    Pixels,
    PixelsRefused,
    SizeLimits,
    parse_file,
    read_pixels,
)
from imaging.quality import measure_quality
from imaging.rejection_notes import rejection_note
from records.errors import Refused
from records.vault import file_digest

_SYNTHETIC_DATA, _PIXEL_DATA = tag("SyntheticData"), tag("PixelData")

Prepare = Callable[[npt.NDArray[Any]], Any]
"""What is to be made of a picture while it is at hand; picklable where other processes do it."""


class Reason(StrEnum):
    """Why a file goes to quarantine."""

    NOT_DICOM = "not_dicom"
    TRUNCATED = "truncated"
    NO_PIXEL_DATA = "no_pixel_data"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_SMALL = "too_small"
    MULTI_FRAME = "multi_frame"
    COLOUR = "colour"
    UNSUPPORTED_BITS = "unsupported_bits"
    OUT_OF_SCOPE = "out_of_scope"
    OUTSIDE_LIMITS = "outside_limits"
    MISSING_IDENTIFIERS = "missing_identifiers"
    CONFLICT = "conflicting_instance"
    SYNTHETIC = "synthetic_data"
    IDENTIFIERS_REMAIN = "identifiers_remain"
    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    REJECTION_NOTE = "rejection_note"
    EXTERNAL_RESULT = "external_result"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Received:
    """A study's image as it may be kept: pseudonymous facts, quality, and its de-identified bytes.

    digest and source_digest are SHA-256 in hexadecimal, of the de-identified and the arrived bytes.
    ``deidentification`` is the run as plain values: profile, counts by action, burned_in, verdict.
    ``identities`` are for the identity store only. ``flags`` are the checks of its device that the
    image broke and is not refused for. ``synthetic``: the file says that its content was made
    artificially (Synthetic Data, PS3.3 C.12.1). ``prepared``: what was asked to be made of the
    picture as it is kept; None where it has to be read anew.
    """

    header: StudyHeader
    quality: Mapping[str, float]
    content: bytes = field(repr=False)
    digest: str
    source_digest: str
    size: int
    deidentification: Mapping[str, object]
    identities: tuple[Identity, ...] = field(repr=False)
    flags: tuple[Flag, ...] = ()
    synthetic: bool = False
    prepared: Any = field(default=None, repr=False)

    @property
    def invalid_tags(self) -> tuple[str, ...]:
        """Attributes whose value could not be believed."""
        return self.header.invalid_tags

    def without_content(self) -> "Received":
        """The same once its bytes are in controlled storage: a batch would fill the memory."""
        return replace(self, content=b"")

    def as_conflict(self, detail: str = "") -> "Rejection":
        """The refusal of this file where what is stored under its identifiers is another one."""
        return Rejection(Reason.CONFLICT, detail, self.source_digest, self.size)

    def as_synthetic(self) -> "Rejection":
        """The refusal of this file where only what patients were imaged for is taken in."""
        return Rejection(Reason.SYNTHETIC, "", self.source_digest, self.size)

    def facts(self) -> dict[str, object]:
        """Header facts and quality measures side by side, one flat row for a table."""
        return {**asdict(self.header), **self.quality, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file that is refused: why, and which bytes they were (SHA-256; empty where unreadable).

    ``check`` names the one that refused an image outside its device's limits; ``detail`` then
    says what was measured, and the limit. ``withdrawn``: the file is no image but a note by which
    its sender takes these back (pseudonyms); ``check`` is its code.
    """

    reason: Reason
    detail: str
    source_digest: str
    size: int
    check: str = ""
    withdrawn: tuple[str, ...] = field(default=(), repr=False)

    @property
    def unread(self) -> bool:
        """Whether there are bytes that nobody could read, so that nobody knows what they are."""
        return not self.source_digest and self.reason is not Reason.NOT_A_FILE

    @property
    def code(self) -> str:
        """The reason as it is counted; an input out of scope names the requirement it breaks, and
        an image outside the limits the check."""
        if self.reason is Reason.OUT_OF_SCOPE:
            return f"{self.reason}:{self.detail}"
        return f"{self.reason}:{self.check}" if self.check else str(self.reason)


def examine(
    path: Path,
    deidentifier: Deidentifier,
    requirements: ScopeRequirements | None = None,
    *,
    limits: SizeLimits | None = None,
    prepare: Prepare | None = None,
) -> Received | Rejection:
    """One arriving file, read once: the image as it may be kept, or the reason for refusing it.

    requirements: what the device can read; without them every grey single-frame image is
    accepted. prepare: is given the picture of an image that may be kept. Never raises for anything
    that a file can hold.
    """
    limits = limits or SizeLimits()
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            return _not_a_file(path, state.st_mode)
        if state.st_size > limits.max_bytes:
            return Rejection(Reason.TOO_LARGE, "file", file_digest(path), state.st_size)
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        return Rejection(Reason.UNREADABLE, type(error).__name__, "", 0)
    return examine_bytes(content, deidentifier, requirements, limits=limits, prepare=prepare)


def _not_a_file(path: Path, mode: int) -> Rejection:
    """What is no file is never opened: a pipe would wait for ever."""
    if stat.S_ISDIR(mode) and not path.is_symlink():
        return Rejection(Reason.UNREADABLE, "a folder that cannot be listed", "", 0)
    kinds = {stat.S_IFDIR: "a link to a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return Rejection(Reason.NOT_A_FILE, kinds.get(stat.S_IFMT(mode), "a device"), "", 0)


def examine_bytes(
    content: bytes,
    deidentifier: Deidentifier,
    requirements: ScopeRequirements | None = None,
    *,
    limits: SizeLimits | None = None,
    prepare: Prepare | None = None,
) -> Received | Rejection:
    """The same for bytes that are already in memory."""
    digest = hashlib.sha256(content).hexdigest()
    try:
        with unheard() as heard:
            return _received(
                content, digest, deidentifier, requirements, limits or SizeLimits(), prepare
            )
    except PixelsRefused as refusal:
        # pydicom gives up an unfinished sequence of fragments with a warning, and all after it
        cut = refusal.reason is PixelRefusal.NO_PIXEL_DATA and any(
            "End of file" in str(warning.message) for warning in heard
        )
        reason = Reason.TRUNCATED if cut else Reason(refusal.reason)
        return Rejection(reason, refusal.detail, digest, len(content))
    except _FileRefused as refusal:
        return Rejection(
            refusal.reason, refusal.detail, digest, len(content), refusal.check, refusal.withdrawn
        )
    except Exception as error:  # whatever a file does, the batch goes on; the text may quote it
        return Rejection(Reason.UNREADABLE, type(error).__name__, digest, len(content))


class _FileRefused(Refused):
    def __init__(
        self, reason: Reason, detail: str = "", *, check: str = "", withdrawn: tuple[str, ...] = ()
    ) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.detail = detail
        self.check = check
        self.withdrawn = withdrawn


def _received(
    content: bytes,
    source_digest: str,
    deidentifier: Deidentifier,
    requirements: ScopeRequirements | None,
    limits: SizeLimits,
    prepare: Prepare | None,
) -> Received:
    dataset = parse_file(content, limits=limits)
    header = study_header(dataset)
    if (note := rejection_note(dataset)) is not None:
        images = tuple(deidentifier.study_pseudonym(one) for one in note.uids)
        raise _FileRefused(Reason.REJECTION_NOTE, check=note.code, withdrawn=images)
    if "PixelData" in dataset:
        missing = _missing(header)
        if missing:
            raise _FileRefused(Reason.MISSING_IDENTIFIERS, missing)
        broken = out_of_scope(header, requirements) if requirements else None
        if broken:
            raise _FileRefused(Reason.OUT_OF_SCOPE, broken)
    pixels = read_pixels(dataset, limits=limits, spacing_mm=header.spacing_mm)
    if min(pixels.shape) < 3:
        raise _FileRefused(Reason.TOO_SMALL)
    quality = measure_quality(pixels)
    wanted = requirements or ScopeRequirements()
    checked = (
        *missing_tags(dataset, header, wanted),
        *image_flags(measures_to_check(pixels, quality, header, wanted), wanted),
    )
    for flag in checked:
        if flag.check in wanted.refusing:
            raise _FileRefused(Reason.OUTSIDE_LIMITS, flag.words, check=flag.check)
    clean = deidentifier.deidentify(dataset, header)
    kept = encode_file(clean.dataset)
    if _named_in(kept, clean):
        raise _FileRefused(Reason.IDENTIFIERS_REMAIN)
    return Received(
        header=clean.header,
        quality=quality,
        content=kept,
        digest=hashlib.sha256(kept).hexdigest(),
        source_digest=source_digest,
        size=len(content),
        deidentification=clean.run.to_dict(),
        identities=clean.identities,
        flags=(*header_flags(header, clean.header, wanted), *checked),
        synthetic=text(dataset, _SYNTHETIC_DATA).upper() == "YES",
        prepared=_prepared(pixels, dataset, clean.dataset, prepare),
    )


def _prepared(pixels: Pixels, arrived: Any, kept: Any, prepare: Prepare | None) -> Any:
    """What is made of the picture, unless letters in it were masked: what is kept is another."""
    if prepare is None or kept.get_item(_PIXEL_DATA).value != arrived.get_item(_PIXEL_DATA).value:
        return None
    try:
        return prepare(pixels.array)
    except ValueError:  # no fault of the file: whoever reads it says what it cannot read
        return None


def _missing(header: StudyHeader) -> str:
    needed = {
        "StudyInstanceUID": header.study_uid,
        "SOPInstanceUID": header.instance_uid,
        "SOPClassUID": header.sop_class,
        "PatientID": header.patient_id,
    }
    return ",".join(name for name, value in needed.items() if not value)


def _named_in(kept: bytes, clean: Deidentified) -> bool:
    """A second, independent look: whether a whole original identifier stands in the header bytes.

    Dates are left out (a moved date may be another's birthday) and so is what is too short to
    tell from chance.
    """
    pixel_bytes = len(clean.dataset.get_item("PixelData").value)
    head = kept[: len(kept) - pixel_bytes]
    return any(
        value.encode("utf-8", "replace") in head
        for identity in clean.identities
        for name, value in identity.original
        if len(value) >= 8 and not name.endswith(("Date", "Time"))
    )


@contextmanager
def unheard() -> Iterator[list[warnings.WarningMessage]]:
    """pydicom's warnings and log lines quote values of the file: nobody gets to read them."""
    log = logging.getLogger("pydicom")
    before = log.disabled
    log.disabled = True
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield heard
    finally:
        log.disabled = before
