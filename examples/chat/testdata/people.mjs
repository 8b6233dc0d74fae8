// What persons do in the chat, each in a browser window of their own.

import { errorsOf } from '../../../internal/tooltest/testdata/chromium/drive.mjs';

export class Person {
  // join opens the page in a new context, with nothing stored, and joins.
  static async join(browser, url, name, options = {}) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const person = new Person();
    Object.assign(person, { page, context, name, errors: errorsOf(page), joins: [] });
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
      const request = JSON.parse(payload);
      if (request.type === 'join') person.joins.push(request);
    }));
    await page.clock.install(); // so that its timers can be moved forward
    await page.goto(url);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Join' }).click();
    await person.connected();
    return person;
  }

  async connected() {
    await this.page.getByRole('status').getByText('Connected', { exact: true }).waitFor();
  }

  async lost() {
    await this.page.getByRole('status').getByText(/Connection lost|Reconnecting/).waitFor();
  }

  async write(text) {
    await this.page.getByLabel('Message', { exact: true }).fill(text);
  }

  async say(text) {
    await this.write(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  // reads waits until a text is in the log.
  async reads(text) {
    await this.page.locator('#log .text').getByText(text, { exact: true }).first().waitFor();
  }

  // texts are what is in the log, oldest first.
  async texts() {
    return this.page.locator('#log .text, #log .notice').allTextContents();
  }
}
