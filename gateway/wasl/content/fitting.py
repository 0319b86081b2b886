"""What is left to do when the provider is known: cutting what it has no room for. Formats with one limit everywhere cut by themselves."""

from wasl.content.cutting import Measure, cut
from wasl_contracts.content import Post, Push, Rendered
from wasl_contracts.provider import ProviderSpec


def fitted(content: Rendered, spec: ProviderSpec, kind: str) -> Rendered:
    """The content as far as the provider has room for it at an address of this kind: posts keep their link, pushes their title.

    Other formats are left as they are, and so is what does not fit even so: its provider refuses it.
    """
    can = spec.capabilities
    if can.max_characters is None or not isinstance(content, Post | Push):
        return content
    if isinstance(content, Push):
        return _body_cut(content, can.max_characters, can.length)
    address = spec.kind(kind)
    most = can.max_characters - (address.adds if address else 0)
    return content if can.length(content.text) <= most else content.model_copy(update={"text": _with_link(content, most, can.length)})


def _with_link(post: Post, most: int, measure: Measure) -> str:
    """The text cut, with the link at its end where it went with the rest."""
    text = cut(post.text, most, measure)
    if post.url is None or post.url in text:
        return text
    end = f"\n\n{post.url}"
    room = most - measure(end)
    return cut(post.text, room, measure) + end if room > 1 else text


def _body_cut(push: Push, most: int, measure: Measure) -> Push:
    rest = measure("".join((push.title, push.url or "", push.image or "", *push.data, *push.data.values())))
    if rest + measure(push.body) <= most or rest + measure("…") > most:
        return push
    return push.model_copy(update={"body": cut(push.body, most - rest, measure)})
