// The page of the chat example. What others have written is shown by textContent only,
// so that none of it is ever taken for markup.

import { Connection } from './connection.js';

const $ = (id) => document.getElementById(id);

const rooms = ['general', 'help', 'random'];
const typingEvery = 2000; // milliseconds between two notices while somebody types
const typingShown = 4000;
const longestLog = 500; // messages kept on the page
const groupWithin = 5 * 60_000; // messages of one person within this time have one heading

let connection = null;
let room = '';
let me = null; // this person, as the server sees it
let last = null; // the newest message on the page
let typists = new Map(); // by ID, the names of those who type, and when that ends
let typed = -Infinity; // when the last notice was sent
let wasLost = false;

// ---- who and where

// key is a secret by which the server knows this browser again.
function key() {
  let key = localStorage.getItem('key');
  if (key === null) {
    key = crypto.getRandomValues(new Uint32Array(4)).join('-');
    localStorage.setItem('key', key);
  }
  return key;
}

// enter joins the room of the page's address, if the name is known.
function enter() {
  const name = localStorage.getItem('name');
  room = location.hash.slice(1).toLowerCase() || rooms[0];
  document.title = `#${room} · handset chat`;
  $('room').textContent = room;
  showRooms();
  $('welcome').hidden = name !== null;
  $('chat').hidden = name === null;
  if (name === null) {
    $('name').focus();
    return;
  }
  connection?.close();
  clear();
  connection = new Connection({ room, name, key: key() }, { state: showState, message: receive, refused });
  if (matchMedia('(pointer: fine)').matches) $('text').focus(); // elsewhere a keyboard would cover the page
}

function clear() {
  for (const list of ['log', 'pending', 'people']) $(list).replaceChildren();
  last = null;
  wasLost = false;
  typists.clear();
  showTyping();
  $('count').textContent = '';
}

function refused(code, reason) {
  $('name').value = localStorage.getItem('name');
  localStorage.removeItem('name');
  connection = null;
  $('problem').textContent = reason === '' ? `The server has closed the connection with ${code}.` : `The server says: ${reason}.`;
  $('problem').hidden = false;
  $('welcome').hidden = false;
  $('chat').hidden = true;
  showState('lost', 'Not connected');
}

function showState(state, text) {
  $('connection').dataset.state = state;
  if ($('connection').textContent !== text) $('connection').textContent = text; // which is announced
  if (state === 'lost' && !wasLost && last !== null) {
    wasLost = true;
    notice('Connection lost. What you write is sent when it is back.');
  }
}

// ---- messages

function receive(message) {
  switch (message.type) {
    case 'said': return said(message);
    case 'typing': return typing(message.person);
    case 'here': return here(message.people);
    case 'gap': return notice('Some messages may be missing here.', 'problem');
    case 'refused': return notSaid(message);
    case 'joined': return joined(message);
  }
}

function joined({ person }) {
  me = person;
  for (const own of document.querySelectorAll(`[data-person="${person.id}"]`)) own.classList.add('own');
  if (wasLost) notice('Connected again.');
  wasLost = false;
}

function said(message) {
  const atEnd = isAtEnd();
  typists.delete(message.person.id);
  showTyping();
  pendingEntry(message.id)?.remove();
  $('log').append(entry(message));
  while ($('log').childElementCount > longestLog) $('log').firstElementChild.remove();
  last = message;
  if (atEnd || message.person.id === me?.id) toEnd();
  else $('newer').hidden = false;
}

// entry has a heading unless the message before is by the same person.
function entry({ id, person, text, at }) {
  const made = document.createElement('li');
  made.dataset.id = id;
  made.dataset.person = person.id;
  if (person.id === me?.id) made.classList.add('own');
  if (last === null || last.person?.id !== person.id || at - last.at > groupWithin) {
    const heading = part('p', 'heading');
    const name = part('bdi', 'name', person.name); // which does not change the direction of the text beside it
    const time = part('time', '', new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = new Date(at).toISOString();
    heading.append(name, ' ', time);
    made.append(avatar(person), heading);
  }
  const body = part('p', 'text', text);
  body.dir = 'auto';
  made.append(body);
  return made;
}

function notice(text, kind = '') {
  const atEnd = isAtEnd();
  const made = part('li', `notice ${kind}`, text);
  $('log').append(made);
  last = { at: 0 }; // so that the next message has a heading
  if (atEnd) toEnd();
}

// ---- what this person says

$('composer').onsubmit = (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (text === '' || connection === null) return;
  say(crypto.getRandomValues(new Uint32Array(4)).join('-'), text);
  $('text').value = '';
  typed = -Infinity;
};

function say(id, text) {
  const made = part('li', 'own');
  made.dataset.id = id;
  const body = part('p', 'text', text);
  body.dir = 'auto';
  made.append(body, part('p', 'state', 'Sending…'));
  $('pending').append(made);
  toEnd();
  connection.say(id, text);
}

function pendingEntry(id) {
  return [...$('pending').children].find((made) => made.dataset.id === id);
}

function notSaid({ id, reason }) {
  const made = pendingEntry(id);
  if (made === undefined) return;
  made.classList.add('problem');
  const again = part('button', 'quiet', 'Try again');
  const text = made.querySelector('.text').textContent;
  again.type = 'button';
  again.onclick = () => {
    made.remove();
    say(id, text);
  };
  made.querySelector('.state').replaceChildren(`Not sent: ${reason}. `, again);
}

$('text').onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('composer').requestSubmit();
};

$('text').oninput = () => {
  if ($('text').value.trim() === '' || performance.now() < typed + typingEvery) return;
  typed = performance.now();
  connection?.typing();
};

// ---- who types, and who is here

function typing({ id, name }) {
  if (id === me?.id) return; // in another window
  typists.set(id, { name, until: performance.now() + typingShown });
  showTyping();
  setTimeout(showTyping, typingShown + 10);
}

function showTyping() {
  typists = new Map([...typists].filter(([, { until }]) => until > performance.now()));
  const names = [...typists.values()].map(({ name }) => name);
  const [first, second] = names;
  const text = ['', `${first} is typing…`, `${first} and ${second} are typing…`, 'Several people are typing…'][Math.min(names.length, 3)];
  if ($('typing').textContent !== text) $('typing').textContent = text;
}

function here(people = []) {
  $('count').textContent = `${people.length} here`;
  $('people').replaceChildren(...people.map((person) => {
    const made = document.createElement('li');
    made.append(avatar(person), part('bdi', 'name', person.name));
    if (person.id === me?.id) made.append(part('span', 'you', 'you'));
    return made;
  }));
}

function showRooms() {
  $('rooms').replaceChildren(...[...new Set([...rooms, room])].map((name) => {
    const made = document.createElement('li');
    const link = part('a', '', name);
    link.href = `#${name}`;
    if (name === room) link.ariaCurrent = 'page';
    made.append(link);
    return made;
  }));
}

// avatar is the first letter of a name in a colour that is always the same for a person.
function avatar({ id, name }) {
  const made = part('span', 'avatar', [...name][0].toUpperCase());
  made.ariaHidden = 'true';
  made.style.setProperty('--hue', parseInt(id.slice(0, 4), 16) % 360);
  return made;
}

// ---- helpers and controls

function part(name, kind, text) {
  const made = document.createElement(name);
  if (kind !== '') made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}

function isAtEnd() {
  const { scrollTop, clientHeight, scrollHeight } = $('scroll');
  return scrollTop + clientHeight > scrollHeight - 60;
}

function toEnd() {
  $('scroll').scrollTop = $('scroll').scrollHeight;
  $('newer').hidden = true;
}

$('scroll').onscroll = () => { if (isAtEnd()) $('newer').hidden = true; };
$('newer').onclick = toEnd;

$('welcome').onsubmit = (event) => {
  event.preventDefault();
  localStorage.setItem('name', $('name').value.trim());
  $('problem').hidden = true;
  enter();
};

$('rename').onclick = () => {
  connection?.close();
  connection = null;
  $('name').value = localStorage.getItem('name');
  localStorage.removeItem('name');
  showState('none', 'Not connected');
  enter();
};

$('other').onsubmit = (event) => {
  event.preventDefault();
  location.hash = $('other-room').value.trim().toLowerCase();
  $('other-room').value = '';
};

$('aside').onclick = () => {
  $('sidebar').classList.toggle('open');
  $('aside').ariaExpanded = $('sidebar').classList.contains('open');
};

addEventListener('hashchange', () => {
  $('sidebar').classList.remove('open');
  $('aside').ariaExpanded = 'false';
  enter();
});
enter();
