// Has a page connect to each URL of standard input, and prints a line of JSON when a
// connection has ended. No certificate is checked.

import { createInterface } from 'node:readline';
import { drive } from '../../../internal/tooltest/testdata/chromium/drive.mjs';
import { visit } from '../node/standard.mjs';

await drive(async (browser) => {
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.exposeFunction('report', (report) => console.log(JSON.stringify(report)));
  for await (const url of createInterface({ input: process.stdin })) {
    await page.evaluate(`void (${visit})(${JSON.stringify(url)}).then(report)`);
  }
});
