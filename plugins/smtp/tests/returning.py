"""Mails that come back to a provider with a secret, as the servers of others write them."""

from wasl_smtp import Settings
from wasl_smtp.proofs import Proofs, proofs_of

SECRET = "a-secret-of-32-characters-or-more"
MAILBOXES = {
    "return_path": "bounces@in.acme.example",
    "replies_to": "answers@in.acme.example",
    "unsubscribe_to": "leave@in.acme.example",
}
SETTINGS: dict[str, object] = {
    "host": "127.0.0.1", "port": 2525, "sender": "Acme <hello@acme.example>", "inbound_secret": SECRET, **MAILBOXES,
}  # fmt: skip
ATTEMPT = "att_0190a2b4c6d80123456789abcdef0123_1_2"
DELIVERY = "dlv_0190a2b4c6d80123456789abcdef0123_1"


def settings(**changed: object) -> Settings:
    return Settings.model_validate({**SETTINGS, **changed})


def proofs(**changed: object) -> Proofs:
    found = proofs_of(settings(**changed))
    assert found is not None
    return found


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def postfix(to: str, action: str = "failed", status: str = "5.1.1", *, name: str = "20260301.1@mx.example", returned: str = "") -> bytes:
    """As Postfix writes it (bounce(8), RFC 3464)."""
    return crlf(f"""Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{name}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.

--B1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4A1B2C3D
Arrival-Date: Sun,  1 Mar 2026 09:29:50 +0000 (UTC)

Final-Recipient: rfc822; ann@example.com
Original-Recipient: rfc822;ann@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 {status} <ann@example.com>: Recipient address rejected: User unknown

--B1
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{returned or "Subject: News"}

--B1--
""")


def exim(to: str) -> bytes:
    """As Exim 4.9x writes it: the status says only that it failed, the diagnostic says why."""
    return crlf(f"""X-Failed-Recipients: ann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: {to}
References: <x@y.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=1772357390-eximdsn-1
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1abcde-0001@exim.example>

--1772357390-eximdsn-1
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1772357390-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; exim.example

Action: failed
Final-Recipient: rfc822;ann@example.com
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.

--1772357390-eximdsn-1
Content-type: message/rfc822

Subject: News

Body
--1772357390-eximdsn-1--
""")


def exchange(to: str) -> bytes:
    """As Exchange Online writes it: in HTML, in an alternative, with a status of its own."""
    return crlf(f"""From: Microsoft Outlook <postmaster@outlook.example>
To: <{to}>
Message-ID: <a1b2c3@AM0PR01.eurprd01.prod.exchangelabs.example>
Subject: =?utf-8?B?2KrYudiw2LEg2KfZhNiq2LPZhNmK2YU=?=
Auto-Submitted: auto-replied
X-MS-Exchange-Message-Is-Ndr:
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9B095B5ADSN=_01DC"

--9B095B5ADSN=_01DC
Content-Type: multipart/alternative; differences=Content-Type; boundary="_000_"

--_000_
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

=D8=AA=D8=B9=D8=B0=D8=B1
--_000_
Content-Type: text/html; charset="utf-8"

<p>550 5.1.10 RESOLVER.ADR.RecipientNotFound</p>
--_000_--
--9B095B5ADSN=_01DC
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.eurprd01.prod.exchangelabs.example
Received-From-MTA: dns;AM0PR01.eurprd01.prod.exchangelabs.example
Arrival-Date: Sun, 1 Mar 2026 09:29:58 +0000

Final-Recipient: rfc822;ann@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: ann@example.com

--9B095B5ADSN=_01DC
Content-Type: message/rfc822

Subject: News

Body
--9B095B5ADSN=_01DC--
""")


def gmail(to: str) -> bytes:
    """As Gmail writes it: a related part first, a full mailbox, and a diagnostic over several lines."""
    return crlf(f"""Return-Path: <>
To: {to}
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
Message-ID: <69a4.1@mx.google.com>
Content-Type: multipart/report; boundary="000000000000d8"; report-type=delivery-status

--000000000000d8
Content-Type: multipart/related; boundary="000000000000d9"

--000000000000d9
Content-Type: multipart/alternative; boundary="000000000000da"

--000000000000da
Content-Type: text/plain; charset="UTF-8"

** Message not delivered **
--000000000000da--
--000000000000d9--
--000000000000d8
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 01 Mar 2026 01:29:50 -0800 (PST)
X-Original-Message-ID: <x@acme.example>

Final-Recipient: rfc822; ann@example.com
Action: failed
Status: 5.2.2
Remote-MTA: dns; gmail-smtp-in.l.google.com.
Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space.
 552-5.2.2 Please direct the recipient to
 552 5.2.2  https://support.google.com/mail/?p=OverQuotaPerm
Last-Attempt-Date: Sun, 01 Mar 2026 01:30:00 -0800 (PST)

--000000000000d8
Content-Type: message/rfc822

Subject: News

Body
--000000000000d8--
""")


def complaint(to: str, kind: str = "abuse", name: str = "arf.1@fbl.example") -> bytes:
    """As feedback loops write it (RFC 5965)."""
    return crlf(f"""From: <feedback@fbl.example>
To: <{to}>
Subject: FW: News
Message-ID: <{name}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message received from IP 192.0.2.1.

--part1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@acme.example>
Original-Rcpt-To: <redacted@example.com>

--part1
Content-Type: message/rfc822

Subject: News

Body
--part1--
""")


def reply(to: str, body: str = "Thank you!", head: str = "", name: str = "r1@example.com") -> bytes:
    """As a person writes it. `head` holds more headers, each with its line end."""
    return crlf(f"From: Ann <ann@example.com>\nTo: {to}\nSubject: Re: News\nMessage-ID: <{name}>\n{head}\n{body}\n")
