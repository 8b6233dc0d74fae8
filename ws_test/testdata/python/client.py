"""Connects to each URL of its standard input with Python's websockets, does what
internal/interoptest says, and prints a line of JSON when a connection has ended.

    python client.py CA-FILE
"""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from conversation import HEARTBEAT, LIMIT, SUBPROTOCOL, converse


async def visit(url, tls):
    path = "/" + url.split("/", 3)[3]
    options = {
        "ssl": tls if url.startswith("wss:") else None,
        "subprotocols": ["other.protocol", SUBPROTOCOL] if path.startswith("/request") else None,
        "max_size": LIMIT if path.startswith("/limit") else None,
        "ping_interval": HEARTBEAT if path.startswith("/heartbeat") else None,
        "max_queue": None,  # close() does not read on while the queue is full
    }
    if path.startswith("/slow"):
        del options["max_queue"]
    try:
        async with connect(url, **options) as connection:
            report = await converse(connection, url, {"protocol": connection.subprotocol})
    except InvalidStatus as refused:
        report = {"code": 1006, "status": refused.response.status_code}
    print(json.dumps({"url": url, **report}), flush=True)


async def main(ca_file):
    tls = ssl.create_default_context(cafile=ca_file)
    async with asyncio.TaskGroup() as visits:
        while url := await asyncio.to_thread(sys.stdin.readline):
            visits.create_task(visit(url.strip(), tls))


asyncio.run(main(*sys.argv[1:]))
