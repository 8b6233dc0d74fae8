// A connection to a room that comes back when it is lost. It resumes after the last
// message that it has, and sends again what has not been confirmed.

const silence = 15_000; // milliseconds without a message, after which the connection is lost; the server sends one every 5 s
const firstDelay = 500; // before the first attempt to connect again, doubled with each attempt
const longestDelay = 10_000;
const mostSeen = 1000; // more than are sent again
const finalCodes = [4400, 4409]; // of Close frames: a bad request, and a room that is full

export class Connection {
  #address = new URL('ws_chat', location.href.replace(/^http/, 'ws'));
  #on; // functions for what happens
  #join; // the request to join
  #socket = null;
  #joined = false;
  #attempt = 0; // how often in a row the connection has failed
  #timer = 0; // for the next attempt, or for silence
  #seen = new Set(); // the IDs of the messages that were received
  #pending = new Map(); // by ID, the requests that are not confirmed

  // room, name and key are those of the request to join. on has functions: state(text,
  // state), message(message), for those that are new, and refused(code, reason), after
  // which the connection is closed.
  constructor({ room, name, key }, on) {
    this.#on = on;
    this.#join = { type: 'join', room, name, key, after: '' };
    this.#address.hash = '';
    addEventListener('online', this.#online);
    this.#connect();
  }

  // say sends a message now, or when the connection is back.
  say(id, text) {
    const request = { type: 'say', id, text };
    this.#pending.set(id, request);
    if (this.#joined) this.#send(request);
  }

  typing() {
    if (this.#joined) this.#send({ type: 'typing' });
  }

  close() {
    removeEventListener('online', this.#online);
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #send(request) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  #connect() {
    this.#joined = false;
    this.#on.state('connecting', this.#attempt === 0 ? 'Connecting…' : 'Reconnecting…');
    const socket = this.#socket = new WebSocket(this.#address);
    const isCurrent = () => this.#socket === socket; // an old one may still receive something
    socket.onopen = () => isCurrent() && this.#send(this.#join);
    socket.onmessage = ({ data }) => isCurrent() && this.#receive(JSON.parse(data));
    socket.onclose = ({ code, reason }) => isCurrent() && this.#closed(code, reason);
    this.#listen();
  }

  // listen closes the connection unless a message comes in time. A browser does not
  // notice by itself that the network is gone.
  #listen() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#timer = setTimeout(() => {
      this.#closed(1006, ''); // close() would wait for the server's answer
      socket.close();
    }, silence);
  }

  #receive(message) {
    this.#listen();
    if (message.position) this.#join.after = message.position;
    if (message.type === 'joined') {
      this.#attempt = 0;
      this.#joined = true;
      this.#on.state('open', 'Connected');
      for (const request of this.#pending.values()) this.#send(request); // it did not come back with what was missed
    }
    if (message.type === 'refused') this.#pending.delete(message.id);
    if (message.type === 'said') {
      this.#pending.delete(message.id);
      if (this.#seen.has(message.id)) return; // sent again, or before a gap
      this.#seen.add(message.id);
      if (this.#seen.size > mostSeen) this.#seen.delete(this.#seen.values().next().value); // the oldest
    }
    this.#on.message(message);
  }

  #closed(code, reason) {
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#joined = false;
    if (finalCodes.includes(code)) {
      this.close();
      this.#on.refused(code, reason);
      return;
    }
    this.#on.state('lost', 'Connection lost');
    const delay = Math.min(longestDelay, firstDelay * 2 ** this.#attempt++);
    this.#timer = setTimeout(() => this.#connect(), delay * (0.5 + Math.random() / 2)); // not all pages at once
  }

  // The network is back: do not wait for the next attempt.
  #online = () => {
    if (this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#connect();
  };
}
