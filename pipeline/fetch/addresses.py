"""Which addresses of the network may be fetched from."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
"""Host and port -> addresses as text. Raises ``OSError`` when there is no such host."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class RefusedError(Exception):
    """A host may not be fetched from; the message says why."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, asked once."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also where an IPv6 address wraps an IPv4 one."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return address.is_global and not address.is_multicast


def choose(host: str, port: int, allowed: Iterable[str], ask: Resolve = resolve) -> str:
    """The address to connect to for a host.

    Raises:
        RefusedError: it has an address that is not public and the catalogue does not allow the host, or it has none.
    """
    try:
        addresses = ask(host, port)
    except (OSError, UnicodeError) as error:
        raise RefusedError(f"{host} has no address ({error})") from error
    if not addresses:
        raise RefusedError(f"{host} has no address")
    if not {host.casefold(), f"{host.casefold()}:{port}"} & {name.casefold() for name in allowed}:
        for one in addresses:
            if not is_public(one):
                raise RefusedError(f"{host} has the address {one}, which is not public")
    return addresses[0]
