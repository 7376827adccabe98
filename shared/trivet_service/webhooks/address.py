"""Where a webhook may be."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from trivet_service.destinations import Destinations, RefusedAddressError, UnknownHostError, is_public
from trivet_service.problems import Flaw, ProblemError

_PORTS = {"https": 443, "http": 80}


def check_address(url: str, destinations: Destinations) -> None:
    """See to it that events may be sent to a URL; looked up again at every attempt. Blocks.

    A host that has no address yet may have one later; a test tells.

    Raises:
        ProblemError: 422, telling why not.
    """
    parts = _split(url)
    host = parts.hostname
    if parts.scheme not in _PORTS or not host:
        raise _refusal("give an address that begins with https://.")
    if parts.username is not None or parts.password is not None:
        raise _refusal("it holds a user name or a password; messages are signed, the receiver needs neither.")
    if parts.fragment:
        raise _refusal("it holds a fragment, which is never sent.")
    try:
        addresses = destinations.addresses(host, _port(parts))
    except RefusedAddressError as error:
        raise _refusal(f"{error.what} {error.todo}") from error
    except UnknownHostError:
        addresses = []
    if parts.scheme == "http" and (not addresses or any(is_public(ip_address(one)) for one in addresses)):
        raise _refusal("over the internet only https:// will do.")


def _split(url: str) -> SplitResult:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refusal("it holds characters that an address has to encode.")
    # What the client takes and what we look at must be the same; it is imported by the first webhook.
    import httpx

    try:
        parts = urlsplit(url)
        _port(parts)
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise _refusal("this is no URL.") from error
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 0)


def _refusal(detail: str) -> ProblemError:
    flaw = Flaw(pointer="/url", detail=detail)
    return ProblemError(422, "events cannot be sent to this address.", code="bad_webhook_url", errors=[flaw])
