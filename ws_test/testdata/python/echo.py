"""Sends an echo 1,000 mixed messages with Python's websockets, checks what
comes back, and prints what happened as one line of JSON.

    python echo.py URL [CA-FILE]
"""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.client import connect

MESSAGES = 1000
BATCH = 20  # messages that are under way together
SIZES = [0, 1, 2, 10, 100, 124, 125, 126, 127, 128, 129, 200, 1000, 1001, 4096, 4097, 16384, 65535, 65536, 65537]
PATIENCE = 60  # seconds for all of it


class Message:
    """The i-th message: text and binary in turns of twenty, every third one in
    fragments, every tenth with a ping."""

    def __init__(self, i):
        size = SIZES[i % len(SIZES)]
        self.text = i // len(SIZES) % 2 == 0
        if self.text:
            self.data = ("aé手📞" * (size // 10) + "x" * (size % 10)).encode()
        else:
            self.data = bytes((i + k * 7) % 256 for k in range(size))
        self.fragmented = i % 3 == 0
        self.ping = f"{i} ".ljust(i % 125 + 1, "p").encode()[:125] if i % 10 == 0 else None

    async def send(self, client):
        """Sends it, its ping between the fragments if it has any, and returns
        what waits for the pong. The fragments' borders fall within characters."""
        pongs = []

        async def fragments():
            third = len(self.data) // 3
            yield self.data[:third]
            yield self.data[third : 2 * third]
            if self.ping:
                pongs.append(await client.ping(self.ping))
            yield self.data[2 * third :]

        if self.fragmented:
            await client.send(fragments(), text=self.text)
        else:
            await client.send(self.data, text=self.text)
            if self.ping:
                pongs.append(await client.ping(self.ping))
        return pongs

    def compare(self, received):
        expected = self.data.decode() if self.text else self.data
        if received != expected:
            raise ValueError(f"{expected[:20]!r}… ({len(expected)}) came back as {received[:20]!r}… ({len(received)})")


async def talk(url, **options):
    result = {"messages": 0, "fragmented": 0, "bytes": 0, "pongs": 0}
    async with connect(url, ping_interval=None, **options) as client:
        for first in range(0, MESSAGES, BATCH):
            batch = [Message(first + k) for k in range(BATCH)]
            # Received while they are sent, or both ends could wait for room.
            pongs, received = await asyncio.gather(send(client, batch), receive(client, len(batch)))
            for message, echo in zip(batch, received, strict=True):
                message.compare(echo)
            for pong in pongs:  # its payload is that of its ping
                await pong
            result["messages"] += len(batch)
            result["fragmented"] += sum(message.fragmented for message in batch)
            result["bytes"] += sum(len(message.data) for message in batch)
            result["pongs"] += len(pongs)
        await client.close(4321, "that is all")
        return result | {"code": client.close_code, "reason": client.close_reason}


async def send(client, batch):
    return [pong for message in batch for pong in await message.send(client)]


async def receive(client, count):
    return [await client.recv() for _ in range(count)]


async def main(url, ca_file=None):
    options = {"ssl": ssl.create_default_context(cafile=ca_file)} if ca_file else {}
    async with asyncio.timeout(PATIENCE):
        print(json.dumps(await talk(url, **options)))


asyncio.run(main(*sys.argv[1:]))
