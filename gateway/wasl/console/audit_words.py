"""What was done, in words: one for each action of the audit's closed list, and where its object is found."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from wasl.audited import Action, ActorKind, Audited
from wasl.console.words import msgid

ACTIONS: Final[Mapping[Action, str]] = {
    Action.SIGNED_IN: msgid("Signed in"),
    Action.SIGN_IN_REFUSED: msgid("Was refused to sign in"),
    Action.SIGNED_OUT: msgid("Signed out"),
    Action.SESSION_PROVED: msgid("Proved their second factor"),
    Action.USER_ADDED: msgid("Added a user"),
    Action.USER_CHANGED: msgid("Changed a user"),
    Action.USER_REMOVED: msgid("Removed a user"),
    Action.USER_SIGNED_OUT: msgid("Signed a user out everywhere"),
    Action.FACTOR_ENROLLED: msgid("Enrolled a second factor"),
    Action.FACTOR_REMOVED: msgid("Removed their second factor"),
    Action.FACTOR_RESET: msgid("Reset a second factor"),
    Action.RECOVERY_RENEWED: msgid("Made new recovery codes"),
    Action.PASSWORD_CHANGED: msgid("Changed a password"),
    Action.MESSAGE_REVEALED: msgid("Looked at a message in clear"),
    Action.MESSAGE_RETRIED: msgid("Retried a message"),
    Action.MESSAGE_SENT_AGAIN: msgid("Sent a message again"),
    Action.MESSAGE_OTHER_CHANNEL: msgid("Sent a message by another channel"),
    Action.MESSAGE_SENT: msgid("Sent a message"),
    Action.MESSAGE_CANCELLED: msgid("Cancelled a message"),
    Action.MESSAGES_RETRIED: msgid("Retried many messages"),
    Action.MESSAGES_CANCELLED: msgid("Cancelled many messages"),
    Action.ACT_ASKED: msgid("Asked for an act"),
    Action.ACT_APPROVED: msgid("Approved an act"),
    Action.ACT_REFUSED: msgid("Refused an act"),
    Action.ACT_WITHDRAWN: msgid("Took back an act"),
    Action.ACT_BEGUN: msgid("An act began"),
    Action.ACT_STOPPED: msgid("Stopped an act"),
    Action.ACT_ENDED: msgid("An act ended"),
    Action.MESSAGES_EXPORTED: msgid("Exported messages"),
    Action.PERSON_REVEALED: msgid("Looked at a person’s data in clear"),
    Action.PERSON_SHARED: msgid("Made a link to a person"),
    Action.PERSON_LINK_OPENED: msgid("Opened a link to a person"),
    Action.PERSON_LINK_REVOKED: msgid("Revoked a link to a person"),
    Action.PERSON_EXPORTED: msgid("Exported a person’s data"),
    Action.PERSON_ERASED: msgid("Erased a person"),
    Action.CONSENT_CHANGED: msgid("Changed a consent"),
    Action.SUPPRESSION_ADDED: msgid("Suppressed an address"),
    Action.SUPPRESSION_REMOVED: msgid("Took an address off the suppression list"),
    Action.SUPPRESSIONS_IMPORTED: msgid("Imported suppressions"),
    Action.SUPPRESSIONS_EXPORTED: msgid("Exported suppressions"),
    Action.CONSENTS_EXPORTED: msgid("Exported the consent ledger"),
    Action.EXPORT_TAKEN: msgid("Downloaded an export"),
    Action.EXPORT_STOPPED: msgid("Stopped an export or deleted its file"),
    Action.PROVIDER_PAUSED: msgid("Paused a provider"),
    Action.PROVIDER_RESUMED: msgid("Resumed a provider"),
    Action.PROVIDER_RESET: msgid("Reset a provider’s breaker"),
    Action.PROVIDER_TESTED: msgid("Tested a provider"),
    Action.TEMPLATE_TESTED: msgid("Sent a test of a template"),
    Action.API_KEY_CREATED: msgid("Made an API key"),
    Action.API_KEY_REVOKED: msgid("Revoked an API key"),
    Action.WEBHOOK_ADDED: msgid("Added a webhook"),
    Action.WEBHOOK_CHANGED: msgid("Changed a webhook"),
    Action.WEBHOOK_REMOVED: msgid("Removed a webhook"),
    Action.WEBHOOK_REPLAYED: msgid("Had a webhook’s events posted again"),
    Action.WEBHOOK_TESTED: msgid("Tested a webhook"),
    Action.REPORT_EXPORTED: msgid("Exported a report"),
    Action.AUDIT_EXPORTED: msgid("Exported the audit"),
    Action.AUDIT_VERIFIED: msgid("Verified the audit"),
    Action.AUDIT_CLEARED: msgid("Cleared what the audit told of an erased person"),
    Action.INBOX_CLEARED: msgid("Cleared the dev inbox"),
    Action.CHAOS_SET: msgid("Set faults of the dev inbox"),
    Action.SETTINGS_CHANGED: msgid("Changed settings"),
}
KINDS: Final[Mapping[ActorKind, str]] = {
    "user": msgid("Console"),
    "key": msgid("API key"),
    "cli": msgid("Command line"),
    "app": msgid("Application"),
    "system": "wasl",
}


def place_of(entry: Audited) -> str:
    """The path below /console of what it was done to; empty where it has no page."""
    about = quote(entry.object, safe="")
    brand = f"?brand={quote(entry.brand, safe='')}" if entry.brand else ""
    if entry.object.startswith("msg_"):
        return f"/messages/{about}{brand}"
    if entry.object.startswith("act_"):
        return f"/acts/{about}"
    subject = entry.action.partition(".")[0]
    pages = {"person": "people", "consent": "people", "provider": "channels", "template": "templates"}
    return f"/{pages[subject]}/{about}{brand}" if subject in pages and entry.object else ""
