// Connects to each URL of its standard input with Node's ws, does what
// internal/interoptest says, and prints a line of JSON when a connection has ended.
//
//	node client.mjs CA-FILE

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { converse, limit, subprotocol } from './converse.mjs';

const ca = readFileSync(process.argv[2]);
for await (const url of createInterface({ input: process.stdin })) connect(url);
process.exit();

function connect(address) {
  const url = new URL(address);
  const protocols = url.pathname === '/request' ? ['other.protocol', subprotocol] : [];
  const socket = new WebSocket(address, protocols, { ca, maxPayload: url.pathname === '/limit' ? limit : 0 });
  const report = (fields) => console.log(JSON.stringify({ url: address, ...fields }));
  let error;
  socket.on('unexpected-response', (request, { statusCode }) => {
    report({ code: 1006, status: statusCode });
    request.destroy();
  });
  socket.on('error', (err) => { error = String(err); });
  socket.on('open', () => converse(socket, url, { protocol: socket.protocol }));
  socket.on('close', (code, reason) => report({ code, reason: reason.toString(), error }));
}
