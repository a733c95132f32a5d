"""The service's own figures, in the format that Prometheus scrapes; none is about a patient."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from journeys.serve_predictions import PredictionDesk

SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
OUTCOMES = (
    "read", "not_read", "waiting", "refused", "full", "unauthorised", "bad_request", "failed",
)  # fmt: skip


class Figures:
    """What is counted while the service runs."""

    def __init__(self, desk: PredictionDesk) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "radvigil_studies", "Studies sent, by what became of the request.", ["outcome"],
            registry=self.registry,
        )
        for one in OUTCOMES:
            self.requests.labels(one)
        self.seconds = Histogram(
            "radvigil_study_seconds", "From the first byte of a study to its answer.",
            buckets=SECONDS, registry=self.registry,
        )
        self.registry.register(_Standing(desk))


class _Standing(Collector):
    """How the desk stands at the moment that is asked about."""

    def __init__(self, desk: PredictionDesk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of this moment."""
        desk = self._desk
        yield GaugeMetricFamily(
            "radvigil_queue_length", "Studies accepted and not answered.", value=desk.waiting
        )
        yield GaugeMetricFamily(
            "radvigil_queue_limit", "How many may wait.", value=desk.limits.queue
        )
        info = GaugeMetricFamily(
            "radvigil_model_info", "Which version answers at each site.",
            labels=["site", "version", "weights_hash", "mode"],
        )
        for site, post in desk.versions.posts.items():
            version = post.watch.version
            mode = "live" if post.answers else "shadow"
            info.add_metric([site, version.label, version.weights_hash, mode], 1)
        yield info
