"""Serves the paths of internal/interoptest with Python's websockets: one server for
each of the given options of compression. Prints the ports as one line of JSON, and
then a line for each connection that has ended. It ends with its standard input.

    python server.py OPTIONS [CERTIFICATE-FILE KEY-FILE]
"""

import asyncio
import json
import ssl
import sys
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

SUBPROTOCOL = "handset.interop"
REFUSAL_BODY = "Who are you? " * 100


def refuse(connection, request):
    if not request.path.startswith("/refuse"):
        return None
    response = connection.respond(401, REFUSAL_BODY)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def select_subprotocol(connection, offered):
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


async def handle(client):
    try:
        await converse(client)
    except ConnectionClosed:
        pass
    await client.wait_closed()
    closed = client.protocol.close_rcvd
    report = {
        "url": client.request.path,
        "code": closed.code if closed else 1006,
        "reason": closed.reason if closed else "",
        "deflate": negotiated(client),
    }
    print(json.dumps(report), flush=True)


async def converse(client):
    url = urlsplit(client.request.path)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    numbers = [int(n) for n in query.get("fragments", "1").split(",")]
    after = int(query.get("after", -1))
    pong, received = None, 0
    if url.path == "/ping":
        pong = await client.ping("from the server")
    if url.path == "/request":
        await client.send(json.dumps({name.lower(): value for name, value in client.request.headers.raw_items()}))
    while url.path != "/close" or received != after:
        message = await client.recv()
        if url.path == "/echo":
            await send(client, message, numbers[received % len(numbers)])
        elif url.path == "/ping":
            await client.send("from the server" if pong.done() else "")
        received += 1
    await client.close(int(query["code"]), query.get("reason", ""))


async def send(client, message, fragments):
    """Sends a message in fragments, which may end inside characters."""
    if fragments == 1:
        await client.send(message)
        return
    text = isinstance(message, str)
    data = message.encode() if text else message
    size = len(data)
    parts = [data[k * size // fragments : (k + 1) * size // fragments] for k in range(fragments)]
    await client.send(parts, text=text)


def negotiated(client):
    """Returns what the server's compressor and decompressor use."""
    for extension in client.protocol.extensions:
        return {
            "serverAlone": extension.local_no_context_takeover,
            "clientAlone": extension.remote_no_context_takeover,
            "serverBits": extension.local_max_window_bits,
            "clientBits": extension.remote_max_window_bits,
        }
    return None


def deflate(options):
    return ServerPerMessageDeflateFactory(
        server_no_context_takeover=options["serverAlone"],
        client_no_context_takeover=options["clientAlone"],
        server_max_window_bits=options["serverBits"] or None,
        client_max_window_bits=options["clientBits"] or None,
        compress_settings={"level": 1},
    )


async def main(options, certificate_file=None, key_file=None):
    tls = None
    if certificate_file:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate_file, key_file)
    servers = [
        await serve(
            handle,
            "127.0.0.1",
            0,
            ssl=tls,
            extensions=[deflate(compression)] if compression else [],
            compression=None,
            select_subprotocol=select_subprotocol,
            process_request=refuse,
            max_size=None,
            max_queue=None,  # close() does not read on while the queue is full
            ping_interval=None,
        )
        for compression in json.loads(options)
    ]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for server in servers:
        server.close()


asyncio.run(main(*sys.argv[1:]))
