"""What a plugin says that can tell what became of a call: only the provider's own word is proof."""

import pytest

from wasl_contracts.conformance.http_stage import HttpStage
from wasl_contracts.conformance.stage import SHORT, Contract, Outcome, only_where
from wasl_contracts.conformance.wire import Ending, Response
from wasl_contracts.errors import ProviderError
from wasl_contracts.provider import Finder, Provider
from wasl_contracts.receipt import Receipt

_NO_PROOF = (401, 403, 408, 429, 500, 502, 503, 504)
_GARBAGE = [b"", b"null", b'"text"', b'{"half":', b"\xff\xfe\x00", b"<html>Bad gateway</html>"]


def finds(contract: type[Contract]) -> bool:
    return hasattr(contract.provider, "find")


class FindingChecks(HttpStage):
    """The look-up of an attempt, where the plugin offers it."""

    @only_where(finds)
    async def test_an_attempt_that_was_taken_is_found(self) -> None:
        async with self.answering(self.found) as stage:
            found = await self._look_up(stage.provider)
            asked = [" ".join(request.fields().values()) for request in stage.fake.sent]

        assert isinstance(found, Receipt), f"the provider has it, and find() ended {_told(found)}; return its Receipt"
        assert found.provider_ref == self.ref, f"the receipt's provider_ref is {found.provider_ref!r}; read {self.ref!r} from the answer"
        assert any(self.delivery().attempt_id in fields for fields in asked), "the look-up does not hold the attempt's id; ask for that"

    @only_where(finds)
    async def test_an_attempt_that_never_arrived_is_not_found(self) -> None:
        async with self.answering(self.missing) as stage:
            found = await self._look_up(stage.provider)

        assert found is None, f"the provider never got it, and find() ended {_told(found)}; return None"

    @only_where(finds)
    @pytest.mark.parametrize("status", _NO_PROOF)
    async def test_a_look_up_that_is_refused_proves_nothing(self, status: int) -> None:
        async with self.answering(lambda request: self.failure(request, status)) as stage:
            found = await self._look_up(stage.provider)

        assert isinstance(found, ProviderError), f"a look-up with status {status} ended {_told(found)}; it proves nothing, raise"

    @only_where(finds)
    @pytest.mark.parametrize("ending", Ending)
    async def test_a_look_up_without_an_answer_proves_nothing(self, ending: Ending) -> None:
        async with self.answering(lambda _: ending, patience=SHORT) as stage:
            found = await self._look_up(stage.provider)

        assert isinstance(found, ProviderError), f"the provider {ending.value}, and find() ended {_told(found)}; it proves nothing, raise"

    @only_where(finds)
    async def test_a_look_up_whose_answer_makes_no_sense_proves_nothing(self) -> None:
        bodies = iter(_GARBAGE)

        async with self.answering(lambda request: Response(200, self.found(request).headers, next(bodies))) as stage:
            for body in _GARBAGE:
                found = await self._look_up(stage.provider)
                assert isinstance(found, ProviderError), f"a 200 with {body!r} ended {_told(found)}; it proves nothing, raise"

    async def _look_up(self, provider: Provider) -> Outcome | None:
        """How a look-up ends; fails where it ends in anything else than a receipt, nothing or an error that tells no secret."""
        assert isinstance(provider, Finder), "find is no method; write `async def find(self, attempt_id: str) -> Receipt | None`"
        try:
            found = await provider.find(self.delivery().attempt_id)
        except ProviderError as error:
            self.confides(f"{error} {error!r}", f"the text of {type(error).__name__}; name the reason and the provider's code alone")
            return error
        except Exception as error:
            pytest.fail(f"find() raised {type(error).__name__}: {error}; turn it into Rejected, Unavailable or Unknown")
        assert found is None or isinstance(found, Receipt), f"find() returned {type(found).__name__}; return a Receipt or None, or raise"
        return found


def _told(found: Outcome | None) -> str:
    return "in nothing found" if found is None else f"in {type(found).__name__}"
