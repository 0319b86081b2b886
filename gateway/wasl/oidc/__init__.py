"""Signing in with an identity provider of one's own: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

START HERE: party.py has both halves, leaving for the provider and coming back. journey.py is what the browser carries in between,
issuer.py what the provider says of itself and its keys, proof.py when an ID token is believed (the only file that needs `wasl[oidc]`),
granting.py what its claims give somebody here. `wasl.signing_on` makes a user and a session of that.
"""

from wasl.oidc.faults import Because, NotSignedOn
from wasl.oidc.granting import Identity
from wasl.oidc.journey import LASTS, Journey
from wasl.oidc.party import Departure, Party, redirect_uri

__all__ = ["LASTS", "Because", "Departure", "Identity", "Journey", "NotSignedOn", "Party", "redirect_uri"]
