"""The files of one study in the body of a request: one DICOM file, or several as multipart.

The size is known and limited before anything is read; nothing is decoded here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from email.message import Message

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from gateway.problems import Refusal

DICOM = "application/dicom"
MULTIPART = ("multipart/form-data", "multipart/related")
MOST_FILES = 2000
DRAINED_BYTES, DRAINED_SECONDS = 8 * 1024 * 1024, 2.0


def declared_size(request: Request, most: int) -> int:
    """The size of the body in bytes, as it is declared.

    Raises:
        Refusal: It is not declared (411), is no size (400), nothing (400), or too large (413).
    """
    stated = request.headers.get("content-length")
    if stated is None:
        raise Refusal(411, "length_required", "The size of the body is not declared",
                      "Send Content-Length.")  # fmt: skip
    if not stated.isdecimal() or int(stated) == 0:
        raise Refusal(400, "no_study", "There is no study in the body")
    if int(stated) > most:
        raise Refusal(413, "too_large", "The study is too large", f"At most {most} bytes.",
                      headers={"Connection": "close"})  # fmt: skip
    return int(stated)


def boundary_of(request: Request) -> bytes | None:
    """What parts the files; None where the body is one file.

    Raises:
        Refusal: The body is of another kind (415).
    """
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    kind, boundary = header.get_content_type(), header.get_param("boundary")
    if kind == DICOM:
        return None
    if kind in MULTIPART and isinstance(boundary, str) and boundary:
        return boundary.encode("latin-1", "replace")
    raise Refusal(415, "media_type", "The body is of a kind that is not read",
                  f"Send {DICOM}, or {' or '.join(MULTIPART)} with files of it.")  # fmt: skip


async def read_files(request: Request, boundary: bytes | None, seconds: float) -> list[bytes]:
    """The bytes of each file.

    Raises:
        Refusal: The body did not come in time (408), is cut short or ill-formed (400).
    """
    try:
        async with asyncio.timeout(seconds):
            if boundary is None:
                files = [b"".join([chunk async for chunk in request.stream()])]
            else:
                files = await _parts(request.stream(), boundary)
    except TimeoutError:
        raise Refusal(408, "too_slow", "The study did not come in time",
                      headers={"Connection": "close"}) from None  # fmt: skip
    if not any(files):
        raise Refusal(400, "no_study", "There is no study in the body")
    return [one for one in files if one]


async def _parts(stream: AsyncIterator[bytes], boundary: bytes) -> list[bytes]:
    """The content of each part; their names and headers may hold names of people: not looked at."""
    parts: list[bytearray] = []
    ended = False

    def begin() -> None:
        if len(parts) >= MOST_FILES:
            raise Refusal(413, "too_many_files", "There are too many files in the body")
        parts.append(bytearray())

    def data(chunk: bytes, start: int, end: int) -> None:
        parts[-1] += chunk[start:end]

    def end() -> None:
        nonlocal ended
        ended = True

    try:
        parser = MultipartParser(
            boundary, {"on_part_begin": begin, "on_part_data": data, "on_end": end}
        )
        async for chunk in stream:
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise _ill_formed() from None
    if not ended:
        raise _ill_formed()
    return [bytes(one) for one in parts]


def _ill_formed() -> Refusal:
    return Refusal(400, "ill_formed", "The parts of the body cannot be told apart")


async def drain(request: Request) -> None:
    """Let a small body come that nobody reads, so that its sender hears the answer."""
    got = 0
    with suppress(Exception):
        async with asyncio.timeout(DRAINED_SECONDS):
            async for chunk in request.stream():
                got += len(chunk)
                if got > DRAINED_BYTES:
                    return
