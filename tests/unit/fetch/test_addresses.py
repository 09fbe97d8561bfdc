"""Which addresses may be fetched from."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fetch.addresses import RefusedError, choose, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::80ff:fffe",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public(address: str) -> None:
    """Loopback, private, link-local, carrier, multicast, reserved, and all of these wrapped in IPv6."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "185.199.108.153", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Ordinary addresses, also wrapped."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_wrapping_changes_nothing(address: ipaddress.IPv4Address) -> None:
    """However an IPv4 address is wrapped in IPv6, the answer is the same."""
    number = int(address)
    for wrapped in (f"::ffff:{address}", str(ipaddress.IPv6Address((0x64FF9B << 96) | number))):
        assert is_public(wrapped) == is_public(str(address))


def test_one_private_address_is_enough_to_refuse() -> None:
    """A name with a public and a private address is refused, whichever comes first."""
    for answer in (["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"]):
        with pytest.raises(RefusedError, match=r"talks\.example has the address 10\.0\.0\.1, which is not public"):
            choose("talks.example", 443, [], lambda host, port, answer=answer: answer)


@pytest.mark.parametrize("allowed", ["media.local", "MEDIA.local", "media.local:8080"])
def test_allowed_hosts_may_be_private(allowed: str) -> None:
    """The catalogue may name hosts, with or without a port."""
    assert choose("Media.local", 8080, [allowed], lambda host, port: ["10.0.0.1"]) == "10.0.0.1"


@pytest.mark.parametrize("allowed", ["media.local:443", "local", "other.media.local", "*"])
def test_other_names_and_ports_are_not_allowed(allowed: str) -> None:
    """A name counts as a whole, and a port when it is given."""
    with pytest.raises(RefusedError, match="not public"):
        choose("media.local", 8080, [allowed], lambda host, port: ["10.0.0.1"])


def test_a_host_without_address_is_refused() -> None:
    """A name that cannot be resolved, and one with no answer."""

    def fail(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    for ask in (fail, lambda host, port: []):
        with pytest.raises(RefusedError, match="has no address"):
            choose("nowhere.example", 443, [], ask)
