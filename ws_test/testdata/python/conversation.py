"""What an end of the interop tests does over a connection of Python's websockets, as
internal/interoptest says."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed

SUBPROTOCOL = "handset.interop"
LIMIT = 1000
HEARTBEAT = 0.05  # seconds
INVALID_TEXT = b"invalid \xff text"


async def converse(connection, address, about):
    """Does what the URL says until the connection is closed, and returns what the other
    end has closed it with."""
    try:
        await converse_until_closed(connection, urlsplit(address), about)
    except ConnectionClosed:
        pass
    await connection.wait_closed()
    closed = connection.protocol.close_rcvd
    return {"code": closed.code if closed else 1006, "reason": closed.reason if closed else ""}


async def converse_until_closed(connection, url, about):
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    numbers = [int(n) for n in query.get("fragments", "1").split(",")]
    after = int(query.get("after", -1))
    pong, received, size = None, 0, 0
    if url.path == "/ping":
        pong = await connection.ping("from the other end")
    if url.path == "/request":
        await connection.send(json.dumps(about))
    while url.path != "/close" or received != after:
        message = await connection.recv()
        match url.path:
            case "/echo" | "/heartbeat" | "/limit":
                await send(connection, message, numbers[received % len(numbers)])
            case "/ping":
                await connection.send("from the other end" if pong.done() else "")
            case "/invalid":
                await connection.send(INVALID_TEXT, text=True)
            case "/slow":
                await asyncio.sleep(0.005)
                if isinstance(message, str):
                    await connection.send(str(size))
        received += 1
        size += len(message)
    await connection.close(int(query["code"]), query.get("reason", ""))


async def send(connection, message, fragments):
    """Sends a message in fragments, which may end inside characters."""
    if fragments == 1:
        await connection.send(message)
        return
    text = isinstance(message, str)
    data = message.encode() if text else message
    size = len(data)
    parts = [data[k * size // fragments : (k + 1) * size // fragments] for k in range(fragments)]
    await connection.send(parts, text=text)
