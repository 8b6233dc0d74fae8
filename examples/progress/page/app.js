// The page of the progress example. Each job has one WebSocket to /ws_job, on which
// the server sends the status of the job several times a second. The ID of the job is
// the fragment of the page's address, so that a reload, a bookmark and a second
// window follow the same job.

const $ = (id) => document.getElementById(id);
const address = new URL('ws_job', location.href.replace(/^http/, 'ws'));
address.hash = '';

const silence = 5000; // milliseconds without a status, after which the connection is lost
const firstDelay = 500; // before the first attempt to connect again, doubled with each attempt
const longestDelay = 10_000;
const longestLog = 50;

let socket = null; // the connection to the current job
let job = null; // its newest status
let attempt = 0; // how often in a row the connection has failed
let timer = 0; // for the next attempt, or for silence

// ---- connection

// connect opens a connection and sends the first request: to start a job or to follow one.
function connect(request) {
  clearTimeout(timer);
  socket?.close();
  const current = socket = new WebSocket(address);
  const isCurrent = () => socket === current; // an old one may still receive something
  show('connecting', attempt === 0 ? 'Connecting…' : 'Reconnecting…');
  current.onopen = () => isCurrent() && current.send(JSON.stringify(request));
  current.onmessage = ({ data }) => isCurrent() && received(JSON.parse(data));
  current.onclose = ({ code, reason }) => isCurrent() && closed(code, reason, request);
  listen();
}

// listen closes the connection unless a status comes in time. A browser does not notice
// by itself that the network is gone.
function listen() {
  clearTimeout(timer);
  const current = socket;
  timer = setTimeout(() => {
    current.onclose({ code: 1006, reason: '' }); // close() would wait for the server's answer
    current.close();
  }, silence);
}

function received(status) {
  const before = job;
  job = status;
  if (before?.job !== job.job) {
    history.replaceState(null, '', `#${job.job}`);
    note(attempt > 0 || before === null && job.done > 0 ? `Following a job that is at ${percent()} %` : 'The job has started');
  } else if (attempt > 0) {
    note(`Connected again: the job is at ${percent()} %`);
  }
  attempt = 0;
  show('open', 'Connected');
  draw();
  if (ended()) note(job.state === 'finished' ? `Finished: ${number(job.primes)} primes` : `Cancelled at ${percent()} %`);
  listen();
}

function closed(code, reason, request) {
  clearTimeout(timer);
  socket = null;
  if (job !== null && ended() || code === 1000) {
    show('none', 'Job ended');
    return;
  }
  if (code === 4404) return failed('The server does not know this job any more. It has ended, or the server was restarted.');
  if (code === 4400 || code === 1013) return failed(`The server refused: ${reason}.`);
  if (attempt === 0) note(job === null ? 'No connection to the server' : `Connection lost at ${percent()} %`, 'problem');
  show('lost', 'Connection lost');
  const next = job === null ? request : { follow: job.job };
  const delay = Math.min(longestDelay, firstDelay * 2 ** attempt++);
  timer = setTimeout(() => connect(next), delay * (0.5 + Math.random() / 2)); // not all pages at once
}

function failed(text) {
  note(text, 'problem');
  $('problem').textContent = text;
  $('problem').hidden = false;
  $('job').hidden = true;
  history.replaceState(null, '', location.pathname);
  job = null;
  show('none', 'No job');
}

function start(request) {
  job = null;
  attempt = 0;
  $('problem').hidden = true;
  connect(request);
}

// ---- what is shown

const ended = () => job.state === 'finished' || job.state === 'cancelled';
const percent = () => (100 * job.done / job.below).toFixed(job.state === 'finished' ? 0 : 1);
const number = (value) => value.toLocaleString('en');

function show(state, text) {
  if ($('connection').textContent !== text) $('connection').textContent = text; // which is announced
  $('connection').dataset.state = state;
  $('cancel').disabled = state !== 'open' || ended();
}

function draw() {
  $('job').hidden = false;
  $('state').dataset.state = job.state;
  $('state').textContent = { waiting: 'Waiting', running: 'Running', finished: 'Finished', cancelled: 'Cancelled' }[job.state];
  $('goal').textContent = number(job.below);
  $('percent').textContent = percent();
  $('bar').value = job.done / job.below;
  $('primes').textContent = number(job.primes);
  $('done').textContent = number(job.done);
  $('followers').textContent = job.followers;
  const rate = job.millis > 0 ? job.done / job.millis : 0; // numbers a millisecond
  $('elapsed').textContent = duration(job.millis);
  $('remaining').textContent = ended() || rate === 0 ? '–' : duration((job.below - job.done) / rate);
  $('speed').textContent = rate === 0 ? '–' : `${number(Math.round(rate / 1000))} million`;
  $('second').href = `#${job.job}`;
  document.title = ended() ? 'handset progress' : `${Math.floor(percent())} % · handset progress`;
}

function duration(millis) {
  const seconds = Math.round(millis / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function note(text, kind = '') {
  const entry = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString('en', { hour12: false });
  entry.className = kind;
  entry.append(time, ` ${text}`);
  $('log').prepend(entry);
  while ($('log').childElementCount > longestLog) $('log').lastElementChild.remove();
}

// ---- controls

$('start').onsubmit = (event) => {
  event.preventDefault();
  start({ start: Number($('below').value) });
};

$('cancel').onclick = () => socket.send(JSON.stringify({ cancel: true }));

// The network is back: do not wait for the next attempt.
addEventListener('online', () => {
  if (attempt > 0 && job !== null) connect({ follow: job.job });
});

function followAddress() {
  const id = location.hash.slice(1);
  if (id !== '' && id !== job?.job) start({ follow: id });
}

addEventListener('hashchange', followAddress);
followAddress();
