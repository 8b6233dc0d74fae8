// Drives two windows of the progress example and reports what they show.
//
//	node page.mjs URL CONTROL
//
// CONTROL is the URL of a Network of package tooltest.

import { drive, errorsOf, phone } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

const [url, control] = process.argv.slice(2);

await drive(async (browser) => {
  const context = await browser.newContext(phone);
  context.setDefaultTimeout(20_000);
  const first = await context.newPage();
  const errors = [errorsOf(first)];
  await first.clock.install(); // so that its timers can be moved forward
  await first.goto(url);
  const result = { title: await first.title() };
  await start(first, '100 billion');
  await shows(first, 'Running');

  const opened = context.waitForEvent('page');
  await first.getByRole('link', { name: 'Follow in a second window' }).click();
  const second = await opened;
  errors.push(errorsOf(second));
  await shows(second, 'Running');
  for (const page of [first, second]) await page.locator('#followers').getByText('2').waitFor();
  result.sameJob = first.url() === second.url() && first.url().length > url.length + 20;

  result.before = await done(first);
  await fetch(`${control}/down`);
  for (const page of [first, second]) await page.getByRole('status').getByText('Connection lost').waitFor();
  await fetch(`${control}/up`);
  for (const page of [first, second]) await page.getByRole('log').getByText('Connected again').waitFor();
  result.after = await done(first);

  await fetch(`${control}/freeze`); // nothing comes from the server any more
  await first.clock.fastForward(6000);
  await first.getByRole('log').getByText('Connected again').nth(1).waitFor();

  await second.getByRole('button', { name: 'Cancel the job' }).click();
  for (const page of [first, second]) await shows(page, 'Cancelled');
  await second.reload();
  await shows(second, 'Cancelled'); // the server knows the job for a while

  // A smaller number than the page offers, because the race detector is slow.
  await first.locator('#below option').first().evaluate((option) => { option.value = '10000000'; });
  await start(first, '100 million');
  await shows(first, 'Finished');
  result.primes = await first.locator('#primes').textContent();
  result.percent = await first.locator('#percent').textContent();
  result.bar = await first.getByRole('progressbar').evaluate((bar) => bar.value / bar.max);
  result.events = await first.getByRole('log').getByRole('listitem').allTextContents();

  await second.goto(`${url}#unknown`);
  result.unknown = await second.getByRole('alert').textContent();
  result.width = await first.evaluate(() => document.documentElement.scrollWidth);
  result.errors = errors.flat();
  return result;
});

async function start(page, below) {
  await page.getByLabel('Count the prime numbers below').selectOption(below);
  await page.getByRole('button', { name: 'Start' }).press('Enter'); // with the keyboard
}

async function shows(page, state) {
  await page.locator('#state').getByText(state).waitFor();
}

async function done(page) {
  return Number((await page.locator('#done').textContent()).replaceAll(',', ''));
}
