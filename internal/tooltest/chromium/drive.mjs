// Starts a browser that uses no network but what its pages ask for, and drives it.

import { chromium } from 'playwright-core';

// drive calls act with the browser, prints as JSON what that returns, and ends the
// browser. The browser is the program of HANDSET_CHROMIUM.
export async function drive(act) {
  const browser = await chromium.launch({
    executablePath: process.env.HANDSET_CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  try {
    console.log(JSON.stringify(await act(browser)));
  } finally {
    await browser.close();
  }
}
