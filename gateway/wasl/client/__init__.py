"""A client of wasl's HTTP API, with the verbs of the Python API: `Client` for asyncio, `SyncClient` for everything else."""

from wasl.client.asynchronous import Client
from wasl.client.blocking import SyncClient
from wasl.client.suppressing import SuppressionFields, SuppressionFilters
from wasl.client.wire import ListFilters, MessageFields

__all__ = ["Client", "ListFilters", "MessageFields", "SuppressionFields", "SuppressionFilters", "SyncClient"]
