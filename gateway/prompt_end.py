"""A server that ends as soon as everything asked is answered."""

import asyncio
import socket
from contextlib import suppress

import uvicorn

FAREWELL_SECONDS = 1.0


class PromptServer(uvicorn.Server):
    """uvicorn, which waits half a minute at its end for a program that keeps a TLS connection open
    and answers no farewell; a container is killed after ten seconds, with what waits unanswered."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked, and cut off who asks nothing and does not close."""
        cutting = asyncio.create_task(self._cut_off_idle())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()
            with suppress(asyncio.CancelledError):
                await cutting

    async def _cut_off_idle(self) -> None:
        while True:
            await asyncio.sleep(FAREWELL_SECONDS)
            for one in list(self.server_state.connections):
                asked = getattr(one, "cycle", None)
                transport = getattr(one, "transport", None)
                if transport is not None and (asked is None or asked.response_complete):
                    transport.abort()
