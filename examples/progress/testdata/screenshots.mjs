// Writes the screenshots of the README into a folder.
//
//	node screenshots.mjs FOLDER URL CONTROL

import { desktop, drive, phone } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [folder, url, control] = process.argv.slice(2);

await drive(async (browser) => {
  const first = await browser.newPage({ ...desktop, colorScheme: 'dark' });
  await first.goto(url);
  await first.getByRole('button', { name: 'Start' }).click();
  await first.locator('#state').getByText('Running').waitFor();
  const second = await browser.newPage({ ...phone, colorScheme: 'light' });
  await second.goto(first.url());
  await reached(first, 0.27);
  await fetch(`${control}/cut`);
  await reached(first, 0.42);
  await Promise.all([
    first.screenshot({ path: `${folder}/desktop.png` }),
    second.screenshot({ path: `${folder}/phone.png` }),
  ]);
  await first.getByRole('button', { name: 'Cancel the job' }).click();
  await first.locator('#state').getByText('Cancelled').waitFor();
});

async function reached(page, part) {
  await page.waitForFunction((part) => document.getElementById('bar').value > part, part, { timeout: 80_000 });
}
