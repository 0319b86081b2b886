from wasl.client import Client


async def test_templates_are_listed_with_what_they_ask_for(serving, templates):
    serving.gateway._open.pinned.templates.reload(templates)

    answer = await serving.get("/v1/templates", key="read")
    async with Client(serving.url, serving.keys["read"]) as client:
        (seen,) = (await client.templates()).data

    (listed,) = answer.json["data"]
    assert (listed["name"], [language["locale"] for language in listed["languages"]]) == ("order_shipped", ["ar", "en"])
    assert listed["variables"] == {"number": {"type": "text", "optional": False, "description": "", "example": "1042"}}
    assert seen.model_dump(mode="json") == listed


async def test_listing_templates_needs_a_key_and_takes_no_parameters(serving):
    assert (await serving.get("/v1/templates", key=None)).status == 401
    assert (await serving.get("/v1/templates?name=a", key="read")).status == 422
