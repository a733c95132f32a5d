"""How good both products are by each kind of truth, as the summary of a demonstration prints it."""

from collections.abc import Sequence
from typing import Any

_MEASURES = ("sensitivity", "specificity")


def truth_kind_lines(told: Sequence[dict[str, Any]]) -> list[str]:
    """A block a product, a line each way of knowing the truth; nothing where nothing was compared.

    told: rows with product, truth_by, measure, value, low, high, n and reason.
    """
    if not told:
        return []
    lines = ["", "BY EACH KIND OF TRUTH (all sites; page 'Kinds of truth')"]
    for product in dict.fromkeys(one["product"] for one in told):
        lines.append(f"  {product}")
        for way in dict.fromkeys(one["truth_by"] for one in told):
            figures = {
                one["measure"]: _said(one) for one in told
                if (one["product"], one["truth_by"]) == (product, way)
            }
            lines.append(f"    {way:<30} " + "  ".join(
                f"{name} {figures.get(name, 'not told')}" for name in _MEASURES
            ))
    return lines


def _said(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "not estimable"
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
