import os
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from tests.gateway.content.branded import ACME, OPT_OUT, offer
from wasl_contracts.content import Mail
from wasl_contracts.mime import mime_bytes

_HERE = shutil.which("spamassassin")
# An unsigned mail that no server has carried, with an HTML part.
_UNAVOIDABLE = {"NO_RECEIVED", "NO_RELAYS", "HTML_MESSAGE"}


def _bytes(name: str, mail: Mail) -> bytes:
    headers = {
        "List-Unsubscribe": f"<{OPT_OUT}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<offers.shop.example>",
    }
    return mime_bytes(
        mail, sender=f"{ACME.titled(mail.locale)} <offers@shop.example>", to="Ann <ann@customer.example>",
        message_id=f"<{name}@shop.example>", date=datetime.now(UTC), headers=headers,
    )  # fmt: skip


def _unlike_us(mail: Mail) -> Mail:
    """What a spam filter must complain about, so that its silence means something."""
    return mail.model_copy(
        update={"html": '<body bgcolor="#ffffff"><font color="#fffffe" size="1">free free free</font></body>', "subject": ""}
    )


@pytest.mark.skipif(_HERE is None and os.environ.get("CI") != "true", reason="needs Debian's spamassassin")
def test_a_spam_filter_has_nothing_to_say_against_a_promotional_mail(tmp_path):
    mails = {"english": offer("en"), "arabic": offer("ar"), "bad": _unlike_us(offer("en"))}
    wire = [_bytes(name, mail).replace(b"\r\n", b"\n") for name, mail in mails.items()]
    mbox = b"\n".join(b"From x@y.example Thu Jan  1 00:00:00 2026\n" + one for one in wire)

    seen = subprocess.run(
        [_HERE or "spamassassin", "--local", "--test-mode", "--nocreate-prefs", "--mbox"],
        input=mbox, stdout=subprocess.PIPE, check=True, env=os.environ | {"HOME": str(tmp_path)},
    ).stdout.decode(errors="replace")  # fmt: skip

    # In any order.
    found = re.findall(r"^X-Spam-Status: .*?tests=((?:\w+,?\s*)*?)\s*autolearn.*?^Message-ID: <(\w+)@", seen, re.MULTILINE | re.DOTALL)
    complaints = {name: set(re.findall(r"\w+", tests)) - _UNAVOIDABLE for tests, name in found}
    assert "HTML_FONT_LOW_CONTRAST" in complaints.pop("bad")
    assert complaints == {"english": set(), "arabic": set()}
