"""Importing this writes the OpenAPI document once for the whole process.

It follows from the operations alone, and writing it takes half a second: too long for each of the hundreds of servers that tests start.
"""

from collections.abc import Sequence

from wasl.server import app, openapi
from wasl.server.operations import Operation

_describing = openapi.describing
_DESCRIBED = _describing(app.OPERATIONS)


def _described(operations: Sequence[Operation]) -> Operation:
    return _DESCRIBED if operations is app.OPERATIONS else _describing(operations)


openapi.describing = _described
