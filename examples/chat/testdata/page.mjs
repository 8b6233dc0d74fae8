// Drives windows of the chat, which are connected to two servers, and reports what
// they show.
//
//	node page.mjs URL CONTROL URL
//
// CONTROL is the URL of the Network, of package tooltest, of the first server.

import { desktop, drive, phone } from '../../../internal/tooltest/testdata/chromium/drive.mjs';
import { Person } from './people.mjs';

const [url, control, secondURL] = process.argv.slice(2);

await drive(async (browser) => {
  const [ann, ben] = await Promise.all([
    Person.join(browser, url, 'Ann', desktop),
    Person.join(browser, `${secondURL}#general`, '<i>Ben</i>', phone),
  ]);
  const result = { title: await ann.page.title() };

  // Both are here, and talk. Nothing is taken for markup.
  await ann.page.getByRole('list', { name: 'Here now' }).getByText('<i>Ben</i>').waitFor();
  await ann.write('o');
  await ben.page.getByText('Ann is typing…').waitFor();
  await ann.write('<b>hello</b> &amp;\nsecond line');
  await ann.page.getByLabel('Message', { exact: true }).press('Enter'); // with the keyboard
  await ben.reads('<b>hello</b> &amp; second line');
  await ben.say('hi');
  await ann.reads('hi');
  result.markup = await ben.page.locator('#log b, #log i, #people i').count();

  // The first server is lost. What is said meanwhile arrives on both sides, once.
  await fetch(`${control}/down`);
  await ann.lost();
  for (const text of ['one', 'two']) await ben.say(text);
  await ben.reads('two');
  await ann.say('from the tunnel');
  await ann.page.getByText('Sending…').waitFor();
  await fetch(`${control}/up`);
  await ann.connected();
  await ben.reads('from the tunnel');
  await ann.reads('from the tunnel');
  result.pending = await ann.page.locator('#pending li').count();

  // The connection is lost at once after a message, of which the page cannot know
  // whether it has arrived.
  await Promise.all([ann.say('did it arrive?'), fetch(`${control}/cut`)]);
  await ben.reads('did it arrive?');
  await ann.reads('did it arrive?');
  await ann.connected();
  await ben.say('yes, once');
  await ann.reads('yes, once');

  // Nothing comes from the first server any more. The page does not wait for ever.
  await fetch(`${control}/freeze`);
  await ben.say('are you there?');
  await ben.reads('are you there?');
  await ann.page.clock.fastForward(16_000);
  await ann.reads('are you there?');
  result.resumed = ann.joins.map(({ after }) => after !== '');
  result.ann = await ann.texts();
  result.ben = await ben.texts();

  // Too many at once are refused, and can be sent again.
  for (let i = 0; i < 7; i++) await ben.say(`spam ${i}`);
  await ben.page.getByText('too many messages').first().waitFor();
  await ben.page.getByRole('button', { name: 'Try again' }).first().waitFor();

  // A reload shows the last messages, and another room has others.
  await ann.page.reload();
  await ann.reads('did it arrive?');
  result.own = await ann.page.locator('#log .own').count();
  await ann.page.getByRole('link', { name: 'help' }).click();
  await ann.page.getByRole('heading', { name: 'help' }).waitFor();
  await ann.connected();
  result.otherRoom = await ann.texts();
  await ben.page.getByRole('button', { name: 'Rooms and people' }).click();
  await ben.page.getByRole('list', { name: 'Here now' }).waitFor();

  result.width = await ben.page.evaluate(() => document.documentElement.scrollWidth);
  result.errors = [...ann.errors, ...ben.errors];
  return result;
});
