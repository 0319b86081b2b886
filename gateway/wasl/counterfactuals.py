"""What would have to be otherwise for a way to be open: of a verdict, or of a provider that rests; as data, and in English and Arabic."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue

from wasl.decision_seen import Counterfactual
from wasl.reasons_in_arabic import IN_ARABIC
from wasl_contracts import Reason

_FSI, _PDI = "\u2068", "\u2069"  # so that names and times keep their own direction inside of a sentence (Unicode UAX #9)

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "allowed_at": {"en": "Allowed at {when}.", "ar": "يُسمح به في {when}."},
    "consent_recorded": {
        "en": "Allowed if consent for {topic} by {channel} is recorded.",
        "ar": "يُسمح به إذا سُجّلت الموافقة على {topic} عبر {channel}.",
    },
    "consent_granted_again": {
        "en": "Allowed if they turn {topic} by {channel} on again.",
        "ar": "يُسمح به إذا أعادوا تفعيل {topic} عبر {channel}.",
    },
    "suppression_lifted": {
        "en": "Allowed when the suppression of this address for {channel} is lifted.",
        "ar": "يُسمح به عند رفع الحظر عن هذا العنوان في {channel}.",
    },
    "suppression_ends": {
        "en": "Allowed when the suppression of this address for {channel} ends at {when}, or is lifted before.",
        "ar": "يُسمح به عند انتهاء حظر هذا العنوان في {channel} في {when} أو عند رفعه قبل ذلك.",
    },
    "cap_frees": {
        "en": "Allowed when fewer than {limit} of the cap {cap} were sent in {per}.",
        "ar": "يُسمح به عندما يقل المُرسل ضمن الحد {cap} عن {limit} خلال {per}.",
    },
    "cap_frees_at": {
        "en": "Allowed at {when}, when the cap {cap} has room again.",
        "ar": "يُسمح به في {when} عندما يتسع الحد {cap} من جديد.",
    },
    "cap_raised": {"en": "Allowed if the cap were higher.", "ar": "يُسمح به إذا رُفع الحد."},
    "budget_renewed": {
        "en": "Allowed if the budget {budget} is raised, or when it begins anew at {when}.",
        "ar": "يُسمح به إذا رُفعت الميزانية {budget}، أو عندما تبدأ من جديد في {when}.",
    },
    "budget_renews_at": {
        "en": "Allowed at {when}, when the budget {budget} begins anew.",
        "ar": "يُسمح به في {when} عندما تبدأ الميزانية {budget} من جديد.",
    },
    "price_known": {
        "en": "Allowed if a price in {currency} is known for this, or if the budget {budget} lets go what has none.",
        "ar": "يُسمح به إذا عُرف سعر ذلك بعملة {currency}، أو سمحت الميزانية {budget} بما لا سعر له.",
    },
    "country_enabled": {
        "en": "Allowed if sending to numbers of this country ({country}) is switched on.",
        "ar": "يُسمح به إذا فُعّل الإرسال إلى أرقام هذا البلد ({country}).",
    },
    "life_longer": {"en": "Allowed if it could wait until {when}.", "ar": "يُسمح به إذا أمكنها الانتظار حتى {when}."},
    "other_fails": {
        "en": "Allowed if the message {message}, which tells the same, does not go.",
        "ar": "يُسمح به إذا لم تُرسل الرسالة {message} التي تقول الشيء نفسه.",
    },
    "private_address": {"en": "Allowed by a private address.", "ar": "يُسمح به عبر عنوان خاص."},
    "new_message": {"en": "Nothing opens it again; a new message could go.", "ar": "لا شيء يعيد فتحه؛ يمكن إرسال رسالة جديدة."},
    "address_added": {"en": "Allowed if an address for {channel} is added.", "ar": "يُسمح به إذا أُضيف عنوان لقناة {channel}."},
    "address_served": {
        "en": "Allowed if a provider of {channel} serves this kind of address.",
        "ar": "يُسمح به إذا كان أحد مزوّدي {channel} يخدم هذا النوع من العناوين.",
    },
    "brand_served": {
        "en": "Allowed if a provider of {channel} serves this brand.",
        "ar": "يُسمح به إذا كان أحد مزوّدي {channel} يخدم هذه العلامة التجارية.",
    },
    "channel_enabled": {"en": "Allowed if the channel {channel} is configured.", "ar": "يُسمح به إذا ضُبطت القناة {channel}."},
    "provider_resumes": {"en": "Possible when {provider} is called again.", "ar": "ممكن عندما يُستأنف استدعاء {provider}."},
    "provider_resumes_at": {
        "en": "Possible from {when} on, when {provider} is called again.",
        "ar": "ممكن ابتداءً من {when} عندما يُستأنف استدعاء {provider}.",
    },
    "goes_now": {"en": "It goes now, by {channel} through {provider}.", "ar": "تُرسل الآن عبر {channel} بواسطة {provider}."},
    "goes_later": {
        "en": "It waits, and goes at {when} by {channel} through {provider}. {why}",
        "ar": "تنتظر ثم تُرسل في {when} عبر {channel} بواسطة {provider}. {why}",
    },
    "waits": {"en": "It waits. {why}", "ar": "تنتظر. {why}"},
    "not_sent": {"en": "It is not sent. {why}", "ar": "لا تُرسل. {why}"},
    "turn_comes": {"en": "Allowed when the message before it has ended.", "ar": "يُسمح به عند انتهاء الرسالة التي قبله."},
    "cause_mended": {"en": "Allowed when this is mended: {next_step}", "ar": "يُسمح به عند معالجة السبب: {why}"},
}
CHANNELS_IN_ARABIC = {
    "email": "البريد الإلكتروني", "sms": "الرسائل النصية", "push": "الإشعارات", "chat": "المحادثة", "social": "التواصل الاجتماعي",
    "inapp": "داخل التطبيق", "webhook": "الويب هوك", "voice": "المكالمات",
}  # fmt: skip
_CITIES_IN_ARABIC = {
    "Riyadh": "الرياض", "Dubai": "دبي", "Kuwait": "الكويت", "Qatar": "قطر", "Bahrain": "البحرين", "Muscat": "مسقط", "Amman": "عمّان",
    "Baghdad": "بغداد", "Beirut": "بيروت", "Cairo": "القاهرة", "London": "لندن", "Paris": "باريس", "New York": "نيويورك",
}  # fmt: skip

_MOVED_BY_REASON: Mapping[Reason, str] = {
    Reason.EXPIRED: "new_message",
    Reason.SUPERSEDED: "new_message",
    Reason.DUPLICATE: "new_message",
    Reason.CANCELLED: "new_message",
    Reason.PROOF_CAME: "new_message",
    Reason.NOT_PRIVATE: "private_address",
    Reason.CONSENT_MISSING: "consent_recorded",
    Reason.OPTED_OUT: "consent_granted_again",
    Reason.NO_ADDRESS: "address_added",
    Reason.UNROUTABLE: "address_served",
    Reason.CHANNEL_DISABLED: "channel_enabled",
    Reason.OTHER_BRAND: "brand_served",
    Reason.IN_ORDER: "turn_comes",
    Reason.FREQUENCY_CAP: "cap_raised",
    Reason.COUNTRY_BLOCKED: "country_enabled",
}
_LIMITS: Mapping[Reason, tuple[str, str, str]] = {
    Reason.FREQUENCY_CAP: ("cap", "cap_frees", "cap_frees_at"),
    Reason.BUDGET_EXCEEDED: ("renews_at", "budget_renewed", "budget_renews_at"),
    Reason.PRICE_UNKNOWN: ("budget", "price_known", "price_known"),
}
"""What a limit looked at, and the codes for what it withheld and what it deferred."""
_ENDS = {"suppression_ends": "expires_at", "life_longer": "opens", "budget_renewed": "renews_at"}
"""The input that tells the moment which a code speaks of."""
_TOLD = ("cap", "limit", "per", "zone", "message", "budget", "amount", "currency")
"""Inputs that sentences may name."""
_RESTING = frozenset({Reason.PROVIDER_FAILING, Reason.PROVIDER_PAUSED, Reason.OPERATOR_PAUSED, Reason.RATE_LIMITED})


class Against(NamedTuple):
    """What speaks against a way: the reason, the moment at which it ends by itself, and what was looked at."""

    reason: Reason
    until: datetime | None = None
    inputs: Mapping[str, JsonValue] = MappingProxyType({})


def counterfactual(against: Against, at: datetime, **around: str) -> Counterfactual:
    """What would open the way; `around` tells the channel, the topic or the provider. `at` is when it was judged."""
    code = _code(against)
    params: dict[str, JsonValue] = {name: value for name, value in around.items() if value}
    params |= {name: against.inputs[name] for name in _TOLD if name in against.inputs}
    if code == "country_enabled":
        params["country"] = against.inputs.get("country") or "–"
    if moment := _ENDS.get(code):
        params["until"] = against.inputs[moment]
    elif against.until is not None:
        params["until"] = against.until.isoformat()
    if code == "cause_mended":
        params |= {"reason": against.reason, "next_step": against.reason.next_step}
    return Counterfactual(code=code, params=params, sentences=sentences(code, params, at))


def sentences(code: str, params: Mapping[str, JsonValue], at: datetime) -> dict[str, str]:
    """What a code of the catalogue says with these parameters, by language."""
    return {lang: _sentence(code, lang, params, at) for lang in ("en", "ar")}


def _code(against: Against) -> str:
    reason, until, inputs = against
    if reason in _RESTING:
        return "provider_resumes_at" if until is not None else "provider_resumes"
    if (limit := _LIMITS.get(reason)) is not None and limit[0] in inputs:
        return limit[1] if until is None else limit[2]
    if until is not None:
        return "other_fails" if reason is Reason.DUPLICATE and "message" in inputs else "allowed_at"
    if reason.startswith("suppressed_"):
        return "suppression_ends" if inputs.get("expires_at") else "suppression_lifted"
    if reason is Reason.EXPIRED and inputs.get("opens"):
        return "life_longer"
    return _MOVED_BY_REASON.get(reason, "cause_mended")


def _sentence(code: str, lang: str, params: Mapping[str, JsonValue], at: datetime) -> str:
    shown = {name: str(value) for name, value in params.items()}
    if "until" in shown:
        shown["when"] = _when(datetime.fromisoformat(shown["until"]), shown.get("zone"), at, lang)
    if lang == "ar":
        if "reason" in shown:
            shown["why"] = IN_ARABIC[Reason(shown["reason"])]
        shown["channel"] = CHANNELS_IN_ARABIC.get(shown.get("channel", ""), shown.get("channel", ""))
        shown = {name: f"{_FSI}{value}{_PDI}" for name, value in shown.items()}
    return _SENTENCES[code][lang].format_map(_Blank(shown))


class _Blank(dict[str, str]):
    """Words for what was not told."""

    def __missing__(self, name: str) -> str:
        return "…"


def _when(until: datetime, zone: str | None, at: datetime, lang: str) -> str:
    """`09:00 Riyadh`, with the date where it is another day than that of judging there."""
    try:
        there = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        zone, there = None, UTC
    local = until.astimezone(there)
    city = zone.rpartition("/")[2].replace("_", " ") if zone else "UTC"
    city = _CITIES_IN_ARABIC.get(city, city) if lang == "ar" else city
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{clock} {city}" if local.date() == at.astimezone(there).date() else f"{local:%Y-%m-%d} {clock} {city}"
