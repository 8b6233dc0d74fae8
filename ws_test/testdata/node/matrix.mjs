// Sends an echo the messages of a plan with Node's ws, compressed as it is told
// to ask for, checks what comes back, and prints what happened as one line of
// JSON.
//
//	node matrix.mjs URL PAYLOAD-FILE PLAN AGREEMENT

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';

const patience = 80_000; // milliseconds for all of it
setTimeout(() => { throw new Error('out of patience'); }, patience).unref();

const [url, file, plan, agreement] = process.argv.slice(2);
const payload = readFileSync(file);
const { serverAlone, clientAlone, serverBits, clientBits } = JSON.parse(agreement);
const client = new WebSocket(url, {
  maxPayload: 0,
  perMessageDeflate: {
    threshold: 0,
    serverNoContextTakeover: serverAlone,
    clientNoContextTakeover: clientAlone,
    serverMaxWindowBits: serverBits,
    clientMaxWindowBits: clientBits,
    zlibDeflateOptions: { level: 1 },
  },
});
client.on('close', (code) => { if (code !== 4321) throw new Error(`closed with ${code}`); });
await once(client, 'open');
let messages = 0;
for (const { size, fragments, text } of JSON.parse(plan)) {
  const data = payload.subarray(0, size);
  const echo = once(client, 'message');
  for (let k = 0; k < fragments; k++) {
    const part = data.subarray(Math.floor(k * size / fragments), Math.floor((k + 1) * size / fragments));
    client.send(part, { binary: !text, fin: k === fragments - 1 });
  }
  const [got, isBinary] = await echo;
  if (isBinary === text || Buffer.compare(got, data) !== 0) {
    throw new Error(`${size} bytes (text: ${text}) came back as ${got.length} (binary: ${isBinary})`);
  }
  messages++;
}
client.close(4321);
await once(client, 'close');
console.log(JSON.stringify({ messages }));
