"""API keys: making them, taking them back, and whose one is. Gateway has these verbs too."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from wasl import apikeys
from wasl.apikeys import ApiKey, Scope
from wasl.audited import Action
from wasl.branded import Branded

_KEY_CACHE = timedelta(seconds=5)  # how long a revoked API key may still work


class Admitting(Branded):
    """The verbs of API keys."""

    _keys: dict[bytes, tuple[ApiKey, datetime]]

    async def create_api_key(self, name: str, scopes: Sequence[Scope]) -> str:
        """A new API key of this brand: shown now and never again."""
        key, key_id = apikeys.new_key()
        kept = ApiKey(id=key_id, name=name, brand=self.brand, scopes=frozenset(scopes))
        entry = self._entry(Action.API_KEY_CREATED, key_id, name=name, scopes=sorted(kept.scopes))
        await self._open.ledger.api_keys.put(kept, apikeys.digest(key.encode(), self._open.ring), entry)
        return key

    async def revoke_api_key(self, key_id: str) -> bool:
        """Make a key of this brand useless, within five seconds everywhere. False: there is none of that id."""
        return await self._open.ledger.api_keys.revoke(self.brand, key_id, self._entry(Action.API_KEY_REVOKED, key_id))

    async def has_api_key(self) -> bool:
        """Whether anybody can use the HTTP API: of any brand, or of the one that this is seen as."""
        return await self._open.ledger.api_keys.any(self.seen_as)

    async def authenticate(self, key: bytes) -> ApiKey | None:
        """Whose key this is; None for one that is unknown, revoked, expired, or of a brand that is not served here."""
        now, cached = self._open.ledger.clock.now(), self._keys.get(key)
        if cached is not None and now < cached[1]:
            return self._of_ours(cached[0])
        if cached is not None:
            self._keys[key] = cached[0], now + _KEY_CACHE  # others that come meanwhile need not look it up too
        key_id = apikeys.id_of(key)
        found = await self._open.ledger.api_keys.get(key_id) if key_id is not None else None
        if found is None or not apikeys.same(found[1], apikeys.digest(key, self._open.ring)):
            self._keys.pop(key, None)
            return None
        self._keys[key] = found[0], now + _KEY_CACHE
        return self._of_ours(found[0])

    def _of_ours(self, key: ApiKey) -> ApiKey | None:
        return key if key.brand in self._open.brands and self.seen_as in (None, key.brand) else None
