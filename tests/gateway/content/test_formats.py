"""Plain, push, slack, post and structured. Mail has its own file."""

_ACTIONS = [{"label": "Track", "url": "https://a.example/t?b=1&c=2"}, {"label": "Help", "url": "https://a.example/h"}]


def test_plain_is_body_and_actions_without_the_title(inline):
    assert inline("Hi **Ann**", title="Title", actions=_ACTIONS).text == (
        "Hi Ann\n\nTrack: https://a.example/t?b=1&c=2\nHelp: https://a.example/h"
    )


def test_plain_writes_links_out_once(inline):
    assert inline("[a](https://b.example) <https://c.example> [https://d.example](https://d.example)").text == (
        "a (https://b.example) https://c.example https://d.example"
    )


def test_an_ascii_text_stays_ascii_in_any_language(filled):
    assert filled("Code {{ x }}", locale="ar", x="A-1").text == "Code A-1"


def test_values_are_isolated_in_plain_text(filled):
    assert filled("رمزك {{ x }}.", locale="ar", x="A-1").text == "رمزك \u2068A-1\u2069."
    assert filled("Hello {{ x }}.", x="آمنة").text == "Hello \u2068آمنة\u2069."


def test_a_format_may_have_its_own_text_and_title(filled):
    front = (
        '+++\ntitle = "T"\n[plain]\ntext = "Short {{ x }}"\n[push]\ntitle = "P"\ntext = "Pushed"\n[variables]\nx = { type = "text" }\n+++\n'
    )

    assert filled("Long", front=front, x="a").text == "Short a"
    assert (filled("Long", "push", front=front, x="a").title, filled("Long", "push", front=front, x="a").body) == ("P", "Pushed")
    assert filled("Long", "post", front=front, x="a").text == "Long"
    assert filled("Long", "mail", front=front, x="a").text == "Long"


def test_push_has_title_text_and_the_first_link(inline):
    push = inline("Hi *Ann*", "push", title="Title", actions=_ACTIONS)

    assert (push.title, push.body, push.url) == ("Title", "Hi Ann", "https://a.example/t?b=1&c=2")
    assert inline("Hi", "push").url is None


def test_push_is_cut_between_graphemes(inline):
    push = inline("👍🏽" * 600, "push")

    assert len(push.body) <= 1000
    assert push.body.endswith("👍🏽…")


def test_slack_has_header_sections_links_and_a_fallback(inline):
    slack = inline("Hi **Ann** & *Bob*, `a*b`\n\n- [l](https://a.example)", "slack", title="Title <1>", actions=_ACTIONS[:1])

    assert slack.blocks[0] == {"type": "header", "text": {"type": "plain_text", "text": "Title <1>", "emoji": False}}
    body = "Hi *Ann* &amp; _Bob_, `a*b`\n\n• <https://a.example|l>\n\n<https://a.example/t?b=1&amp;c=2|Track>"
    assert slack.blocks[1:] == ({"type": "section", "text": {"type": "mrkdwn", "text": body}},)
    assert slack.text == f"Title &lt;1&gt;\n{body}"


def test_slack_data_neither_mentions_nor_formats_nor_breaks_links(filled):
    text = filled("{{ x }}", "slack", x="<!channel> *a* order_1042_b|c").text.split("\n")[1]

    assert text == "&lt;!channel&gt; \u200b*\u200ba\u200b*\u200b order_1042_b|c"
    assert "%7C" in filled("[l]({{ x }})", "slack", x="https://a.example/b|c").text


def test_slack_sections_fit(inline):
    slack = inline("\n\n".join(["word " * 100] * 20) + "\n\n" + "x" * 7000, "slack", title="t" * 200)

    texts = [block["text"]["text"] for block in slack.blocks]
    assert max(map(len, texts)) <= 3000
    assert len(texts[0]) == 150
    assert sum(text.count("word") for text in texts) == 2000
    assert sum(text.count("x") for text in texts) == 7000


def test_slack_blocks_are_at_most_fifty(inline):
    assert len(inline("\n\n".join(["x" * 1600] * 60), "slack", title="t").blocks) == 49


def test_a_post_is_whole_and_knows_its_language(inline):
    post = inline("a" * 5000, "post", locale="ar", title="T", actions=_ACTIONS[1:])

    assert post.text == f"{'a' * 5000}\n\nHelp: https://a.example/h"
    assert post.locale == "ar"


def test_structured_keeps_the_parts_apart(inline):
    structured = inline("Hi **Ann**", "structured", title="Title", actions=_ACTIONS)

    assert (structured.title, structured.text, structured.locale) == ("Title", "Hi Ann", "en")
    assert [action.model_dump() for action in structured.actions] == _ACTIONS


def test_actions_that_the_data_spoils_are_left_out(filled):
    front = '+++\n[[actions]]\nlabel = "{{ x }}"\nurl = "{{ x }}"\n[variables]\nx = { type = "text" }\n+++\n'

    assert filled("a", "structured", front=front, x="javascript:b").actions == ()
    assert filled("a", front=front, x="javascript:b").text == "a"
    assert filled("a", "structured", front=front, x="https://a.example").actions[0].label == "https://a.example"
    assert len(filled("a", "structured", front=front, x="https://a.example/" + "b" * 200).actions[0].label) == 80
    assert filled("a", "push", front=front, x="https://a.example/" + "b" * 2100).url is None
