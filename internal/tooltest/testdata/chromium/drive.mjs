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
    console.log(JSON.stringify(await act(browser) ?? null));
  } finally {
    await browser.close();
  }
}

// The windows of screenshots.
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const desktop = { viewport: { width: 1280, height: 800 } };

// errorsOf returns an array to which the errors of a page are added: those in its
// scripts, and those in its console, except for connections that are lost.
export function errorsOf(page) {
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('WebSocket connection to')) errors.push(message.text());
  });
  return errors;
}
