"""A delivery as WhatsApp's message (https://developers.facebook.com/documentation/business-messaging/whatsapp/reference)."""

import json

from wasl_contracts import Capabilities, Delivery, Reason, Rejected, WhatsApp, WhatsAppTemplate


def body(delivery: Delivery, can: Capabilities) -> bytes:
    """The request body: the template where the content has one, since it arrives whenever they wrote last; else the text.

    Raises:
        Rejected: the text is longer than WhatsApp takes.
    """
    content = delivery.content
    if not isinstance(content, WhatsApp):
        raise TypeError("needs content in the format whatsapp")
    if content.template is None and not can.takes(content.text):
        raise Rejected(Reason.TOO_LONG, "content")
    said: dict[str, object] = (
        {"type": "template", "template": _template(content.template)}
        if content.template
        else {"type": "text", "text": {"body": content.text, "preview_url": False}}
    )
    message = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient" if delivery.address.kind == "whatsapp_bsuid" else "to": delivery.address.value,
        **said,
        "biz_opaque_callback_data": delivery.attempt_id,
    }
    return json.dumps(message).encode()


def _template(template: WhatsAppTemplate) -> dict[str, object]:
    header = [{"type": "image", "image": {"link": template.image}}] if template.image else _texts(template.header)
    components: list[dict[str, object]] = [
        *([{"type": "header", "parameters": header}] if header else ()),
        *([{"type": "body", "parameters": _texts(template.body)}] if template.body else ()),
    ]
    for index, end in enumerate(template.buttons):
        components.append({"type": "button", "sub_type": "url", "index": str(index), "parameters": _texts((end,))})
    named: dict[str, object] = {"name": template.name, "language": {"code": template.language}}
    return named | ({"components": components} if components else {})


def _texts(texts: tuple[str, ...]) -> list[dict[str, object]]:
    return [{"type": "text", "text": text} for text in texts]
