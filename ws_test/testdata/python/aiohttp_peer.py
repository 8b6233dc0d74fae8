"""Is a server or a client of the interop tests with aiohttp, as internal/interoptest says.

    python aiohttp_peer.py server [CERTIFICATE-FILE KEY-FILE]
    python aiohttp_peer.py client CA-FILE

The server prints its port, as a line of JSON. The client connects to each URL of its
standard input. Both print a line of JSON when a connection has ended.
"""

import asyncio
import json
import ssl
import sys
from urllib.parse import parse_qsl, urlsplit

from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web
from yarl import URL

SUBPROTOCOL = "handset.interop"
REFUSAL_BODY = "Who are you? " * 100
INVALID_TEXT = b"invalid \xff text"


def options(path):
    """Those of a connection, of which all others are the defaults."""
    return {
        "compress": 15,  # the default of the server; the client has none by default
        "autoping": path != "/ping",  # or the program does not see Pongs
        "max_msg_size": 1000 if path == "/limit" else 4 << 20,
        "heartbeat": 2 if path == "/heartbeat" else None,  # of which half is for the Pong
        "protocols": [SUBPROTOCOL],
    }


async def converse(socket, url, query, about):
    """Does what the URL says until the connection is closed."""
    after = int(query.get("after", -1))
    pongs, received, size = [], 0, 0
    if url.path == "/ping":
        await socket.ping(b"from the other end")
    if url.path == "/request":
        await socket.send_json(about)
    while url.path != "/close" or received != after:
        message = await socket.receive()
        match message.type:
            case WSMsgType.PING:
                await socket.pong(message.data)
            case WSMsgType.PONG:
                pongs.append(bytes(message.data).decode())
            case WSMsgType.TEXT | WSMsgType.BINARY:
                await answer(socket, url.path, message, pongs, size)
                received += 1
                size += len(message.data)
            case WSMsgType.CLOSE:
                return {"code": message.data or 1005, "reason": message.extra or ""}
            case _:  # CLOSING, CLOSED, ERROR
                return {"code": socket.close_code or 1006, "error": str(message)}
    await socket.close(code=int(query["code"]), message=query.get("reason", "").encode())
    return {"code": socket.close_code or 1006}


async def answer(socket, path, message, pongs, size):
    text = message.type == WSMsgType.TEXT
    match path:
        case "/echo" | "/heartbeat" | "/limit":
            await (socket.send_str(message.data) if text else socket.send_bytes(message.data))
        case "/ping":
            await socket.send_str(",".join(pongs))
        case "/invalid":
            await socket.send_frame(INVALID_TEXT, WSMsgType.TEXT)
        case "/slow":
            await asyncio.sleep(0.005)
            if text:
                await socket.send_str(str(size))


async def handle(request):
    if request.path == "/refuse":
        return web.Response(status=401, text=REFUSAL_BODY, headers={"WWW-Authenticate": "Bearer"})
    accepted = options(request.path)
    accepted["compress"] = True
    socket = web.WebSocketResponse(**accepted)
    await socket.prepare(request)
    header = {name.lower(): value for name, value in request.headers.items()}
    report = await converse(socket, urlsplit(request.path_qs), request.query, header)
    print(json.dumps({"url": request.path_qs, **report}), flush=True)
    return socket


async def serve(certificate_file=None, key_file=None):
    tls = None
    if certificate_file:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate_file, key_file)
    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    print(json.dumps([runner.addresses[0][1]]), flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def visit(session, address, tls):
    url = urlsplit(address)
    query = dict(parse_qsl(url.query))
    chosen = options(url.path)
    if url.path == "/request":
        chosen["protocols"].insert(0, "other.protocol")
    else:
        chosen["protocols"] = ()
    try:
        async with session.ws_connect(URL(address, encoded=True), ssl=tls, **chosen) as socket:
            report = await converse(socket, url, query, {"protocol": socket.protocol})
    except WSServerHandshakeError as refused:
        report = {"code": 1006, "status": refused.status}
    print(json.dumps({"url": address, **report}), flush=True)


async def connect(ca_file):
    tls = ssl.create_default_context(cafile=ca_file)
    async with ClientSession() as session, asyncio.TaskGroup() as visits:
        while url := await asyncio.to_thread(sys.stdin.readline):
            visits.create_task(visit(session, url.strip(), tls))


asyncio.run({"server": serve, "client": connect}[sys.argv[1]](*sys.argv[2:]))
