"""A whole plugin and the contract kit's verdict; in its pyproject: `[project.entry-points."wasl.providers"] pager = "wasl_pager:Pager"`."""

import pytest

from wasl_contracts import Address, AddressKind, Delivery, HttpSession, ProviderSpec, Receipt, http, model
from wasl_contracts.conformance import ProviderContract, Request, Response


class Settings(model.Frozen):
    base_url: str = "https://pager.example"


class Pager:
    kinds = (AddressKind(kind="pager", pattern="[0-9]{4}"),)
    spec = ProviderSpec(name="pager", channel="pager", format="structured", addresses=kinds, settings=Settings)

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        self.url, self.http = settings.base_url, http

    async def send(self, delivery: Delivery) -> Receipt:
        answer = await http.call(self.http, "POST", f"{self.url}/{delivery.address.value}", body=delivery.content.text.encode(), headers={})
        if answer.ok:
            return Receipt()
        raise answer.error(self.spec.errors)

    async def close(self) -> None: ...


class TestPager(ProviderContract):
    provider, settings, address = Pager, {}, Address(channel="pager", kind="pager", value="4711")

    def success(self, request: Request) -> Response:
        return Response.json(200, {})


if __name__ == "__main__":
    print("the contract kit says:", pytest.main(["-o", "addopts=", "-p", "no:terminal", __file__]).name)

# Output:
# the contract kit says: OK
