"""Which version answers at each site just now: verified, warm, and exchanged without a pause."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from journeys.watch_day import Watch, watch_of
from records.audit import note
from records.clock import now_in
from records.errors import IntegrityBroken, Refused, Unavailable
from records.frozen_files import frozen_folder
from records.product import ModelVersion
from records.store import Store
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""A version that was released or withdrawn counts after so long, and after it is warm."""
WARM_UP_SIDE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """A version at one site: what is watched there and nowhere else, and the loaded model."""

    watch: Watch
    predictor: "Predictor"

    @property
    def answers(self) -> bool:
        """Whether what it says is returned to care; a shadow is heard by nobody."""
        return self.watch.deployments[-1].mode == "live"


def load_verified(store: Store, version: ModelVersion) -> "Predictor":
    """The model of a version, every frozen file compared with its digest, after one trial.

    Raises:
        IntegrityBroken: A file is missing or altered, or the model gives no probability.
        WeightsAltered: The weights are not those of the version.
    """
    from models.predict import Predictor

    folder = frozen_folder(Vault(store.workspace.vault), version)
    predictor = Predictor.load(folder, weights_hash=version.weights_hash)
    side = np.linspace(0.0, 1.0, WARM_UP_SIDE, dtype=np.float32)
    (said,) = predictor.predict([np.outer(side, side)])
    if not (math.isfinite(said.score) and 0 <= said.score <= 1):
        raise IntegrityBroken(f"{version.label} gives no probability for a picture of a ramp.")
    return predictor


class ServingVersions:
    """The posts by site. A new version takes over when it is loaded, verified and warm, not before.

    Until then, and where it cannot be loaded, the one before it goes on. A deployment that ended
    without another ends its post at once.
    """

    def __init__(
        self, store: Store, device_name: str, *, actor: str,
        load: Callable[[Store, ModelVersion], "Predictor"] = load_verified,
    ) -> None:
        self._store, self._device, self._actor, self._load = store, device_name, actor, load
        self._lock = Lock()
        self._posts: dict[str, Post] = {}
        self._refused: set[int] = set()
        self._stop, self._thread = Event(), Thread(target=self._follow, daemon=True)
        self.fault = "no version was loaded yet"

    @property
    def posts(self) -> Mapping[str, Post]:
        """Who answers, by site; the mapping itself is never changed."""
        return self._posts

    def start(self) -> None:
        """Load what is deployed, and follow what is deployed from now on."""
        self.refresh()
        self._thread.start()

    def stop(self) -> None:
        """Follow no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.refresh()

    def refresh(self) -> None:
        """Look at the records, and exchange what has changed; what is wrong is in ``fault``."""
        with self._lock:
            try:
                self.fault = self._refresh()
            except Unavailable as away:  # the database does not answer: what serves goes on
                self.fault = away.message
            except Exception as wrong:
                log.error("what is deployed was not followed: %s", type(wrong).__name__)
                self.fault = f"what is deployed cannot be read ({type(wrong).__name__})"

    def _refresh(self) -> str:
        try:
            with self._store.reader() as reader:
                watch = watch_of(reader, self._device)
                now = now_in(reader)
                versions = watch.versions
        except Refused as nothing:
            self._posts = {}
            return nothing.message
        loaded = {one.watch.version.id: one.predictor for one in self._posts.values()}
        begun, fault = list[ModelVersion](), ""
        for number, version in versions.items():
            if number not in loaded and number not in self._refused:
                try:
                    loaded[number] = self._load(self._store, version)
                    begun.append(version)
                except (Unavailable, OSError):  # tried again at the next look
                    continue
                except Exception as wrong:  # whatever its files do, the one before goes on
                    self._note(version, "serving refused", now, why=type(wrong).__name__)
                    self._refused.add(number)
        posts = {}
        for one in watch.deployments:
            site, number = watch.sites[one.site_id], one.model_version_id
            if number in loaded:
                here = replace(watch, version=versions[number], deployments=[one],
                               sites={one.site_id: site},
                               versions={number: versions[number]})  # fmt: skip
                posts[site] = Post(here, loaded[number])
            else:
                fault = f"{versions[number].label} cannot be loaded; see 'radvigil install verify'"
                if site in self._posts:
                    posts[site] = self._posts[site]
        self._posts = posts
        for version in begun:
            self._note(version, "serving begun", now)
        return fault

    def _note(self, version: ModelVersion, what: str, now: datetime, why: str = "") -> None:
        said = {"version": version.label, "weights_hash": version.weights_hash}
        with self._store.transaction(self._actor, "serve predictions", now=now) as tx:
            note(tx, what, version.subject, new=said | ({"why": why} if why else {}))
