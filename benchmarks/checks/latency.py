"""A proxy that lets everything through, later: `python -m benchmarks.checks.latency PORT TARGET MILLISECONDS`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

CHUNK = 64 * 1024


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Each piece as much later as it came: a long way, not a narrow one."""
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, data = await line.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    arriving = asyncio.create_task(arrive())
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            line.put_nowait((time.monotonic() + delay, data))
    line.put_nowait((time.monotonic() + delay, b""))
    with contextlib.suppress(ConnectionError):
        await arriving


async def serve(port: int, target: int, delay: float) -> None:
    """Serve until ended. delay: seconds that an answer comes later than without."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_carry(reader, upstream[1], delay), _carry(upstream[0], writer, 0.0))

    server = await asyncio.start_server(one, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
