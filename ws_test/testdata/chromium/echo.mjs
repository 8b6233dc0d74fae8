// Drives the page of examples/echo in a real browser, as a person would, and
// prints what happened as one line of JSON.
//
//	node echo.mjs URL TEXT
//
// What went over the wire is taken from the browser itself (its DevTools see
// every frame), not from what the page says about it.

import { drive } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [url, text] = process.argv.slice(2);
const mebibyte = 1 << 20;
const patience = 20_000; // milliseconds for any one step

await drive(visit);

async function visit(browser) {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  const frames = [];
  page.on('websocket', (socket) => {
    if (!socket.url().endsWith('/ws_echo')) return;
    socket.on('framesent', ({ payload }) => frames.push({ sent: payload }));
    socket.on('framereceived', ({ payload }) => frames.push({ received: payload }));
  });

  await page.goto(url);
  const result = { title: await page.title() };
  result.pongBefore = await pong(page); // a ping needs no connection
  result.connected = await connect(page);
  result.text = await echoed(page, 'text', frames, () => sendText(page, text));
  result.received = frames.at(-1).received;
  result.binary = await echoed(page, 'binary', frames, () => sendRandom(page, 1000));
  result.median = [await page.locator('#median').textContent(), millis((result.text.took + result.binary.took) / 2)];
  result.mebibyte = await echoed(page, 'binary', frames, () => sendRandom(page, mebibyte));
  result.pong = await pong(page);
  result.close = await close(page, '4321', 'that is all');
  result.reconnected = await connect(page);
  result.textAgain = await echoed(page, 'text', frames, () => sendText(page, text));
  result.closeWithoutCode = await close(page, '', '');
  result.times = await page.locator('#log .figure, .figures dd').allTextContents();
  result.phone = await onPhone(await browser.newPage({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }));
  result.errors = errors;
  return result;
}

// onPhone sees whether an echo is on the screen without scrolling.
async function onPhone(page) {
  page.setDefaultTimeout(patience);
  await page.goto(url);
  await connect(page);
  await next(page, 'text', () => sendText(page, text));
  const entry = await page.getByRole('log').locator('[data-event="text"]').first().boundingBox();
  const size = await page.evaluate(() => ({ width: innerWidth, height: innerHeight, content: document.body.scrollWidth }));
  return {
    scrolled: await page.evaluate(() => scrollY),
    inside: entry.y >= 0 && entry.y + entry.height <= size.height && size.content <= size.width,
  };
}

function millis(value) {
  return `${value.toFixed(2)} ms`;
}

async function connect(page) {
  await page.getByRole('button', { name: 'Connect', exact: true }).press('Enter'); // with the keyboard
  const status = page.getByRole('status').first();
  await status.and(page.locator('[data-state="open"]')).waitFor();
  return status.textContent();
}

async function sendText(page, text) {
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send text' }).click();
}

async function sendRandom(page, size) {
  await page.getByLabel('Random bytes').fill(String(size));
  await page.getByLabel('Unit').selectOption('B');
  await page.getByRole('button', { name: 'Send bytes' }).click();
}

// echoed waits for the echo of what act sends, and compares both on the wire.
async function echoed(page, kind, frames, act) {
  const entry = await next(page, kind, act);
  const [sent, received] = frames.slice(-2);
  return {
    size: Number(entry.size),
    took: Number(entry.took),
    same: Buffer.compare(Buffer.from(sent.sent), Buffer.from(received.received)) === 0,
  };
}

async function pong(page) {
  const button = page.getByRole('button', { name: 'Ping this browser' });
  await next(page, 'pong', () => button.click());
  return page.locator('#ping').textContent();
}

async function close(page, code, reason) {
  const more = page.locator('details');
  if (!await more.evaluate((details) => details.open)) await more.locator('summary').click();
  await page.getByLabel('Close code').fill(code);
  await page.getByLabel('Reason').fill(reason);
  const entry = await next(page, 'close', () => page.getByRole('button', { name: 'Disconnect' }).click());
  return { code: Number(entry.code), reason: entry.reason, clean: entry.clean === 'true' };
}

// next acts, and returns what the newest entry of the conversation says once
// there is one more entry of that event.
async function next(page, event, act) {
  const entries = page.getByRole('log').locator(`[data-event="${event}"]`);
  const before = await entries.count();
  await act();
  await entries.nth(before).waitFor();
  return entries.first().evaluate((entry) => ({ ...entry.dataset }));
}
