import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.codestream import StatedSize, stated_size


def picture(kind: str, shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.zeros(shape, np.uint8)).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
@pytest.mark.parametrize("shape", [(17, 23), (40, 9, 3)])
def test_a_picture_states_what_it_was_made_with(kind: str, shape: tuple[int, ...]) -> None:
    components = shape[2] if len(shape) == 3 else 1
    assert stated_size(picture(kind, shape)) == StatedSize(
        shape[0], shape[1], components, scans=1 if kind == "JPEG" else 0
    )


def test_fill_bytes_and_long_segments_are_passed_over() -> None:
    plain = picture("JPEG", (17, 23))
    filled = plain[:2] + b"\xff\xff\xff" + b"\xff\xfe\xff\xff" + b"x" * 0xFFFD + plain[2:]
    assert stated_size(filled) == StatedSize(17, 23, 1, 1)


@given(st.binary(max_size=200))
def test_no_bytes_raise(content: bytes) -> None:
    for start in (b"", b"\xff\xd8", b"\xff\xd8\xff\xc0", b"\xff\x4f\xff\x51"):
        found = stated_size(start + content)
        assert found is None or found.components >= 0
