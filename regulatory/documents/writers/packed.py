"""Archives, office files among them, whose bytes depend on their content alone."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

_WHEN = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def writable(text: str) -> str:
    """A text with each character that XML has no place for shown as a box."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip archive; the same files give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for name, content in files.items():
            _write(new, name, content)
    return made.getvalue()


def _write(new: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    new.writestr(entry, content)


def packed_again(data: bytes, at: str) -> bytes:
    """The same archive with every time in it fixed; at: instant of the file's properties (ISO)."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>" + at.encode() + rb"\g<3>", content)
            _write(new, name, content)
    return made.getvalue()
