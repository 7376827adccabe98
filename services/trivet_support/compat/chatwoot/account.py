"""An account of Chatwoot over its API (app/controllers/api/v1/accounts/conversations_controller.rb at 004622e)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trivet.errors import TrivetError
from trivet_service.webhooks.schedule import read_retry_after
from trivet_support.compat.chatwoot.step import PATHS, Step

if TYPE_CHECKING:
    import httpx

    from trivet_support.compat.chatwoot.incoming import Incoming
    from trivet_support.compat.chatwoot.integration import Integration

# What an outgoing message is called: by name, or by the number that answers hold.
_OUTGOING = ("outgoing", 1)


class NotToldError(Exception):
    """Chatwoot did not take what it was told; `what` holds nothing that it said or that a customer wrote.

    `is_final`: it would not take it another time either. `asked_s` is how long it wants to be left alone.
    """

    def __init__(self, what: str, *, is_final: bool = False, asked_s: float = 0.0) -> None:
        super().__init__(what)
        self.what = what
        self.is_final = is_final
        self.asked_s = asked_s


class Account:
    """The account that a tenant is connected with; every request goes where the kit lets it. All of it blocks."""

    def __init__(self, client: httpx.Client, integration: Integration) -> None:
        self._client = client
        self._integration = integration

    def tell(self, step: Step, incoming: Incoming) -> None:
        """Send a step.

        Raises:
            NotToldError: it was not taken, or nobody knows.
        """
        self._ask("POST", f"{self._address(incoming)}/{PATHS[step.kind]}", json.dumps(dict(step.body)))

    def has_taken(self, step: Step, incoming: Incoming) -> bool:
        """Whether a step that was begun has been done, as far as the token may see.

        The token of a bot may not look (`BOT_ACCESSIBLE_ENDPOINTS` in access_token_auth_helper.rb at 0110cab), so the
        step is sent once more: an open conversation stays open, attributes and labels are the same again, and of a
        message that a process died over there may be two. The token of an agent may.
        """
        try:
            match step.kind:
                case "open":
                    return self._look(self._address(incoming)).get("status", "pending") != "pending"
                case "reply" | "note":
                    said = self._look(f"{self._address(incoming)}/messages").get("payload")
                    return isinstance(said, list) and any(_is_it(one, step, incoming) for one in said)
                case "attributes" | "labels":
                    return False
        except NotToldError as error:
            if not error.is_final:
                raise
            return False

    def _address(self, incoming: Incoming) -> str:
        account = f"{self._integration.url.rstrip('/')}/api/v1/accounts/{self._integration.account_id}"
        return f"{account}/conversations/{incoming.conversation}"

    def _look(self, address: str) -> Mapping[str, Any]:
        try:
            told = json.loads(self._ask("GET", address))
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}

    def _ask(self, verb: str, address: str, body: str = "") -> bytes:
        import httpx

        headers = {"api_access_token": self._integration.access_token, "content-type": "application/json"}
        try:
            answer = self._client.request(verb, address, content=body.encode() or None, headers=headers)
        except TrivetError as error:
            raise NotToldError(error.what) from error
        except httpx.TimeoutException as error:
            raise NotToldError("no answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotToldError(f"the connection failed ({type(error).__name__})") from error
        status = answer.status_code
        if 200 <= status < 300:
            return answer.content
        asked_s = read_retry_after(answer.headers.get("retry-after", ""), now=time.time())
        raise NotToldError(f"the answer is {status}", is_final=400 <= status < 500 and status != 429, asked_s=asked_s)


def _is_it(said: Any, step: Step, incoming: Incoming) -> bool:
    """Whether a message of the conversation is the one of the step: after the customer's, and of the same words."""
    return (
        isinstance(said, dict)
        and said.get("message_type") in _OUTGOING
        and bool(said.get("private")) == step.body["private"]
        and said.get("content") == step.body["content"]
        and isinstance(said.get("id"), int)
        and said["id"] > incoming.message
    )
