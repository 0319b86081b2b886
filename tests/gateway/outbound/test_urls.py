from ipaddress import ip_network

import pytest

from wasl.outbound import BadUrl, BlockedAddress, Loop, Reach, checked

REACH = Reach()
PRIVATE_V4 = (
    "127.0.0.1", "127.1", "127.255.255.254", "0177.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1.", "0",
    "0.0.0.0",
    "10.0.0.1", "10.1", "100.64.0.1", "100.127.255.255", "169.254.169.254", "2852039166", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "168.63.129.16", "198.51.100.7", "203.0.113.7", "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "¹²⁷.0.0.1",
)  # fmt: skip
PRIVATE_V6 = (
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:0:53aa:64c:0:7bff:f5ff:fffe", "2001:2::1", "2001:10::1",
    "2001:db8::1",
    "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "100::1",
)  # fmt: skip
LOCAL_NAMES = (
    "localhost", "localhost.", "LOCALHOST", "a.localhost", "printer", "nas.local", "db.internal", "metadata.google.internal", "metadata",
    "metadata.acme.example", "instance-data.ec2.internal", "router.home.arpa", "db.internal.", "ｌｏｃａｌｈｏｓｔ",
)  # fmt: skip


@pytest.mark.parametrize("host", [*PRIVATE_V4, *(f"[{ip}]" for ip in PRIVATE_V6), *LOCAL_NAMES])
def test_a_host_that_is_not_public_is_blocked_in_every_spelling(host: str) -> None:
    with pytest.raises(BlockedAddress):
        checked(f"https://{host}/file", REACH)


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example/a",  # not encrypted
        "ftp://acme.example/a", "file:///etc/passwd", "gopher://acme.example/", "data:text/plain,a", "//acme.example/a", "acme.example/a",
        "",
        "https://ann@acme.example/a", "https://ann:secret@acme.example/a", "https://acme.example@127.0.0.1/",
        "https://acme.example:22/a", "https://acme.example:0/a", "https://acme.example:99999/a", "https://acme.example:٤٤٣/a",
        "https://acme.example/a#b", "https://acme.example#@127.0.0.1/", "https://acme.example\\@127.0.0.1/", "https:\\\\acme.example/a",
        "https://acme.example/a b", "https://acme.example/a\nb", "https://acme.example/\u202etxt", " https://acme.example/a",
        "https://%31%32%37.0.0.1/", "https://[fe80::1%25eth0]/", "https://[::1/", "https://[zz::1]/", "https:///a", "https://.../a",
        "https://1.2.3.4.5/", "https://a..example/", "https://999.1.1.1/", "https://a\u00ad.b\u2e28/",
        "https://acme.example/" + "a" * 2048,
    ],
)  # fmt: skip
def test_what_is_no_plain_https_url_is_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        checked(url, REACH)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://files.acme.example/a.pdf?key=%2Fx", "https://files.acme.example/a.pdf?key=%2Fx"),
        ("HTTPS://Files.Acme.Example", "https://files.acme.example/"),
        ("https://acme.example.:8443/a", "https://acme.example:8443/a"),
        ("https://مثال.example/ملف", "https://xn--mgbh0fb.example/%D9%85%D9%84%D9%81"),
        ("https://93.184.216.34/a", "https://93.184.216.34/a"),
        ("https://0x5db8d822/a", "https://93.184.216.34/a"),
        ("https://[2606:2800:21f:cb07::1]/a", "https://[2606:2800:21f:cb07::1]/a"),
        ("https://127.0.0.1.acme.example/a", "https://127.0.0.1.acme.example/a"),
    ],
)
def test_a_public_url_is_asked_as_it_is(url: str, asked: str) -> None:
    assert str(checked(url, REACH)) == asked


def test_an_operator_may_allow_networks_plain_http_and_ports() -> None:
    inside = Reach(allowed=(ip_network("10.0.0.0/8"),), http=True, ports=frozenset({8080}))

    assert str(checked("http://10.2.3.4:8080/a", inside)) == "http://10.2.3.4:8080/a"
    assert str(checked("http://db.internal:8080/a", inside)) == "http://db.internal:8080/a"  # where it leads is seen at the connection
    for url in ("http://192.168.0.1:8080/a", "http://metadata.google.internal:8080/a"):
        with pytest.raises(BlockedAddress):
            checked(url, inside)


def test_what_leads_back_to_wasl_is_a_loop() -> None:
    with pytest.raises(Loop):
        checked("https://Messages.Acme.example/v1/messages", Reach(own=frozenset({"messages.acme.example"})))
