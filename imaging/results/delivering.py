"""Result objects leave for one system: identified, sent by its way, each with what became of it."""

from collections.abc import Callable, Sequence
from typing import Any

from imaging.node import dicomweb, sending
from imaging.node.calling import Called
from imaging.node.dicomweb import Web
from imaging.results.identified import Identifying
from records.errors import RadvigilError, Unavailable

Address = Called | Web


def deliver(
    address: Address,
    objects: Sequence[Callable[[], bytes]],
    identifying: Identifying,
    *,
    ask_first: Sequence[bool],
) -> list[str]:
    """Send each object; its fault, empty where it is stored.

    objects: each gives the bytes that the vault holds. ask_first: of which it is not known whether
    an attempt that was cut off had arrived: one that is there is not sent again. Nothing is raised
    for what is wrong with one object or with the other system: the others go on.
    """
    faults = [""] * len(objects)
    sent: list[tuple[int, Any]] = []
    for at, fetch in enumerate(objects):
        try:
            dataset = identifying.identified(fetch())
        except RadvigilError as wrong:
            faults[at] = wrong.message
            continue
        if not (ask_first[at] and is_there(address, dataset)):
            sent.append((at, dataset))
    if sent:
        for (at, _), fault in zip(sent, _sent(address, [one for _, one in sent]), strict=True):
            faults[at] = fault
    return faults


def _sent(address: Address, datasets: list[Any]) -> list[str]:
    try:
        if isinstance(address, Web):
            return dicomweb.store_results(address, datasets)
        return sending.store_results(address, datasets)
    except Unavailable as away:
        return [away.message] * len(datasets)


def is_there(address: Address, dataset: Any) -> bool:
    """Whether the other system holds this object already; where it cannot say, it is asked to
    store it again: under the same identifier it stays one object."""
    wanted = {
        name: str(dataset[name].value)
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    }
    try:
        if isinstance(address, Web):
            found = dicomweb.search(address, "instances", **wanted)
        else:
            found = sending.find(address, "IMAGE", **wanted)
    except Unavailable:
        return False
    return any(str(one.get("SOPInstanceUID", "")) == wanted["SOPInstanceUID"] for one in found)
