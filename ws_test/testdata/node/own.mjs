// Connects to each URL of its standard input with the WebSocket that is part of Node, or
// with that of its package undici where it has none yet, and prints a line of JSON when a
// connection has ended.

import { createInterface } from 'node:readline';
import { visit } from './standard.mjs';

globalThis.WebSocket ??= (await import('undici')).WebSocket;
for await (const url of createInterface({ input: process.stdin })) visit(url).then((report) => console.log(JSON.stringify(report)));
process.exit();
