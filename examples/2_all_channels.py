"""One template to one person on every channel, in the form that each provider takes. The providers are played on loopback."""

import asyncio

from wasl.demo.playground import playground
from wasl.demo.providers import mail_text

AMINA = {
    "id": "amina", "locale": "ar", "email": "amina@example.com", "phone": "+966551234567",
    "addresses": [
        {"channel": "push", "kind": "fcm_token", "value": "c0ffee-token"},
        {"channel": "chat", "kind": "slack_user", "value": "U7AMINA01"},
    ],
}  # fmt: skip
ORDER = {"order": "1043", "carrier": "أرامكس", "arrives": "2026-12-03", "tracking_url": "https://shop.example/track/1043"}


async def main() -> None:
    async with playground() as ground:
        accepted = await ground.gateway.send("order_shipped", to=AMINA, data=ORDER, mode="all")
        seen = await ground.gateway.wait(accepted.id, until="delivered")
        for delivery in seen.deliveries:
            print(f"{delivery.channel:<5} {delivery.provider:<6} {delivery.state:<5} {delivery.address}")
        mail = ground.providers.mails[0]
        print(mail["Subject"])
        print(mail_text(mail).splitlines()[-1])


asyncio.run(main())

# Output:
# email mail   sent  a•••@e•••.com
# sms   texts  sent  +9665•••••67
# push  phones sent  c0•••en
# chat  chats  sent  U7•••01
# طلبك رقم 1043 في الطريق إليك
# https://shop.example/track/1043
