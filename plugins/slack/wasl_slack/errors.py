"""Slack's own error codes, and what they mean."""

from collections.abc import Mapping

from wasl_contracts import Reason, Refusal

_NOBODY_THERE = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_NOT_LET_IN = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="address")
_BAD_CONTENT = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_TOO_LONG = Refusal(outcome="rejected", reason=Reason.TOO_LONG, scope="content")
_BAD_SETTINGS = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_TOO_FAST = Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED)
_NOT_NOW = Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE)
_MAY_BE_POSTED = Refusal(outcome="unknown", reason=Reason.OUTCOME_UNKNOWN)

_GROUPS: Mapping[Refusal, tuple[str, ...]] = {
    _NOBODY_THERE: ("channel_not_found", "is_archived", "user_not_found", "user_disabled", "cannot_dm_bot"),
    _NOT_LET_IN: (
        "not_in_channel",
        "access_denied",
        "no_permission",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    ),
    _BAD_CONTENT: ("invalid_blocks", "invalid_blocks_format", "invalid_arguments", "no_text"),
    _TOO_LONG: ("msg_too_long", "msg_blocks_too_long"),
    _BAD_SETTINGS: (
        "404",  # chat.postMessage has no 404 of its own: base_url is not Slack's
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "missing_scope",
        "not_allowed_token_type",
        "accesslimited",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "messages_tab_disabled",
        "two_factor_setup_required",
        "unknown_method",
    ),
    _TOO_FAST: ("ratelimited", "rate_limited", "message_limit_exceeded"),
    # request_timeout is Slack's word for a body that did not arrive whole, so nothing was posted
    _NOT_NOW: ("service_unavailable", "request_timeout", "team_added_to_org", "org_login_required"),
    # "It's possible some aspect of the operation succeeded before the error was raised" (the method's reference)
    _MAY_BE_POSTED: ("internal_error", "fatal_error"),
}

ERRORS: Mapping[str, Refusal] = {code: refusal for refusal, codes in _GROUPS.items() for code in codes}
"""Source: the error table of https://docs.slack.dev/reference/methods/chat.postMessage/."""
