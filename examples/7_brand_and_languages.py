"""One brand, one template in two languages: what each person would get by mail and by SMS, and what the SMS costs."""

import asyncio
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from wasl import Gateway

FRONT = '+++\ntitle = "{}"\n[variables]\nn = {{ type = "integer", example = 3 }}\ndue = {{ type = "date", example = "2026-12-03" }}\n+++\n'
ANN = {"email": "ann@example.com", "phone": "+966501234567"}
FORMS = 'zero="لا شيء", one="طرد واحد", two="طردان", few="# طرود", many="# طردًا", other="# طرد"'
FILES = {
    "wasl.toml": """providers.mail = { plugin = "smtp", host = "127.0.0.1", sender = "shop@acme.example" }
providers.text = { plugin = "twilio", account_sid = "AC00000000000000000000000000000000", auth_token = "none", sender = "ACME" }
routes.default.channels = ["email", "sms"]\nprices = [{ channel = "sms", prefix = "+966", price = "0.042", currency = "SAR" }]""",
    "brands/default/brand.toml": 'title = { en = "Acme", ar = "أكمي" }\ndigits = "locale"',
    "templates/parcels/en.md": FRONT.format("It is here")
    + '{{ n|plural(one="# parcel", other="# parcels") }} until {{ due|date("long") }}.',
    "templates/parcels/ar.md": FRONT.format("وصل طلبك") + f'بانتظارك {{{{ n|plural({FORMS}) }}}} حتى {{{{ due|date("long") }}}}.',
}


async def main() -> None:
    async with Gateway.from_config(worker=False) as gateway:
        for locale, n in (("en", 1), ("ar", 2), ("ar", 11)):
            mail, text = (await gateway.preview("parcels", to=ANN | {"locale": locale}, data={"n": n, "due": "2026-12-03"})).channels
            print(mail.content.subject, "·", text.content.text, "·", text.content.encoding, text.cost.amount, text.cost.currency)


with TemporaryDirectory() as folder, chdir(folder):
    for name, written in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(written, encoding="utf-8")
    asyncio.run(main())

# Output:
# It is here · 1 parcel until December 3, 2026. · gsm7 0.042 SAR
# وصل طلبك · بانتظارك طردان حتى ٣ ديسمبر ٢٠٢٦. · ucs2 0.042 SAR
# وصل طلبك · بانتظارك ١١ طردًا حتى ٣ ديسمبر ٢٠٢٦. · ucs2 0.042 SAR
