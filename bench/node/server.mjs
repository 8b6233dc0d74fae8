// Serves with ws: the echo and the broadcast of its README, and bufferutil,
// which the README offers for speed.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { parseArgs } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';

const { values: flags } = parseArgs({
  options: {
    cert: { type: 'string' },
    key: { type: 'string' },
    deflate: { type: 'boolean' },
    takeover: { type: 'boolean' },
  },
});

const server = flags.cert
  ? createSecureServer({ cert: readFileSync(flags.cert), key: readFileSync(flags.key) })
  : createServer();

const pushers = 8;

const serve = {
  '/echo': (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })),
  '/talk': (ws) => ws.on('message', broadcast),
  '/join': () => {},
  '/push': (ws) => ws.once('message', (data, isBinary) => {
    // Each pusher sends its next message when the one before is written.
    const push = (err) => {
      if (!err && ws.readyState === WebSocket.OPEN) ws.send(data, { binary: isBinary }, push);
    };
    for (let i = 0; i < pushers; i++) push();
  }),
};

// At the level of all servers here, instead of 6.
const perMessageDeflate = flags.deflate && {
  serverNoContextTakeover: !flags.takeover,
  clientNoContextTakeover: !flags.takeover,
  threshold: 128,
  zlibDeflateOptions: { level: 1 },
};

// One WebSocketServer for each path, as the README's "Multiple servers sharing a
// single HTTP/S server" has it.
const sockets = {};
for (const path of Object.keys(serve)) {
  sockets[path] = new WebSocketServer({ noServer: true, perMessageDeflate });
  sockets[path].on('connection', (ws) => {
    ws.on('error', () => {}); // the load leaves without a word
    serve[path](ws);
  });
}

function broadcast(data, isBinary) {
  sockets['/join'].clients.forEach((client) => {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
  });
}

server.on('upgrade', (request, socket, head) => {
  const wss = sockets[request.url];
  wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request));
});

const control = createServer((request, response) => {
  for (let i = 0; i < 4; i++) globalThis.gc();
  response.end();
});

server.listen(0, '127.0.0.1', () => {
  control.listen(0, '127.0.0.1', () => {
    console.log(`ready 127.0.0.1:${server.address().port} 127.0.0.1:${control.address().port}`);
  });
});
