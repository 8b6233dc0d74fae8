// Has a real browser send an echo the messages of every plan, over one WebSocket
// after the other, check what comes back, and prints what happened as one line
// of JSON.
//
//	node matrix.mjs PAGE-URL WEBSOCKET-URL PLANS
//
// The page's server has the payload at /payload, and the n-th plan's WebSocket
// has a URL that ends in /n.

import { drive } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [pageURL, url, plans] = process.argv.slice(2);

await drive(async (browser) => {
  const page = await browser.newPage();
  await page.goto(pageURL);
  return page.evaluate(talkAll, { url, plans: JSON.parse(plans) });
});

// talkAll runs in the page.
async function talkAll({ url, plans }) {
  const payload = new Uint8Array(await (await fetch('/payload')).arrayBuffer());
  const texts = new Map();

  function said({ size, text }) {
    const data = payload.subarray(0, size);
    if (!text) return data;
    if (!texts.has(size)) texts.set(size, new TextDecoder('utf-8', { ignoreBOM: true }).decode(data));
    return texts.get(size);
  }

  function once(socket, event) {
    return new Promise((resolve, reject) => {
      socket.addEventListener(event, resolve, { once: true });
      if (event !== 'close') socket.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code}`)), { once: true });
    });
  }

  function same(got, want) {
    if (typeof want === 'string') return got === want;
    const bytes = new Uint8Array(got);
    if (bytes.length !== want.length) return false;
    for (let k = 0; k < bytes.length; k++) if (bytes[k] !== want[k]) return false;
    return true;
  }

  async function talk(socket, plan) {
    socket.binaryType = 'arraybuffer';
    await once(socket, 'open');
    const visit = { extensions: socket.extensions, messages: 0 };
    for (const message of plan.map(said)) {
      const echo = once(socket, 'message');
      socket.send(message);
      if (!same((await echo).data, message)) throw new Error(`message ${visit.messages} came back different`);
      visit.messages++;
    }
    const closed = once(socket, 'close');
    socket.close(4321);
    visit.code = (await closed).code;
    return visit;
  }

  const visits = [];
  for (const [i, plan] of plans.entries()) visits.push(await talk(new WebSocket(`${url}/${i}`), plan));
  return visits;
}
