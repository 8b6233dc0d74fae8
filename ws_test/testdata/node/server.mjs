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
import { converse, limit, subprotocol } from './converse.mjs';

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
  const sockets = (maxPayload) => new WebSocketServer({
    noServer: true,
    maxPayload,
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
  const unlimited = sockets(0);
  const limited = sockets(limit);
  server.on('upgrade', (request, socket, head) => {
    if (request.url.startsWith('/refuse')) {
      socket.on('error', () => {}); // a proxy may reset it
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Bearer\r\n'
        + `Content-Length: ${refusalBody.length}\r\n\r\n${refusalBody}`);
      return;
    }
    (request.url.startsWith('/limit') ? limited : unlimited).handleUpgrade(request, socket, head, (client) => {
      report(client, request.url);
      converse(client, new URL(request.url, 'http://server'), request.headers);
    });
  });
  return server;
}

// report prints what the client has closed the connection with.
function report(client, url) {
  let error;
  client.on('error', (err) => { error = String(err); });
  client.on('close', (code, reason) => {
    console.log(JSON.stringify({ url, code, reason: reason.toString(), error, deflate: negotiated(client) }));
  });
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
