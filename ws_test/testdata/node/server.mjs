// Serves the paths of internal/interoptest with Node's ws: one server for each of
// the given options of compression. Prints the ports as one line of JSON, and then
// a line for each connection that has ended. It ends with its standard input.
//
//	node server.mjs OPTIONS [CERTIFICATE-FILE KEY-FILE]

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { WebSocketServer } from 'ws';

const subprotocol = 'handset.interop';
const refusalBody = 'Who are you? '.repeat(100);

const [options, certificateFile, keyFile] = process.argv.slice(2);
const tls = certificateFile && { cert: readFileSync(certificateFile), key: readFileSync(keyFile) };
process.stdin.on('end', () => process.exit()).resume();
const ports = [];
for (const compression of JSON.parse(options)) {
  const server = serve(compression);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports.push(server.address().port);
}
console.log(JSON.stringify(ports));

function serve(compression) {
  const server = tls ? createSecureServer(tls) : createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 0,
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
    perMessageDeflate: compression && {
      threshold: 0,
      serverNoContextTakeover: compression.serverAlone || undefined,
      clientNoContextTakeover: compression.clientAlone || undefined,
      serverMaxWindowBits: compression.serverBits || undefined,
      clientMaxWindowBits: compression.clientBits || undefined,
      zlibDeflateOptions: { level: 1 },
    },
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.url.startsWith('/refuse')) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Bearer\r\n'
        + `Content-Length: ${refusalBody.length}\r\n\r\n${refusalBody}`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => converse(client, request));
  });
  return server;
}

function converse(client, request) {
  const { pathname, searchParams } = new URL(request.url, 'http://server');
  const numbers = (searchParams.get('fragments') ?? '1').split(',').map(Number);
  const after = Number(searchParams.get('after'));
  const pongs = [];
  let received = 0;
  const close = () => client.close(Number(searchParams.get('code')), searchParams.get('reason') ?? '');
  client.on('pong', (payload) => pongs.push(payload));
  client.on('error', (err) => console.error(`${request.url}: ${err}`));
  client.on('message', (data, isBinary) => {
    if (pathname === '/echo') send(client, data, isBinary, numbers[received % numbers.length]);
    if (pathname === '/ping') client.send(pongs.join(','));
    received++;
    if (pathname === '/close' && received === after) close();
  });
  client.on('close', (code, reason) => {
    console.log(JSON.stringify({ url: request.url, code, reason: reason.toString(), deflate: negotiated(client) }));
  });
  if (pathname === '/ping') client.ping('from the server');
  if (pathname === '/request') client.send(JSON.stringify(request.headers));
  if (pathname === '/close' && after === 0) close();
}

// send sends a message in fragments, which may end inside characters.
function send(client, data, binary, fragments) {
  for (let k = 0; k < fragments; k++) {
    const part = data.subarray(Math.floor(k * data.length / fragments), Math.floor((k + 1) * data.length / fragments));
    client.send(part, { binary, fin: k === fragments - 1 });
  }
}

// negotiated returns what the server's compressor and decompressor use. The public
// properties have the name of the extension alone.
function negotiated(client) {
  const params = client._extensions['permessage-deflate']?.params;
  return params && {
    serverAlone: Boolean(params.server_no_context_takeover),
    clientAlone: Boolean(params.client_no_context_takeover),
    serverBits: params.server_max_window_bits ?? 15,
    clientBits: params.client_max_window_bits ?? 15,
  };
}
