import structlog


async def test_without_a_valid_key_the_answer_is_the_same_whatever_is_wrong(serving, hello):
    good = serving.keys["both"]
    wrong = [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        good,
        f"Bearer {good[:-1]}{'0' if good[-1] != '0' else '1'}",
        f"Bearer {good}x",
        f"Bearer {good} {good}",
        "Bearer wasl_live_aaaaaaaa_" + "x" * 43 + "_00000000",
        "Bearer " + "x" * 5000,
        "Bearer مفتاح",
    ]

    headers = [{"X-Request-Id": "r"} if value is None else {"X-Request-Id": "r", "Authorization": value} for value in wrong]
    answers = [await serving.post(hello, key=None, headers=sent) for sent in headers]

    assert {answer.problem for answer in answers} == {(401, "unauthenticated")}
    assert len({answer.body for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


async def test_a_revoked_key_is_no_key(serving, tmp_path):
    key = serving.keys["read"]
    await serving.gateway.revoke_api_key(key.split("_")[2])

    answer = await serving.get("/v1/messages", key="read")

    assert answer.problem == (401, "unauthenticated")


async def test_the_scheme_is_read_in_any_case(serving):
    answer = await serving.get("/v1/messages", key=None, headers={"Authorization": f"bearer {serving.keys['read']}"})

    assert answer.status == 200


async def test_a_key_without_the_scope_is_403_and_names_it(serving, hello):
    sent = await serving.post(hello, key="read")
    cancelled = await serving.post(None, "/v1/messages/msg_0:cancel", key="read")
    stored = await serving.answer("PUT", "/v1/recipients/u_1", {}, key="read")
    listed = await serving.get("/v1/messages", key="send")

    assert {answer.problem for answer in (sent, cancelled, stored, listed)} == {(403, "scope_required")}
    assert "send" in sent.json["detail"]
    assert "read" in listed.json["detail"]


async def test_a_key_in_the_url_is_refused_and_reported_without_being_logged(serving):
    key = serving.keys["read"]

    with structlog.testing.capture_logs() as logs:
        alone = await serving.get(f"/v1/messages?api_key={key}", key=None)
        beside = await serving.get(f"/v1/messages?topic={key}")

    assert alone.problem == beside.problem == (401, "key_in_url")
    assert logs[0]["event"] == "apikey.seen_in_url"
    assert logs[0]["key_id"] == key.split("_")[2]
    assert key not in str(logs)
    assert key.encode() not in alone.body


async def test_a_key_of_a_brand_that_is_no_more_is_no_key_here(serving, hello):
    gone = serving.gateway._as("gone")  # as a gateway that still had this brand made it
    serving.keys["gone"] = await gone.create_api_key("gone", ["send"])

    answer = await serving.post(hello, key="gone")

    assert answer.problem == (401, "unauthenticated")
