async def test_a_live_process_says_so_to_anybody(serving):
    answer = await serving.get("/livez", key=None)

    assert (answer.status, answer.json) == (200, {"live": True})


async def test_readiness_names_the_checks_only_to_callers_with_a_key(serving):
    anybody = await serving.get("/readyz", key=None)
    caller = await serving.get("/readyz", key="read")

    assert anybody.json == {"ready": True, "checks": {}}
    assert caller.json["checks"]["ledger"] == "ok"


async def test_what_is_not_ready_is_503_and_says_why_to_callers_with_a_key(serving):
    serving.gateway.ready = False

    anybody = await serving.get("/readyz", key=None)
    caller = await serving.get("/readyz", key="read")

    assert anybody.problem == caller.problem == (503, "not_ready")
    assert "ledger" not in anybody.json["detail"]
    assert "ledger: cannot be written" in caller.json["detail"]
    assert anybody.headers["Retry-After"] == "5"


async def test_a_closing_process_is_alive_and_not_ready(serving):
    serving.gateway.closing = True

    assert (await serving.get("/readyz", key=None)).problem == (503, "shutting_down")
    assert (await serving.get("/livez", key=None)).status == 200


async def test_load_balancers_may_ask_with_head(serving):
    answer = await serving.answer("HEAD", "/readyz", key=None)

    assert (answer.status, answer.body) == (200, b"")
