"""The rules that judge a candidate, one a file, in order of effect. A new policy is a new file and a line here."""

from datetime import datetime

from wasl.config import Config
from wasl.policies import duplicate, expiry, privacy, superseded, suppression
from wasl.policies.budget import Budgets
from wasl.policies.consent import Consent
from wasl.policies.country import Countries
from wasl.policies.frequency_cap import Caps
from wasl.policies.prices import Prices
from wasl.policies.quiet_hours import QuietHours
from wasl.policies.verdict import Allow, Candidate, Inputs, Policy, Verdict


class Policies:
    """The policies as a configuration sets them."""

    def __init__(self, config: Config) -> None:
        self.consent = Consent(config)
        self.caps = Caps(config)
        self.prices = Prices(config.prices)
        self.budgets = Budgets(config, self.prices)
        self.all: tuple[Policy, ...] = (
            expiry.judge,
            superseded.judge,
            duplicate.judge,
            privacy.judge,
            *((Countries(config),) if config.countries.told else ()),
            suppression.judge,
            self.consent,
            QuietHours(config),
            *self.caps.all,
            *self.budgets.all,
        )

    def judge(self, candidate: Candidate, inputs: Inputs, now: datetime) -> tuple[Verdict, ...]:
        """What each says of a candidate."""
        return tuple(judge(candidate, inputs, now) for judge in self.all)

    def allow(self, candidate: Candidate, inputs: Inputs, now: datetime) -> bool:
        """Whether nothing speaks against it."""
        return all(isinstance(judge(candidate, inputs, now), Allow) for judge in self.all)
