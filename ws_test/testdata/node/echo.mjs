// Sends an echo 1,000 mixed messages with Node's ws, checks what comes back,
// and prints what happened as one line of JSON.
//
//	node echo.mjs URL [CA-FILE]

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';

const messages = 1000;
const batch = 20; // messages that are under way together
const sizes = [0, 1, 2, 10, 100, 124, 125, 126, 127, 128, 129, 200, 1000, 1001, 4096, 4097, 16384, 65535, 65536, 65537];
const patience = 60_000; // milliseconds for all of it

const [url, caFile] = process.argv.slice(2);
setTimeout(() => { throw new Error('out of patience'); }, patience).unref();

const client = new WebSocket(url, caFile && { ca: readFileSync(caFile) });
const seen = { pings: 0, pongs: [], messages: [] };
let progress = () => {};
client.on('ping', () => seen.pings++);
client.on('pong', (payload) => { seen.pongs.push(payload); progress(); });
client.on('message', (data, isBinary) => { seen.messages.push({ data, isBinary }); progress(); });
await once(client, 'open');
console.log(JSON.stringify(await talk()));

async function talk() {
  const result = { messages: 0, fragmented: 0, bytes: 0, pongs: 0 };
  for (let first = 0; first < messages; first += batch) {
    const sent = Array.from({ length: batch }, (_, k) => mixed(first + k));
    const pings = sent.flatMap((message) => send(message) ?? []);
    await until(() => seen.messages.length >= batch && seen.pongs.length >= pings.length);
    compare(sent, seen.messages.splice(0));
    comparePayloads(pings, seen.pongs.splice(0));
    result.messages += batch;
    result.fragmented += sent.filter((message) => message.fragmented).length;
    result.bytes += sent.reduce((sum, message) => sum + message.data.length, 0);
    result.pongs += pings.length;
  }
  client.close(4321, 'that is all');
  const [code, reason] = await once(client, 'close');
  return { ...result, pings: seen.pings, code, reason: reason.toString() };
}

// mixed makes the i-th message: text and binary in turns of twenty, every
// third one in fragments, every tenth with a ping.
function mixed(i) {
  const size = sizes[i % sizes.length];
  const binary = Math.floor(i / sizes.length) % 2 === 1;
  const data = binary
    ? Buffer.from(Uint8Array.from({ length: size }, (_, k) => i + k * 7))
    : Buffer.from('aé手📞'.repeat(size / 10) + 'x'.repeat(size % 10));
  const ping = i % 10 === 0 && Buffer.from(`${i} `.padEnd(i % 125 + 1, 'ping'));
  return { binary, data, fragmented: i % 3 === 0, ping };
}

// send sends a message, its ping between the fragments if it has any, and
// returns the ping. The fragments' borders fall within characters.
function send({ binary, data, fragmented, ping }) {
  const third = Math.floor(data.length / 3);
  if (fragmented) {
    client.send(data.subarray(0, third), { binary, fin: false });
    client.send(data.subarray(third, 2 * third), { binary, fin: false });
  }
  if (ping) client.ping(ping);
  client.send(fragmented ? data.subarray(2 * third) : data, { binary, fin: true });
  return ping || undefined;
}

// until waits for what the events bring.
function until(done) {
  return new Promise((resolve, reject) => {
    client.once('close', (code) => reject(new Error(`closed with ${code}`)));
    progress = () => done() && resolve();
    progress();
  }).finally(() => client.removeAllListeners('close'));
}

function compare(sent, received) {
  sent.forEach(({ binary, data }, k) => {
    const got = received[k];
    if (got.isBinary !== binary || Buffer.compare(got.data, data) !== 0) {
      throw new Error(`${data.length} bytes (binary: ${binary}) came back as ${got.data.length} (binary: ${got.isBinary})`);
    }
  });
}

function comparePayloads(sent, received) {
  sent.forEach((payload, k) => {
    if (Buffer.compare(payload, received[k]) !== 0) throw new Error(`ping ${payload} was answered by ${received[k]}`);
  });
}
