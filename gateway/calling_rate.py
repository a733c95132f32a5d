"""How often one address may ask, so that nobody tries tokens by the thousand."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Allowed:
    """Requests that an address, and all together, may make at once and then each minute.

    addresses: how many are remembered; the one that asked longest ago is forgotten first.
    """

    each: int = 60
    together: int = 600
    addresses: int = 10_000


class CallingRate:
    """Token buckets (RFC 2697's idea): each request takes one, and time gives them back."""

    def __init__(self, allowed: Allowed, *, clock: Callable[[], float] = monotonic) -> None:
        self._allowed, self._clock = allowed, clock
        self._each: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._together = (float(allowed.together), clock())

    def admits(self, address: str) -> bool:
        """Whether this address may ask now; it counts as asked.

        >>> rate = CallingRate(Allowed(each=2, together=9), clock=lambda: 0.0)
        >>> [rate.admits("10.0.0.7") for _ in range(3)], rate.admits("10.0.0.8")
        ([True, True, False], True)
        """
        now = self._clock()
        full = (float(self._allowed.each), now)
        mine = _filled(self._each.pop(address, full), self._allowed.each, now)
        everybody = _filled(self._together, self._allowed.together, now)
        admitted = mine >= 1.0 and everybody >= 1.0
        self._each[address] = (mine - admitted, now)
        self._together = (everybody - admitted, now)
        while len(self._each) > self._allowed.addresses:
            self._each.popitem(last=False)
        return admitted


def _filled(bucket: tuple[float, float], size: int, now: float) -> float:
    left, since = bucket
    return min(float(size), left + (now - since) * size / 60.0)
