"""A stored document is read back whole, so that its final edition says what was signed."""

from __future__ import annotations

import pytest

from records.errors import InvalidInput
from regulatory.documents.blocks import Figure
from regulatory.documents.content import Content
from regulatory.documents.reading import read_content
from regulatory.documents.rendering import render
from regulatory.documents.writers.json import write_json
from tests.regulatory.documents.samples import sha
from tests.regulatory.documents.test_documents import KINDS, built


def pictures_of(content: Content) -> dict[str, bytes]:
    blocks = (block for section in content.sections for block in section.blocks)
    svgs = (block.svg for block in blocks if isinstance(block, Figure))
    return {sha(svg): svg.encode() for svg in svgs}


@pytest.mark.requirement("R-P11-10b", "REG-122")
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_is_read_back_with_every_figure(kind: str) -> None:
    content = built(kind)
    pictures = pictures_of(content)
    read = read_content(write_json(content), pictures=pictures.__getitem__)
    assert read == content
    assert write_json(read) == write_json(content)
    assert bool(pictures) is (kind in ("validation_report", "performance_monitoring_report"))


def test_the_pictures_are_handed_over_with_the_document() -> None:
    content = built("validation_report")
    assert set(render(content).pictures) == set(pictures_of(content).values())


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"schema":"other/1"}', b'{"schema":"radvigil-document/1"}']
)
def test_other_bytes_are_no_document(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no document"):
        read_content(data, pictures={}.__getitem__)


def test_a_value_left_out_that_cannot_be_empty_is_refused() -> None:
    data = write_json(built("change_log")).replace(b'"sequence":', b'"other":')
    with pytest.raises(InvalidInput, match="missing"):
        read_content(data, pictures={}.__getitem__)
