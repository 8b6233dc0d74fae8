// Has a real browser open a WebSocket from pages of several origins and prints
// whether each was opened, as one line of JSON.
//
//	node origins.mjs CALLS
//
// A call is a page's URL, a WebSocket's URL, and whether the page does it in a
// sandboxed frame, whose origin is null.

import { drive } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [calls] = process.argv.slice(2);

await drive(async (browser) => {
  const opened = [];
  for (const { page: pageURL, url, sandboxed } of JSON.parse(calls)) {
    const page = await browser.newPage();
    await page.goto(pageURL);
    opened.push(await page.evaluate(sandboxed ? callInFrame : call, url));
    await page.close();
  }
  return opened;
});

// call runs in the page.
function call(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.addEventListener('open', () => { socket.close(); resolve(true); });
    socket.addEventListener('error', () => resolve(false));
  });
}

// callInFrame has a frame of the page make the call.
function callInFrame(url) {
  return new Promise((resolve) => {
    addEventListener('message', ({ data }) => resolve(data), { once: true });
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts';
    frame.srcdoc = `<script>
      const socket = new WebSocket(${JSON.stringify(url)});
      socket.onopen = () => { socket.close(); parent.postMessage(true, '*'); };
      socket.onerror = () => parent.postMessage(false, '*');
    </script>`;
    document.body.append(frame);
  });
}
