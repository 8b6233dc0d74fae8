// The page of the ticker example. It receives all prices, several times a second, over
// a WebSocket to /ws_prices, and draws those of the last minute.

const $ = (id) => document.getElementById(id);
const address = new URL('ws_prices', location.href.replace(/^http/, 'ws'));
address.hash = '';

const shown = 60_000; // milliseconds of the past on the chart
const silence = 5000; // milliseconds without a message, after which the connection is lost
const firstDelay = 500; // before the first attempt to connect again, doubled with each attempt
const longestDelay = 10_000;
const describeEvery = 10_000; // how often the text for screen readers changes

let quotes = []; // what was received, oldest first
let selected = location.hash.slice(1);
let received = 0;
let skipped = 0;
let arrivals = []; // when the messages of the last seconds came
let opened = 0; // when the connection was opened

// ---- connection

let socket = null;
let attempt = 0; // how often in a row the connection has failed
let timer = 0; // for the next attempt, or for silence

function connect() {
  clearTimeout(timer);
  const current = socket = new WebSocket(address);
  current.onopen = () => {
    quotes = []; // the server sends those of the last minute
    arrivals = [];
    opened = performance.now();
  };
  current.onmessage = ({ data }) => current === socket && receive(JSON.parse(data));
  current.onclose = () => current === socket && lost();
  listen();
}

// listen closes the connection unless a message comes in time. A browser does not notice
// by itself that the network is gone.
function listen() {
  clearTimeout(timer);
  const current = socket;
  timer = setTimeout(() => {
    lost(); // close() would wait for the server's answer
    current.close();
  }, silence);
}

function lost() {
  clearTimeout(timer);
  socket = null;
  show('lost', 'Connection lost');
  const delay = Math.min(longestDelay, firstDelay * 2 ** attempt++);
  timer = setTimeout(connect, delay * (0.5 + Math.random() / 2)); // not all pages at once
}

// The network is back: do not wait for the next attempt.
addEventListener('online', () => attempt > 0 && socket === null && connect());

function receive(quote) {
  attempt = 0;
  received++;
  if (quotes.length > 0) skipped += quote.seq - quotes.at(-1).seq - 1;
  quotes.push(quote);
  while (quotes[0].at < quote.at - shown) quotes.shift();
  const now = performance.now();
  if (now > opened + 1000) arrivals = [...arrivals.filter((at) => at > now - 5000), now]; // without those of the past
  show('open', 'Live');
  drawSoon();
  listen();
}

function show(state, text) {
  if ($('connection').textContent !== text) $('connection').textContent = text; // which is announced
  $('connection').dataset.state = state;
}

// ---- chart

let drawing = false;

// drawSoon draws once for all messages that came since the last frame.
function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (quotes.length > 0) draw();
  });
}

function draw() {
  const { prices } = quotes.at(-1);
  for (const name of Object.keys(prices)) {
    if (!goods.has(name)) addGood(name);
    drawGood(name);
  }
  if ($('name').textContent !== selected) select(selected in prices ? selected : Object.keys(prices)[0]);
  drawChart();
  $('received').textContent = received.toLocaleString('en');
  $('skipped').textContent = skipped.toLocaleString('en');
  $('rate').textContent = arrivals.length < 2 ? '–' : (1000 * (arrivals.length - 1) / (arrivals.at(-1) - arrivals[0])).toFixed(1);
}

function drawChart() {
  const { width, height } = $('chart').getBoundingClientRect();
  const margin = { top: 8, right: 56, bottom: 24 };
  const values = quotes.map(({ prices }) => prices[selected]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const space = (high - low || 1) * 0.12;
  const end = quotes.at(-1).at;
  const x = (at) => (width - margin.right) * (1 - (end - at) / shown);
  const y = (value) => margin.top + (height - margin.top - margin.bottom) * (high + space - value) / (high - low + 2 * space);

  $('chart').setAttribute('viewBox', `0 0 ${width} ${height}`);
  $('line').setAttribute('d', path(quotes.map(({ at, prices }) => [x(at), y(prices[selected])])));
  $('area').setAttribute('d', `${$('line').getAttribute('d')}V${height - margin.bottom}H${x(quotes[0].at)}Z`);
  const last = values.at(-1);
  set('dot', { cx: x(end), cy: y(last) });
  set('level', { x1: 0, x2: width - margin.right, y1: y(last), y2: y(last) });
  drawGrid(low, high, x, y, end, width - margin.right, height);
  $('price').textContent = money(last);
  $('high').textContent = money(high);
  $('low').textContent = money(low);
  showChange($('change'), values);
  describe(last, low, high);
}

function drawGrid(low, high, x, y, end, right, height) {
  const marks = [];
  for (const value of ticks(low, high)) {
    marks.push(element('line', { x1: 0, x2: right, y1: y(value), y2: y(value) }));
    marks.push(element('text', { x: right + 10, y: y(value) + 4 }, money(value)));
  }
  for (const seconds of [60, 45, 30, 15, 0]) {
    const anchor = seconds === 60 ? 'start' : seconds === 0 ? 'end' : 'middle';
    marks.push(element('text', { x: x(end - 1000 * seconds), y: height - 6, 'text-anchor': anchor }, seconds === 0 ? 'now' : `−${seconds} s`));
  }
  $('grid').replaceChildren(...marks);
}

// ticks returns up to five round numbers between two.
function ticks(low, high) {
  const raw = Math.max(high - low, 0.01) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(n * step);
  return found;
}

// describe sets the text for screen readers, not so often that it would be in the way.
let described = { name: '', at: -Infinity };
function describe(last, low, high) {
  if (described.name === selected && performance.now() < described.at + describeEvery) return;
  described = { name: selected, at: performance.now() };
  $('chart').ariaLabel = `${selected} is at ${money(last)}. In the last minute it was between ${money(low)} and ${money(high)}.`;
}

// ---- goods

const goods = new Map(); // the parts of each good's card

function addGood(name) {
  const label = document.createElement('label');
  const radio = Object.assign(document.createElement('input'), { type: 'radio', name: 'good', value: name, checked: name === selected });
  radio.onchange = () => select(name);
  const spark = element('svg', { class: 'spark', viewBox: '0 0 100 32', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const line = element('path', {});
  spark.append(line);
  const [title, price, change] = ['name', 'price', 'change'].map((kind) => {
    const part = document.createElement('span');
    part.className = kind;
    return part;
  });
  title.textContent = name;
  label.append(radio, title, spark, price, change);
  $('goods').append(label);
  goods.set(name, { radio, line, price, change });
}

function drawGood(name) {
  const { line, price, change } = goods.get(name);
  const few = quotes.filter((_, i) => i % 6 === (quotes.length - 1) % 6);
  const values = few.map(({ prices }) => prices[name]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const end = few.at(-1).at;
  line.setAttribute('d', path(few.map(({ at }, i) => [100 * (1 - (end - at) / shown), 30 - 28 * (values[i] - low) / (high - low || 1)])));
  price.textContent = money(values.at(-1));
  showChange(change, quotes.map(({ prices }) => prices[name]));
}

function select(name) {
  selected = name;
  history.replaceState(null, '', `#${name}`); // so that a reload shows the same
  $('name').textContent = name;
  goods.get(name).radio.checked = true;
  drawSoon();
}

function showChange(place, values) {
  const change = 100 * (values.at(-1) / values[0] - 1);
  place.textContent = `${change < 0 ? '▼' : '▲'} ${Math.abs(change).toFixed(2)} %`;
  place.dataset.direction = change < 0 ? 'down' : 'up';
  place.closest('label, section').dataset.direction = place.dataset.direction;
}

// ---- helpers

const money = (value) => value.toFixed(2);

function path(points) {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

function element(name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function set(id, attributes) {
  for (const [key, value] of Object.entries(attributes)) $(id).setAttribute(key, value);
}

addEventListener('resize', drawSoon);
connect();
