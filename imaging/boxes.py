"""Where findings lie in a picture, as boxes on its own grid: the form in which they are kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Box(NamedTuple):
    """A box in pixels of its picture: left and upper edge, width and height.

    Edges are counted from the outer corner of the upper left pixel, so that the first pixel of a
    picture is the box (0, 0, 1, 1).
    """

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """The true lesions of one picture, which has so many rows and columns; no box is no lesion."""

    rows: int
    columns: int
    boxes: tuple[Box, ...]

    @property
    def text(self) -> str:
        """The same boxes in the same letters, as the vault and a dataset's manifest keep them.

        >>> BoxedPicture(4, 6, (Box(1, 2, 3, 1.5),)).text
        '{"boxes":[{"height":1.5,"width":3,"x":1,"y":2}],"columns":6,"rows":4}'
        """
        content = {
            "rows": self.rows, "columns": self.columns,
            "boxes": [one._asdict() for one in self.boxes],
        }  # fmt: skip
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> "BoxedPicture":
        """The boxes in a text that :attr:`text` wrote.

        >>> BoxedPicture.of('{"boxes":[],"columns":6,"rows":4}')
        BoxedPicture(rows=4, columns=6, boxes=())
        """
        content: dict[str, Any] = json.loads(text)
        boxes = tuple(Box(**one) for one in content["boxes"])
        return cls(int(content["rows"]), int(content["columns"]), boxes)


def wrong_box(box: Box, rows: int, columns: int) -> str:
    """What is wrong with a box in a picture of that size, in words; '' where nothing is.

    >>> wrong_box(Box(0, 0, 8, 9), 8, 8)
    'reaches 1 pixel beyond the lower edge of a picture of 8 x 8 pixels'
    >>> wrong_box(Box(0, 0, 0, 9), 8, 8)
    'has no area: 0 wide and 9 high'
    """
    if not (box.width > 0 and box.height > 0):
        return f"has no area: {box.width:g} wide and {box.height:g} high"
    sides: Sequence[tuple[str, float]] = (
        ("left", -box.x), ("upper", -box.y), ("right", box.x + box.width - columns),
        ("lower", box.y + box.height - rows),
    )  # fmt: skip
    side, beyond = max(sides, key=lambda pair: pair[1])
    if beyond <= _ROUNDED:
        return ""
    unit = "pixel" if f"{beyond:.4g}" == "1" else "pixels"
    return (
        f"reaches {beyond:.4g} {unit} beyond the {side} edge of a picture of {rows} x {columns} "
        "pixels"
    )


_ROUNDED = 0.01  # of a pixel: boxes are often scaled and rounded
