"""Which person a page is about: the one that its path names, in a brand that the user sees."""

from collections.abc import Sequence
from typing import NamedTuple

from wasl.api import Gateway
from wasl.console.visit import Visit
from wasl.errors import NotFound
from wasl.person_life import PersonGlance


class Person(NamedTuple):
    """Somebody, and the gateway as their brand sees it."""

    gateway: Gateway
    seen: PersonGlance


async def persons(visit: Visit) -> Sequence[Person]:
    """Those who have the id of the path: several where brands of the user's know somebody by it.

    Raises:
        NotFound: nobody has it whom the user may see.
    """
    asked = visit.query.get("brand")
    found = []
    for brand in (asked,) if asked else visit.brands:
        gateway = visit.of(brand)
        try:
            found.append(Person(gateway, await gateway.glance(visit.request.match_info["id"])))
        except NotFound:
            continue
    if not found:
        raise NotFound("There is no such person, or they are not yours to see.")
    return found


async def person(visit: Visit, why: str = "") -> Person:
    """The first of them; `why` is what the audit tells of what is done. Raises NotFound."""
    first = (await persons(visit))[0]
    return first._replace(gateway=visit.of(first.gateway.brand, why)) if why else first
