"""Which URLs customers may give: one spelling each, and nothing that two programs read as two."""

from __future__ import annotations

import pytest

from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending.destination import (
    BadDestination,
    ForbiddenDestination,
    Policy,
    judge_url,
    policy_of,
)

PUBLIC = Policy()
PRIVATE = Policy(are_private_allowed=True)


def nothing(host: str) -> list[str]:
    """A resolver that knows no name."""
    return []


def judge(url: str, policy: Policy = PUBLIC, *addresses: str) -> str:
    return judge_url(url, policy, lambda host: list(addresses))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com/hook", "https://example.com/hook"),
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:8443?x=1", "https://example.com:8443/?x=1"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com:65535/", "https://example.com:65535/"),
        ("https://example.com:1024/", "https://example.com:1024/"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://1.1.1.1./", "https://1.1.1.1/"),
        ("https://[2606:4700:0:0::1111]:8443/a", "https://[2606:4700::1111]:8443/a"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("https://0x7f.example/", "https://0x7f.example/"),
        ("https://127.0.0.1.example/", "https://127.0.0.1.example/"),
        ("https://e.example/a/../b//c/./?q=@:/?&x=%20%C3%A4", None),
        ("https://e.example/~user/!$&'()*+,;=:@-._", None),
        ("https://" + ".".join(["a" * 63] * 3) + ".example/", None),
    ],
)
def test_accepted(url: str, kept: str | None) -> None:
    assert judge(url) == (kept or url)
    assert judge(judge(url)) == judge(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "whole URL"),
        ("example.com", "whole URL"),
        ("//example.com/", "whole URL"),
        ("https:example.com", "whole URL"),
        ("https:/example.com", "whole URL"),
        ("https:///example.com", "whole URL"),
        ("https://", "whole URL"),
        ("https://?x", "whole URL"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "whole URL"),
        ("gopher://example.com/", "https://"),
        ("https+unix://example.com/", "https://"),
        ("javascript://example.com/", "https://"),
        ("https://user@example.com/", "user name"),
        ("https://user:pass@example.com/", "user name"),
        ("https://@example.com/", "user name"),
        ("https://example.com@127.0.0.1/", "user name"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com#@127.0.0.1/", "fragment"),
        ("https://example.com/#", "fragment"),
        ("https://example.com:22/", "port"),
        ("https://example.com:1023/", "port"),
        ("https://example.com:0/", "port"),
        ("https://example.com:65536/", "port"),
        ("https://example.com:99999999999999999999/", "port"),
        ("https://example.com:0443/", "port"),
        ("https://example.com:/", "port"),
        ("https://example.com:a/", "port"),
        ("https://example.com:-1/", "port"),
        ("https://example.com:+443/", "port"),
        ("https://example.com:４４３/", "port"),
        ("https://example.com:443:443/", "port"),
        ("https://example.com:443@8.8.8.8/", "user name"),
        ("https://exa mple.com/", "spaces"),
        (" https://example.com/", "spaces"),
        ("https://example.com/\n", "spaces"),
        ("https://example.com/\r\nHost: x", "spaces"),
        ("https://example.com/\0", "spaces"),
        ("https://example.com/\x7f", "spaces"),
        ("https://example.com\t/", "spaces"),
        ("https://example.com/\u00a0", "spaces"),
        ("https://example.com/\u2028", "spaces"),
        ("https:\\\\example.com\\", "spaces"),
        ("https://example.com\\@127.0.0.1/", "spaces"),
        ("https://example.com/\\..\\", "spaces"),
        ("https://example.com/ü", "percent-encode"),
        ("https://example.com/%", "percent-encode"),
        ("https://example.com/%2", "percent-encode"),
        ("https://example.com/%zz", "percent-encode"),
        ("https://example.com/a[b]", "percent-encode"),
        ('https://example.com/"', "percent-encode"),
        ("https://example.com/{id}", "percent-encode"),
        ("https://example.com/\ud800", "percent-encode"),
        ("https://exam%70le.com/", "name"),
        ("https://127.0.0.1%2f@example.com/", "user name"),
        ("https://example.com%00.evil/", "name"),
        ("https://exa$mple.com/", "name"),
        ("https://-a.example/", "name"),
        ("https://a-.example/", "name"),
        ("https://a..example/", "name"),
        ("https://.example/", "name"),
        ("https://example.com../", "name"),
        ("https://./", "name"),
        ("https://" + "a" * 64 + ".example/", "name"),
        ("https://" + ".".join(["a" * 60] * 5) + "/", "name"),
        ("https://example。com/", "name"),
        ("https://ｅxample.com/", "xn--"),
        ("https://ex\u00adample.com/", "xn--"),
        ("https://ex\u200bample.com/", "xn--"),
        ("https://\ud800.example/", "xn--"),
        ("https://℀.example/", "xn--"),
        ("https://①②⑦.0.0.1/", "xn--"),
        ("https://１２７.0.0.1/", "xn--"),
        ("https://٣.0.0.1/", "xn--"),
        ("https://127。0。0。1/", "name"),
        ("https://127.1/", "IPv4"),
        ("https://127.0.1/", "IPv4"),
        ("https://2130706433/", "IPv4"),
        ("https://0x7f.1/", "IPv4"),
        ("https://0x7f000001/", "IPv4"),
        ("https://0X7F.0.0.1/", "IPv4"),
        ("https://0177.0.0.1/", "IPv4"),
        ("https://017700000001/", "IPv4"),
        ("https://127.0.0.01/", "IPv4"),
        ("https://127.0.0.0x1/", "IPv4"),
        ("https://8.8.8.8.8/", "IPv4"),
        ("https://256.1.1.1/", "IPv4"),
        ("https://1.1.1.0x/", "IPv4"),
        ("https://[::1/", "name or an address"),
        ("https://::1/", "name or an address"),
        ("https://[]/", "IPv6"),
        ("https://[1.1.1.1]/", "IPv6"),
        ("https://[v1.a]/", "IPv6"),
        ("https://[fe80::1%25eth0]/", "IPv6"),
        ("https://[fe80::1%eth0]/", "IPv6"),
        ("https://[2606:4700::1%1]/", "IPv6"),
        ("https://[::1]x/", "name or an address"),
        ("https://a[::1]/", "name or an address"),
        ("https://[::1][::2]/", "name or an address"),
        ("https://example.com/" + "a" * 2048, "2048"),
    ],
)
def test_refused_as_it_is_written(url: str, why: str) -> None:
    for policy in (PUBLIC, PRIVATE):
        with pytest.raises(BadDestination, match=why):
            judge(url, policy)


FORBIDDEN = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "192.0.2.1", "198.18.0.1",
    "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:7f00:1", "fe80::1",
    "fec0::1", "fc00::1", "fd00:ec2::254", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
    "2001::1", "2001:db8::1", "3fff::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_forbidden_addresses(address: str) -> None:
    literal = f"[{address}]" if ":" in address else address
    messages = set()
    for url, addresses in (
        (f"https://{literal}/", []),
        (f"https://{literal}:8443/", []),
        ("https://name.example/", [address]),
        ("https://name.example/", ["8.8.8.8", address]),
        ("https://name.example/", [address, "8.8.8.8"]),
    ):
        with pytest.raises(ForbiddenDestination) as caught:
            judge(url, PUBLIC, *addresses)
        messages.add(str(caught.value))
    (message,) = messages
    assert "not allowed" in message
    assert address not in message


def test_names_are_judged_by_what_they_resolve_to() -> None:
    assert judge("https://name.example/", PUBLIC, "8.8.8.8", "2606:4700::1")
    assert judge_url("https://name.example/", PUBLIC, nothing), "judged again at sending"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "http://localhost:3000/hook", "http://127.0.0.1:3000/",
        "http://10.1.2.3:80/", "https://192.168.0.7:80/", "http://[::1]:8080/", "http://[fd12::1]/",
        "http://example.com/", "http://example.com:443/",
    ],
)  # fmt: skip
def test_private_destinations_where_the_operator_allows_them(url: str) -> None:
    assert judge(url, PRIVATE, "127.0.0.1", "::1")
    with pytest.raises(BadDestination):
        judge(url, PUBLIC, "127.0.0.1", "::1")


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::ffff:127.0.0.1"],  # noqa: S104
)
def test_link_local_and_metadata_are_never_allowed(address: str) -> None:
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(ForbiddenDestination):
        judge(f"http://{literal}/", PRIVATE)
    with pytest.raises(ForbiddenDestination):
        judge("http://localhost/", PRIVATE, "127.0.0.1", address)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://inside.corp/", False),
        ("https://INSIDE.corp./", False),
        ("https://deeper.inside.corp/", False),
        ("https://notinside.corp/", True),
        ("https://inside.corp.example/", True),
        ("https://8.8.8.8/", False),
        ("https://8.8.4.4/", True),
        ("https://port.example/", True),
        ("https://port.example:8443/", False),
        ("https://xn--bcher-kva.example/", False),
    ],
)
def test_denied_by_name_and_by_address(url: str, good: bool) -> None:
    hosts = ("inside.corp", "8.8.8.8", "port.example:8443", "xn--bcher-kva.example")
    policy = Policy(denied_hosts=hosts)
    if good:
        judge(url, policy)
        return
    with pytest.raises(ForbiddenDestination):
        judge(url, policy)


def test_a_denied_address_is_denied_behind_a_name() -> None:
    with pytest.raises(ForbiddenDestination):
        judge("https://name.example/", Policy(denied_hosts=("8.8.0.0/16",)), "8.8.8.8")


def test_the_public_host_of_this_server_is_denied() -> None:
    policy = policy_of(
        WebhookSettings(denied_hosts=("other.example",)), "https://Api.anthyx.example"
    )
    for host in ("api.anthyx.example", "v2.api.anthyx.example", "other.example"):
        with pytest.raises(ForbiddenDestination):
            judge(f"https://{host}:8443/", policy)
    assert judge("https://anthyx.example/", policy)


def test_on_a_machine_of_ones_own_only_this_servers_port_is_denied() -> None:
    for public_url in ("http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"):
        policy = policy_of(WebhookSettings(are_private_allowed=True), public_url)
        for url in ("http://127.0.0.1:8080/", "http://localhost:8080/", "http://[::1]:8080/"):
            with pytest.raises(ForbiddenDestination):
                judge(url, policy)
        with pytest.raises(ForbiddenDestination):
            judge("http://me.example:8080/", policy, "127.0.0.1")
        assert judge("http://127.0.0.1:3000/", policy)
        assert judge("http://localhost:3000/", policy, "127.0.0.1", "::1")
