// The page of the echo example: one WebSocket to /ws_echo, and one to
// /ws_pings, because browsers hide pings from scripts.

const $ = (id) => document.getElementById(id);
const address = (path) => new URL(path, location.href.replace(/^http/, 'ws')).href;

const longestLog = 200; // entries kept on the page
const closeNames = {
  1000: 'normal', 1001: 'going away', 1002: 'protocol error', 1005: 'no code', 1006: 'no close frame',
  1007: 'invalid payload', 1008: 'policy violation', 1009: 'message too big', 1011: 'internal error',
};
const randomChunk = 65536; // the most crypto.getRandomValues gives at once

let echo = null;
let closingSince = 0; // when Disconnect was pressed; 0 if it was not
let waiting = []; // messages sent and not yet back, oldest first: an echo keeps their order
let trips = []; // round trips in milliseconds
let bytes = 0;

// ---- connection

function connect() {
  const begun = performance.now();
  waiting = [];
  closingSince = 0;
  const socket = echo = new WebSocket(address('ws_echo'));
  show('connecting', 'Connecting…');
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    show('open', 'Connected');
    note({ arrow: '•', what: 'connected', figure: millis(performance.now() - begun) });
    if (matchMedia('(pointer: fine)').matches) $('text').focus(); // elsewhere a keyboard would cover the page
  };
  socket.onmessage = (event) => received(event.data);
  socket.onclose = closed;
}

function closed({ code, reason, wasClean }) {
  const lost = waiting.length;
  const took = closingSince ? millis(performance.now() - closingSince) : '';
  echo = null;
  show(wasClean ? 'closed' : 'lost', wasClean ? 'Disconnected' : 'Connection lost');
  if (document.activeElement === document.body || document.activeElement.disabled) $('connect').focus();
  note({
    kind: wasClean ? '' : 'problem',
    arrow: wasClean ? '•' : '!',
    what: ['closed', code, closeNames[code], reason].filter(Boolean).join(' · '),
    figure: wasClean ? took : '',
    preview: lost ? `${lost} ${lost === 1 ? 'message was' : 'messages were'} not echoed` : '',
    data: { event: 'close', code, reason, clean: wasClean },
  });
}

function disconnect() {
  const code = $('code').value;
  const reason = $('reason').value;
  try {
    // Without a code there is no reason either: the frame has no room for it.
    if (code === '') echo.close();
    else echo.close(Number(code), reason);
    closingSince = performance.now();
    show('closing', 'Closing…');
  } catch (error) {
    problem(error.message); // a code or a reason that the browser does not send
  }
}

// ---- messages

function send(data, kind, text) {
  if (echo?.readyState !== WebSocket.OPEN) return;
  const size = kind === 'text' ? new TextEncoder().encode(data).length : data.byteLength;
  note({ kind: 'sent', arrow: '↑', what: `sent ${kind} · ${amount(size)}`, preview: text ?? preview(data) });
  afterPaint(() => {
    if (echo?.readyState !== WebSocket.OPEN) {
      problem(`${kind} of ${amount(size)} was not sent: the connection has closed`);
      return;
    }
    waiting.push({ data, size, at: performance.now() });
    echo.send(data);
  });
}

// afterPaint runs act when the page is drawn and idle, so that a round trip is
// that of the message, and does not include drawing the entry above.
function afterPaint(act) {
  requestAnimationFrame(() => setTimeout(act));
}

function received(data) {
  const now = performance.now();
  const sent = waiting.shift();
  const kind = typeof data === 'string' ? 'text' : 'binary';
  if (!sent || !same(sent.data, data)) {
    problem(`received ${kind} that is not what was sent`);
    return;
  }
  const took = now - sent.at;
  trips.push(took);
  bytes += sent.size;
  figures();
  note({
    kind: 'received',
    arrow: '↓',
    what: `${kind} came back unchanged · ${amount(sent.size)}`,
    figure: millis(took),
    preview: preview(data),
    data: { event: kind, size: sent.size, took },
  });
}

function same(a, b) {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a);
  const right = new Uint8Array(b);
  return left.every((byte, i) => byte === right[i]);
}

function randomBytes(size) {
  const data = new Uint8Array(size);
  for (let at = 0; at < size; at += randomChunk) {
    crypto.getRandomValues(data.subarray(at, at + randomChunk));
  }
  return data.buffer;
}

// ---- pings

let pings = null; // its own connection, made with the first ping
let pingCount = 0;

function ping() {
  pinging(true);
  if (pings === null) connectPings();
  else askForPing();
}

function connectPings() {
  const socket = pings = new WebSocket(address('ws_pings'));
  socket.onopen = askForPing;
  socket.onmessage = (event) => {
    const took = millis(Number(event.data));
    pinging(false);
    $('ping').textContent = `pong after ${took}`;
    note({ arrow: '⇅', what: `server's ping ${pingCount}, this browser's pong`, figure: took, data: { event: 'pong' } });
  };
  socket.onclose = () => {
    pings = null;
    if ($('ping-form').querySelector('button').disabled) problem('no ping came: the connection for pings was lost');
    pinging(false);
  };
}

function askForPing() {
  pings.send(`ping ${++pingCount}`);
}

// pinging disables the button while a ping is under way, and gives it back the
// focus that it lost by that.
function pinging(on) {
  const button = $('ping-form').querySelector('button');
  const had = document.activeElement === button || document.activeElement === document.body;
  const ends = button.disabled && !on;
  enable('ping-form', !on);
  if (on) $('ping').textContent = '';
  else if (ends && had) button.focus();
}

// ---- what is shown

function show(state, text) {
  const connected = state === 'open';
  $('status').dataset.state = state;
  $('status').textContent = text;
  const button = $('connect');
  button.textContent = echo === null ? 'Connect' : 'Disconnect';
  button.className = echo === null ? 'primary' : '';
  button.disabled = echo !== null && !connected;
  $('empty').textContent = echo === null ? 'Nothing yet. Connect, and send something.' : 'Nothing yet. Send something.';
  for (const form of ['text-form', 'random-form', 'file-form']) enable(form, connected);
}

function enable(form, on) {
  $(form).querySelector('button').disabled = !on;
}

// note adds an entry on top of the conversation. Only textContent is set, so
// that nothing received is ever taken for markup.
function note({ kind = '', arrow, what, figure = '', preview = '', data = {} }) {
  const entry = document.createElement('li');
  entry.className = kind;
  Object.assign(entry.dataset, data);
  for (const [name, text] of Object.entries({ arrow, what, figure, preview })) {
    if (name === 'preview' && text === '') continue;
    const part = document.createElement('span');
    part.className = name;
    part.textContent = text;
    entry.append(part);
  }
  entry.querySelector('.arrow').ariaHidden = 'true';
  $('log').prepend(entry);
  while ($('log').childElementCount > longestLog) $('log').lastElementChild.remove();
}

function problem(text) {
  note({ kind: 'problem', arrow: '!', what: text, data: { event: 'problem' } });
}

function figures() {
  const sorted = trips.toSorted((a, b) => a - b);
  const has = sorted.length > 0;
  $('count').textContent = sorted.length.toLocaleString('en');
  $('bytes').textContent = amount(bytes);
  $('last').textContent = has ? millis(trips.at(-1)) : '–';
  $('median').textContent = has ? millis(median(sorted)) : '–';
  $('fastest').textContent = has ? millis(sorted[0]) : '–';
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function preview(data) {
  if (typeof data === 'string') return data.length > 200 ? `${data.slice(0, 200)}…` : data;
  const first = Array.from(new Uint8Array(data, 0, Math.min(16, data.byteLength)));
  const hex = first.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return data.byteLength > 16 ? `${hex} …` : hex;
}

function amount(size) {
  for (const [unit, name] of [[1 << 30, 'GiB'], [1 << 20, 'MiB'], [1 << 10, 'KiB']]) {
    if (size >= unit) return `${(size / unit).toLocaleString('en', { maximumFractionDigits: 2 })} ${name}`;
  }
  return `${size} B`;
}

// millis has all times in one unit and precision, so that they compare at a glance.
function millis(value) {
  return `${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ms`;
}

// ---- controls

$('address').textContent = address('ws_echo');

$('connection').onsubmit = (event) => {
  event.preventDefault();
  if (echo === null) connect();
  else disconnect();
};

$('ping-form').onsubmit = (event) => {
  event.preventDefault();
  ping();
};

$('text-form').onsubmit = (event) => {
  event.preventDefault();
  send($('text').value, 'text');
};

$('text').onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('text-form').requestSubmit();
};

$('random-form').onsubmit = (event) => {
  event.preventDefault();
  try {
    send(randomBytes(Number($('size').value) * Number($('unit').value)), 'binary');
  } catch (error) {
    problem(error.message); // more than the browser has memory for
  }
};

$('file-form').onsubmit = async (event) => {
  event.preventDefault();
  const [file] = $('file').files;
  try {
    send(await file.arrayBuffer(), 'binary', file.name);
  } catch (error) {
    problem(error.message); // a file that has gone since it was chosen
  }
};

$('clear').onclick = () => {
  $('log').replaceChildren();
  trips = [];
  bytes = 0;
  figures();
};

show('closed', 'Disconnected');
