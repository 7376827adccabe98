"""Where the server may send requests to: public addresses, and what `TRIVET_OUTGOING_ALLOW` names."""

from __future__ import annotations

import queue
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from trivet.errors import TrivetError
from trivet_service.settings import SettingsError

Address: TypeAlias = IPv4Address | IPv6Address

# Networks of IPv6 whose last 32 bits are an address of IPv4: translation (RFC 6052) and the compatible form (RFC 4291).
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
_LAST_32_BITS = 0xFFFFFFFF


class RefusedAddressError(TrivetError):
    """A host that is not public, which nobody allowed."""


class UnknownHostError(TrivetError):
    """A host that has no address, or none in time."""


@dataclass(frozen=True)
class Destinations:
    """Hosts and networks that are allowed beside everything public."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def addresses(self, host: str, port: int, *, seconds: float = 5.0) -> list[str]:
        """The addresses of a host, each fit to connect to; looked up once, so connect to these and not to the name.

        Raises:
            RefusedAddressError: one of them is private, loopback, link-local, multicast or reserved, and not allowed.
            UnknownHostError: it has none, or they are not told within so many seconds.
        """
        name = _plain(host)
        found = _look_up(name, port, seconds)
        for text in found:
            address = ip_address(text)
            if name not in self.hosts and not self._admits(address) and not is_public(address):
                raise RefusedAddressError(
                    f"{host} is not a public address.",
                    where=host,
                    todo="Whoever runs the server may allow it in TRIVET_OUTGOING_ALLOW.",
                )
        return found

    def _admits(self, address: Address) -> bool:
        inner = _inner(address)
        return any(one in network for network in self.networks for one in (address, inner) if one is not None)


def read_destinations(text: str) -> Destinations:
    """Destinations from hosts, addresses and networks with commas between: `hooks.example.org, 10.1.0.0/16`.

    Raises:
        SettingsError: an entry that is neither; names it.
    """
    hosts: set[str] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError as error:
            if not all(part.replace("-", "").isalnum() for part in _plain(entry).split(".")):
                raise SettingsError(
                    f"{entry!r} is neither a host nor a network.",
                    where="TRIVET_OUTGOING_ALLOW",
                    todo="Give names such as hooks.example.org or networks such as 10.1.0.0/16, with commas between.",
                ) from error
            hosts.add(_plain(entry))
    return Destinations(frozenset(hosts), tuple(networks))


def is_public(address: Address) -> bool:
    """Whether an address is reached over the internet: not private, shared, loopback, link-local, multicast, reserved.

    An address of IPv4 inside one of IPv6 (mapped, compatible, 6to4, Teredo, NAT64) counts as itself.
    """
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.teredo is not None:
        return address.teredo[1]
    if address.ipv4_mapped is not None or address.sixtofour is not None:
        return address.ipv4_mapped or address.sixtofour
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & _LAST_32_BITS)
    return None


def _plain(host: str) -> str:
    plain = host.strip("[]").rstrip(".").lower()
    try:
        return plain if plain.isascii() else plain.encode("idna").decode()
    except UnicodeError:
        return plain


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """The addresses that the system gives; it cannot be interrupted, so a thread waits for it."""
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)))
        except (OSError, UnicodeError) as error:
            answer.put(OSError(str(error)))

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answer.get(timeout=max(0.0, seconds))
    except queue.Empty:
        found = OSError("no answer in time")
    if isinstance(found, OSError) or not found:
        raise UnknownHostError("the host has no address.", where=host, todo="Check its name.")
    return found
