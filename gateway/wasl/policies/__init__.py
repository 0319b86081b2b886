"""The rules that judge a candidate, one a file, in order of effect. A new policy is a new file and a line here."""

from wasl.policies import expiry, privacy, suppression
from wasl.policies.verdict import Policy

POLICIES: tuple[Policy, ...] = (expiry.judge, privacy.judge, suppression.judge)
