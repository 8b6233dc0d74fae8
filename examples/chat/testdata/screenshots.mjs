// Writes the screenshots of the README into a folder.
//
//	node screenshots.mjs FOLDER URL

import { desktop, drive, phone } from '../../../internal/tooltest/testdata/chromium/drive.mjs';
import { Person } from './people.mjs';

const [folder, url] = process.argv.slice(2);

await drive(async (browser) => {
  const ada = await Person.join(browser, url, 'Ada', { ...desktop, colorScheme: 'light' });
  const lin = await Person.join(browser, url, 'Lin', { ...phone, colorScheme: 'dark' });
  const max = await Person.join(browser, url, 'Max', { ...phone, colorScheme: 'dark' });
  for (const [person, text] of [
    [ada, 'Hello! Does the chat run on two servers now?'],
    [max, 'Yes, since last night. You are on the first one, I am on the second.'],
    [max, 'They share one broker.'],
    [lin, 'Good morning!'],
    [lin, 'I was on a train. Everything that I missed in the tunnel was there when the connection was back.'],
    [ada, 'Nice. And nothing twice?'],
    [lin, 'Nothing twice.'],
    [ada, 'Then let us try to restart the first server.\nI will write a message before, and one after it.'],
    [max, 'Go ahead!'],
  ]) {
    await person.say(text);
    for (const other of [ada, lin, max]) await other.reads(text.split('\n')[0].length === text.length ? text : text.replace('\n', ' '));
  }
  await max.page.getByLabel('Message', { exact: true }).pressSequentially('o');
  for (const { page } of [ada, lin]) await page.getByText('Max is typing…').waitFor();
  await ada.write('Here is the first one');
  await Promise.all([
    ada.page.screenshot({ path: `${folder}/desktop.png` }),
    lin.page.screenshot({ path: `${folder}/phone.png` }),
  ]);
});
