"""Looks at the registry now and then, for as long as an app runs."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trivet_service.context import Context
from trivet_service.happening import Happening
from trivet_service.surroundings import StoppedError


@asynccontextmanager
async def watching(context: Context) -> AsyncIterator[None]:
    """Follow what moves in the registry every `watch_s` seconds; without them only once, for what stands beside."""

    def tell(happening: Happening) -> None:
        say = context.log.warning if happening.kind in ("refused", "trouble") else context.log.info
        say(f"model {happening.kind}", **happening.fields())

    context.models.listen(tell)
    watching = asyncio.create_task(_watch(context))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(context: Context) -> None:
    while True:
        try:
            await asyncio.to_thread(context.models.follow)
        except StoppedError:
            return
        except Exception as error:
            # A mistake of ours; what answers goes on, and the next look may find something else.
            trace = traceback.format_tb(error.__traceback__)
            context.log.error("watch failed", error=type(error).__name__, trace=trace)
        if not context.settings.watch_s:
            return
        await asyncio.sleep(context.settings.watch_s)
