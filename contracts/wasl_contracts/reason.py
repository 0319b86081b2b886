"""Why a message is where it is: the closed list. There is no "unknown error"."""

from enum import StrEnum
from typing import Literal, Self

WhoCanFix = Literal["person", "app", "developer", "support", "operator", "provider", "nobody"]


class Reason(StrEnum):
    """A code for programs, with a sentence for people, who can fix it, and what to do next."""

    sentence: str
    who_can_fix: WhoCanFix
    next_step: str

    def __new__(cls, code: str, sentence: str = "", who_can_fix: WhoCanFix = "nobody", next_step: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence, member.who_can_fix, member.next_step = sentence, who_can_fix, next_step
        return member

    # The person cannot be reached
    NO_ADDRESS = "no_address", "No address for this channel is on file for this person.", "app", "Add an address and send again."
    INVALID_ADDRESS = (
        "invalid_address",
        "The address does not exist or is not valid.",
        "person",
        "Ask for the right address and correct it.",
    )
    UNREACHABLE = "unreachable", "The provider could not reach the device or mailbox.", "person", "Try another channel, or later."
    UNROUTABLE = "unroutable", "No channel of the route can reach this person.", "operator", "Add a channel to the route or an address."
    NOT_PRIVATE = (
        "not_private",
        "The only way there is not private, and this message is.",
        "operator",
        "Use a private channel in the route.",
    )
    ATTACHMENTS_UNSUPPORTED = (
        "attachments_unsupported",
        "No provider there carries attachments, and this message has some that it must have.",
        "developer",
        "Add a channel that carries them, or say attachments_optional.",
    )

    # The person must not be reached
    OPTED_OUT = "opted_out", "They turned this off.", "person", "Only they can turn it on again."
    CONSENT_MISSING = "consent_missing", "No consent for this is recorded.", "person", "Ask for consent first."
    SUPPRESSED_BOUNCE = (
        "suppressed_bounce",
        "This address bounced, so we stopped sending to it.",
        "support",
        "Check the address, then un-suppress.",
    )
    SUPPRESSED_COMPLAINT = "suppressed_complaint", "They reported a message as unwanted.", "person", "Do not write unless they ask."
    SUPPRESSED_UNSUBSCRIBE = "suppressed_unsubscribe", "They unsubscribed this address.", "person", "Only they can subscribe again."
    SUPPRESSED_INVALID = "suppressed_invalid", "The provider said that this address does not exist.", "support", "Correct the address."
    SUPPRESSED_MANUAL = (
        "suppressed_manual",
        "Somebody put this address on the suppression list.",
        "support",
        "See who and why, then un-suppress.",
    )
    SUPPRESSED_IMPORT = (
        "suppressed_import",
        "This address came onto the suppression list with an imported file.",
        "support",
        "See who imported it and why, then un-suppress.",
    )

    # Not now
    QUIET_HOURS = "quiet_hours", "Held: these are quiet hours for them.", "nobody", "It goes when the quiet hours end."
    FREQUENCY_CAP = "frequency_cap", "They already had as many messages of this kind as allowed.", "operator", "Wait, or change the cap."
    SEND_AT = "send_at", "Held until the time that was asked for.", "nobody", "It goes at that time."
    IN_ORDER = "in_order", "An earlier message with the same ordering key is still under way.", "nobody", "It goes when that one has ended."
    AFTER_RESTORE = (
        "after_restore",
        "Held: the database was restored from a backup, and this may have been sent since.",
        "operator",
        "Check, then release it: wasl messages retry.",
    )
    RETRYING = "retrying", "The provider could not take it yet; it will be tried again.", "nobody", "Wait for the next attempt."
    FAILOVER = "failover", "The one before certainly did not send it, so the next one tries.", "nobody", "Nothing to do."
    PROVIDER_PAUSED = (
        "provider_paused",
        "The provider is paused after a fault of its settings or code.",
        "operator",
        "Mend it; the message is kept.",
    )
    OPERATOR_PAUSED = (
        "operator_paused",
        "An operator has paused the provider.",
        "operator",
        "See why; resume it when it may be called again. The message is kept.",
    )
    PROVIDER_FAILING = (
        "provider_failing",
        "Most calls of the provider fail, so it is asked only now and then.",
        "provider",
        "Wait; see its status page.",
    )

    AWAITING_PROOF = (
        "awaiting_proof",
        "It goes if no proof comes in time from the channel before.",
        "nobody",
        "It goes at that time, or is cancelled when the proof comes.",
    )

    # Not any more
    EXPIRED = "expired", "It waited longer than its life, so it was not sent.", "operator", "See what it waited for; send a new one."
    CANCELLED = "cancelled", "It was cancelled.", "nobody", "Send a new one if it is wanted after all."
    PROOF_CAME = (
        "proof_came",
        "The proof of delivery came on another channel, so this was not needed any more.",
        "nobody",
        "Nothing to do.",
    )
    SUPERSEDED = "superseded", "A newer message about the same thing replaced it.", "nobody", "See the newer one."
    DUPLICATE = "duplicate", "The same message was sent before, or is about to be.", "nobody", "See the earlier one."

    # The message itself
    TEMPLATE_ERROR = "template_error", "The template could not be filled.", "developer", "Mend the template, then send again."
    LOCALE_MISSING = (
        "locale_missing",
        "The template has no text in a language for this person.",
        "developer",
        "Add the language or a fallback.",
    )
    CONTENT_REJECTED = "content_rejected", "The provider refused what the message says.", "developer", "See the code; change the content."
    TOO_LONG = "too_long", "The message is longer than the channel takes.", "developer", "Shorten it, or write a text for this channel."
    ATTACHMENT_UNAVAILABLE = (
        "attachment_unavailable",
        "A file of the message is not kept any more.",
        "app",
        "Send a new message with the file.",
    )

    # The provider
    PROVIDER_REJECTED = "provider_rejected", "The provider refused it.", "provider", "Look up the provider's code."
    PROVIDER_UNAVAILABLE = (
        "provider_unavailable",
        "The provider could not be reached or was too busy.",
        "provider",
        "Wait; see its status page.",
    )
    RATE_LIMITED = "rate_limited", "The provider asked us to slow down.", "nobody", "It is tried again at the time that the provider named."
    PROVIDER_MISCONFIGURED = (
        "provider_misconfigured",
        "The provider refused our account or settings.",
        "operator",
        "Check its credentials and sender in wasl.toml.",
    )
    PROVIDER_FAULT = "provider_fault", "The plugin failed before it sent anything.", "developer", "See the log; mend or update the plugin."
    OUTCOME_UNKNOWN = (
        "outcome_unknown",
        "It may have been sent: the provider's answer was lost.",
        "support",
        "Check with the provider or the person.",
    )
    WORKER_LOST = (
        "worker_lost",
        "It may have been sent: the sending process died during the call.",
        "support",
        "Check with the provider or the person.",
    )
    POISON = (
        "poison",
        "The process that sent it died, hung or failed three times, so it is set aside.",
        "developer",
        "See the log of the worker; mend the cause, then retry it.",
    )

    # Switched off
    CHANNEL_DISABLED = "channel_disabled", "Sending on this channel is switched off.", "operator", "Switch it on in wasl.toml."
    OTHER_BRAND = (
        "other_brand",
        "The providers of this channel serve other brands only.",
        "operator",
        "Add a provider for this brand, or let one serve it, in wasl.toml.",
    )
    COUNTRY_BLOCKED = "country_blocked", "Sending to this country is switched off.", "operator", "Switch it on in wasl.toml."
    BUDGET_EXCEEDED = "budget_exceeded", "The budget for this is used up.", "operator", "Raise it or wait for the next period."
    PRICE_UNKNOWN = (
        "price_unknown",
        "What this costs is not known, so its budget cannot count it.",
        "operator",
        'Add a price for this number, or say unpriced = "allow" in the budget.',
    )
    TEST_MODE = "test_mode", "Test mode: not really sent.", "nobody", "Send with a live key."
    NO_RECEIPTS = "no_receipts", "It was sent, but this channel gives no delivery receipts.", "nobody", "Ask the person if in doubt."
    RECEIPT_OVERDUE = (
        "receipt_overdue",
        "The provider took it, but has not confirmed in time that it arrived.",
        "operator",
        "Ask the person if in doubt. If this is so of all, see wasl doctor: the provider's reports may not come.",
    )
