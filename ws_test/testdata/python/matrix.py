"""Sends an echo the messages of a plan with Python's websockets, compressed as
it is told to ask for, checks what comes back, and prints what happened as one
line of JSON.

    python matrix.py URL PAYLOAD-FILE PLAN AGREEMENT
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

PATIENCE = 80  # seconds for all of it


def pieces(data, fragments):
    size = len(data)
    return (data[k * size // fragments : (k + 1) * size // fragments] for k in range(fragments))


async def talk(url, payload, plan, agreement):
    deflate = ClientPerMessageDeflateFactory(
        server_no_context_takeover=agreement["serverAlone"],
        client_no_context_takeover=agreement["clientAlone"],
        server_max_window_bits=agreement["serverBits"],
        client_max_window_bits=agreement["clientBits"],
        compress_settings={"level": 1},
    )
    messages = 0
    async with connect(url, compression=None, extensions=[deflate], max_size=None, ping_interval=None) as client:
        for message in plan:
            data, text = payload[: message["size"]], message["text"]
            fragments = message["fragments"]
            # Received while it is sent, or both ends could wait for room.
            _, echo = await asyncio.gather(
                client.send(data if fragments == 1 else pieces(data, fragments), text=text),
                client.recv(),
            )
            if echo != (data.decode() if text else data):
                raise ValueError(f"{message} came back as {type(echo)} of {len(echo)}")
            messages += 1
        await client.close(4321)
    return {"messages": messages}


async def main(url, file, plan, agreement):
    with open(file, "rb") as f:
        payload = f.read()
    async with asyncio.timeout(PATIENCE):
        print(json.dumps(await talk(url, payload, json.loads(plan), json.loads(agreement))))


asyncio.run(main(*sys.argv[1:]))
