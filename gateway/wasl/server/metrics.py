"""/metrics, for Prometheus: in its text format, and with labels of closed lists only. Never an address, an id or a topic."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from ipaddress import ip_address
from typing import TypeVar, get_args

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from wasl.api import Gateway
from wasl.apikeys import ApiKey
from wasl.counters import Counters
from wasl.errors import Forbidden
from wasl.measuring import Known
from wasl.server.auth import authorized
from wasl.server.operations import Operation
from wasl.standing import ProviderState

_Labels = tuple[str, ...]
_Of = TypeVar("_Of", bound=_Labels)
_STATES: tuple[ProviderState, ...] = get_args(ProviderState)


async def shown(gateway: Gateway, request: web.Request, key: ApiKey) -> web.Response:
    """All that is measured, of all brands: for whoever runs the installation."""
    if gateway.config.server.metrics == "key" and not _at_home(request):
        asking = await authorized(gateway, request, "read")
        if asking.brand != gateway.config.brand:
            whose = f"Use a key of the brand {gateway.config.brand}."
            raise Forbidden("Metrics tell of all brands.", code="of_all_brands", suggested_action=whose)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*_of_process(gateway), *_of_ledger(gateway, await gateway.measured())]))
    ProcessCollector(registry=registry)
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


def _at_home(request: web.Request) -> bool:
    """Whether somebody asks from this machine, and neither a proxy here for somebody else nor a page in a browser here by another name."""
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"))
    return not forwarded and _loopback(request.remote or "") and _loopback(request.url.host or "")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Collected:
    """What was read already, in the shape that the registry asks for."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _of_process(gateway: Gateway) -> Iterator[Metric]:
    """What this process counted since it began."""
    counters, callbacks = gateway.counters, gateway.callback_counts.by_outcome
    yield _gauge("wasl_build_info", "The version of wasl; always 1.", ("version",), {(version("wasl"),): 1})
    yield _counter("wasl_messages_accepted", "Messages accepted.", ("brand", "category"), counters.accepted)
    settled = ("brand", "channel", "state", "reason")
    yield _counter("wasl_deliveries_settled", "Steps of deliveries, by the state that they led to.", settled, counters.settled)
    yield _calls(counters)
    overdue = {(name,): count for name, count in counters.overdue.items()}
    yield _counter("wasl_receipts_overdue", "Deliveries that were not confirmed in time.", ("provider",), overdue)
    yield _counter("wasl_callbacks", "Callbacks of providers, by what became of them.", ("provider", "outcome"), callbacks)


def _calls(counters: Counters) -> Metric:
    calls = HistogramMetricFamily("wasl_call_seconds", "How long calls to providers took.", labels=("provider", "outcome"))
    for labels, durations in sorted(counters.calls.items()):
        calls.add_metric(labels, durations.buckets, durations.seconds)
    return calls


def _of_ledger(gateway: Gateway, known: Known) -> Iterator[Metric]:
    """What the ledger knows; nothing but that it is away where it is."""
    yield _gauge("wasl_database_up", "Whether the database could be read.", (), {(): known.up})
    if not known.up:
        return
    due = {(channel,): one.deliveries for channel, one in known.due.items()}
    yield _gauge("wasl_queue_due", "Deliveries that are due and wait for a worker, up to 100,000.", ("channel",), due)
    oldest = {(channel,): one.seconds for channel, one in known.due.items()}
    yield _gauge("wasl_queue_oldest_due_seconds", "For how long the oldest of them is due.", ("channel",), oldest)
    providers = {one.name: one.state for one in known.standings if one.name in gateway.config.providers}
    states = {(name, state): now == state for name, now in providers.items() for state in _STATES}
    yield _gauge("wasl_provider_state", "How a provider stands: 1 for that state.", ("provider", "state"), states)
    silent = {(name,): name in known.silent for name in gateway.config.providers}
    yield _gauge("wasl_provider_silent", "Whether a provider used to confirm, and does not any more.", ("provider",), silent)
    yield _gauge("wasl_callbacks_kept", "Callbacks that did nothing yet.", ("provider", "state"), known.callbacks)
    webhooks = {(brand, state): getattr(one, state) for brand, one in known.webhooks.items() for state in ("disabled", "failing")}
    yield _gauge("wasl_webhooks_out", "Webhooks to the application that get nothing.", ("brand", "state"), webhooks)


def _counter(name: str, told: str, labels: _Labels, values: Mapping[_Of, float]) -> Metric:
    counter = CounterMetricFamily(name, told, labels=labels)
    for of, value in sorted(values.items()):
        counter.add_metric(of, value)
    return counter


def _gauge(name: str, told: str, labels: _Labels, values: Mapping[_Of, float]) -> Metric:
    gauge = GaugeMetricFamily(name, told, labels=labels)
    for of, value in sorted(values.items()):
        gauge.add_metric(of, value)
    return gauge


OPERATIONS = (
    Operation(
        method="GET",
        path="/metrics",
        name="readMetrics",
        summary="What is measured, in the text format of Prometheus. From the machine itself without a key, unless wasl.toml says more.",
        run=shown,
        scope=None,
        answers={},
        text="text/plain",
        problems=(401, 403),
    ),
)
