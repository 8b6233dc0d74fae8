// Writes the screenshots of the README into a folder.
//
//	node screenshots.mjs FOLDER URL

import { desktop, drive, phone } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [folder, url] = process.argv.slice(2);

await drive(async (browser) => {
  for (const [name, window, good] of [
    ['desktop', { ...desktop, colorScheme: 'light' }, 'Coffee'],
    ['phone', { ...phone, colorScheme: 'dark' }, 'Cocoa'],
  ]) {
    const page = await browser.newPage(window);
    await page.goto(`${url}#${good}`);
    await page.waitForFunction(() => Number(document.getElementById('received').textContent) > 640);
    await page.screenshot({ path: `${folder}/${name}.png` });
  }
});
