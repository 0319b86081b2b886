"""The section of wasl.toml that names an account at Amazon SES."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from wasl_contracts.content import Url
from wasl_contracts.letter import MailboxText
from wasl_contracts.model import Frozen

TopicArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws(-cn|-us-gov)?:sns:[a-z]{2}(-[a-z]+)+-[0-9]{1,2}:[0-9]{12}:[A-Za-z0-9_-]{1,256}$")
]


class Settings(Frozen):
    """A `[providers.…]` section with `plugin = "ses"`.

    `configuration_set` publishes events; `topics` are the SNS topics that it publishes them to: callbacks of any other are refused.
    """

    access_key_id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{16,128}$")]
    secret_access_key: Annotated[SecretStr, Field(min_length=1)]
    session_token: SecretStr | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$")]
    sender: MailboxText
    configuration_set: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    topics: tuple[TopicArn, ...] = ()
    base_url: Url | None = Field(None, description="Where SES is; the region's own endpoint where it is left out.")
    sns_url: Url | None = Field(None, description="Only for tests: where SNS's certificates and confirmations are fetched instead.")

    @property
    def endpoint(self) -> str:
        """Where SES is, without a slash at its end."""
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return (self.base_url or f"https://email.{self.region}.{domain}").rstrip("/")
