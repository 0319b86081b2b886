import json

NDJSON = {"Content-Type": "application/x-ndjson"}


async def send(serving, *lines):
    body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return await serving.post(body, "/v1/messages:batch", headers=NDJSON)


def results(answer):
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.body.splitlines()]


async def test_good_lines_are_accepted_beside_bad_ones_in_order(serving, hello):
    answer = await send(serving, hello, b"{", b"", {**hello, "mode": "some"}, b"[]", {**hello, "topic": "nothing"}, hello, b"\r")
    listed = await serving.get("/v1/messages")

    found = results(answer)
    assert [(result["line"], result["status"]) for result in found] == [(1, 202), (2, 400), (4, 422), (5, 422), (6, 422), (7, 202)]
    assert [result["problem"]["code"] for result in found if "problem" in result] == [
        "invalid_json",
        "bad_value",
        "wrong_type",
        "unknown_topic",
    ]
    assert {result["problem"]["request_id"] for result in found if "problem" in result} == {answer.headers["X-Request-Id"]}
    assert {message["id"] for message in listed.json["data"]} == {found[0]["message"]["id"], found[5]["message"]["id"]}


async def test_each_line_has_its_own_idempotency_key(serving, hello):
    first = results(await send(serving, {**hello, "idempotency_key": "a"}, {**hello, "idempotency_key": "b"}))
    second = results(await send(serving, {**hello, "idempotency_key": "b"}, {**hello, "about": "x", "idempotency_key": "a"}))

    assert second[0] == {"line": 1, "status": 202, "replayed": True, "message": first[1]["message"]}
    assert second[1]["problem"]["code"] == "idempotency_mismatch"


async def test_a_line_with_a_bad_key_is_refused_alone(serving, hello):
    keys = ["", "x" * 256, "مفتاح", None, 5]
    found = results(await send(serving, hello, *({**hello, "idempotency_key": key} for key in keys)))

    assert [result["status"] for result in found] == [202, 400, 400, 400, 400, 400]
    assert found[1]["problem"]["errors"][0]["pointer"] == "/idempotency_key"


async def test_a_key_for_the_whole_batch_is_refused(serving, hello):
    answer = await serving.post(json.dumps(hello).encode(), "/v1/messages:batch", headers={**NDJSON, "Idempotency-Key": "k"})

    assert answer.problem == (400, "bad_header")


async def test_a_thousand_lines_are_taken_and_one_more_is_not(serving, hello):
    line = json.dumps({"to": {"id": "u", "addresses": hello["to"]["addresses"]}, "content": {"body": "x"}}).encode()

    full = await send(serving, *[line] * 1000)
    over = await send(serving, *[line] * 1001)
    empty = await send(serving, b"\n\n")

    assert [result["status"] for result in results(full)] == [202] * 1000
    assert over.problem == (422, "too_many")
    assert empty.problem == (422, "too_few")


async def test_only_ndjson_is_taken(serving, hello):
    answer = await serving.post([hello], "/v1/messages:batch")

    assert answer.problem == (415, "unsupported_media_type")


async def test_its_messages_tell_the_key_and_the_request_that_asked_for_them(serving, hello):
    answer = await send(serving, hello, hello)

    for result in results(answer):
        seen = (await serving.get(f"/v1/messages/{result['message']['id']}")).json
        assert (seen["origin"]["kind"], seen["origin"]["name"]) == ("key", "both")
        assert seen["origin"]["request"] == answer.headers["X-Request-Id"]
    found = await serving.get(f"/v1/messages:search?q=request:{answer.headers['X-Request-Id']}")
    assert len(found.json["data"]) == 2
