"""The server of the settings: aiosmtplib connects to it, agrees on TLS and signs in."""

import asyncio
import ssl
from typing import cast

import aiosmtplib

from wasl_contracts import ProviderError, Reason, Rejected, Unavailable
from wasl_contracts.mailbox import Mailbox
from wasl_smtp.replies import Reply, refusal
from wasl_smtp.settings import Settings
from wasl_smtp.wire import Disconnected, Wire


class Server:
    """Opens connections to one server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tls: ssl.SSLContext | None = None

    async def connect(self) -> Wire:
        """Open a connection that is ready for mail.

        Raises:
            Unavailable: the server cannot be reached, or has no time.
            Rejected: it does not take our credentials, or lacks the security that the settings demand.
            Disconnected: it hung up at once.
        """
        client = await self._client()
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _outcome(error) from None
        except BaseException:
            client.close()
            raise
        if client.transport is None:
            raise Disconnected("disconnected")
        return Wire(cast("asyncio.Transport", client.transport), client.esmtp_extensions)

    async def _client(self) -> aiosmtplib.SMTP:
        found = self._settings
        if found.security != "none" and self._tls is None:
            # In a thread, because it reads the system's certificates from disk; once, because that takes 20 ms.
            try:
                self._tls = await asyncio.to_thread(_tls_context, found)
            except OSError:
                raise Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "ca_file") from None
        return aiosmtplib.SMTP(
            hostname=found.host,
            port=found.port,
            username=found.username,
            password=found.password.get_secret_value() if found.password else None,
            local_hostname=found.local_hostname or Mailbox.read(found.sender).domain,
            timeout=found.timeout_seconds,
            use_tls=found.security == "tls",
            start_tls=found.security == "starttls",  # never None: that would go on unencrypted where the offer is stripped
            tls_context=self._tls,
        )


def _tls_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(cafile=settings.ca_file)
    return context


def _outcome(error: aiosmtplib.SMTPException | OSError) -> ProviderError:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return refusal("auth", Reply(error.code, error.message))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Unavailable(code=error.code)
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "certificate")
    if type(error) is aiosmtplib.SMTPException:  # the bare class says that STARTTLS or AUTH is not offered
        return Rejected(Reason.PROVIDER_MISCONFIGURED, "provider", "not_offered")
    return Unavailable(code=type(error).__name__)
