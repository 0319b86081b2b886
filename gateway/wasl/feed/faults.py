"""Why somebody cannot listen, or not any further."""

from wasl.errors import WaslError


class Gone(WaslError):
    """What came after that event is not kept any more."""

    status = 410
    code = "gone"
    suggested_action = "Begin anew without it, and look at the messages that you wait for: GET /v1/messages/{id}."


class TooManyListeners(WaslError):
    """As many listen to the brand as this process serves."""

    status = 503
    code = "too_many_listeners"
    retryable = True
    suggested_action = "End one, or raise `[feed] listeners` in wasl.toml; for many receivers use webhooks."
