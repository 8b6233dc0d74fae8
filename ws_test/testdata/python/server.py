"""Serves the paths of internal/interoptest with Python's websockets: one server for
each of the given options of compression. Prints the ports as one line of JSON, and
then a line for each connection that has ended. It ends with its standard input.

    python server.py OPTIONS [CERTIFICATE-FILE KEY-FILE]
"""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from conversation import HEARTBEAT, LIMIT, SUBPROTOCOL, converse

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
    path = client.request.path
    if path.startswith("/limit"):
        client.protocol.max_message_size = LIMIT  # an option of serve, for all connections
    if path.startswith("/heartbeat"):
        client.ping_interval = HEARTBEAT
        client.start_keepalive()
    closed = await converse(client, path, {name.lower(): value for name, value in client.request.headers.raw_items()})
    print(json.dumps({"url": path, **closed, "deflate": negotiated(client)}), flush=True)


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
