// Drives two windows of the ticker example and reports what they show.
//
//	node page.mjs URL CONTROL
//
// CONTROL is the URL of a Network of package tooltest.

import { desktop, drive, errorsOf, phone } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [url, control] = process.argv.slice(2);

await drive(async (browser) => {
  const pages = [await browser.newPage(desktop), await browser.newPage(phone)];
  const errors = pages.map(errorsOf);
  await Promise.all(pages.map(async (page) => {
    page.setDefaultTimeout(20_000);
    await page.clock.install(); // so that its timers can be moved forward
    await page.goto(url);
    await live(page);
  }));
  const [first, second] = pages;
  const result = { title: await first.title() };

  await first.getByRole('radio', { name: 'Cocoa' }).press('ArrowDown'); // with the keyboard
  result.selected = await first.getByRole('heading', { level: 2 }).textContent();
  result.hash = new URL(first.url()).hash;
  await second.locator('label', { hasText: 'Coffee' }).click();
  result.same = await samePrice(first, second);
  await first.getByRole('img', { name: 'Coffee is at' }).waitFor();
  result.goods = await second.locator('label .name').allTextContents();

  await fetch(`${control}/down`);
  for (const page of pages) await page.getByRole('status').getByText('Connection lost').waitFor();
  await fetch(`${control}/up`);
  for (const page of pages) await live(page);
  await fetch(`${control}/freeze`); // nothing comes from the server any more
  const before = await received(first);
  await first.clock.fastForward(6000);
  await first.waitForFunction((before) => Number(document.getElementById('received').textContent.replaceAll(',', '')) > before + 500, before);
  result.skipped = await Promise.all(pages.map((page) => page.locator('#skipped').textContent()));
  result.width = await second.evaluate(() => document.documentElement.scrollWidth);
  result.errors = errors.flat();
  return result;
});

// live waits until the chart shows the last minute.
async function live(page) {
  await page.getByRole('status').getByText('Live').waitFor();
  await page.waitForFunction(() => {
    const [start] = document.getElementById('line').getAttribute('d')?.slice(1).split(' ') ?? [];
    return Number(start) < document.getElementById('chart').clientWidth / 50;
  });
}

async function received(page) {
  return Number((await page.locator('#received').textContent()).replaceAll(',', ''));
}

// samePrice waits until both pages show the same price, which changes all the time.
async function samePrice(first, second) {
  for (let i = 0; i < 100; i++) {
    const prices = await Promise.all([first, second].map((page) => page.locator('#price').textContent()));
    if (prices[0] === prices[1]) return true;
  }
  return false;
}
