/** The matter number: offered once a card was written and at the end, shown to whoever asks for it. */

import {call} from './api.js';
import {grouped, named, put, show, uuid} from './dom.js';
import {say} from './words.js';

export class Matter {
  /** @param {string} token of the conversation; the server knows it a while longer than the page */
  constructor(token) {
    this.token = token;
    this.box = document.getElementById('matter');
    this.button = named('matter-take');
    put(named('matter-number'), '');
    show(this.box, false);
    this.button.onclick = () => this.take();
  }

  /** Shows that there is a number to take. */
  offer() {
    show(this.box, true);
  }

  /** @private */
  take() {
    this.button.disabled = true;
    call('POST', '/api/v1/contact/matter', {token: this.token, body: {request_id: uuid()}}).then((a) => {
      const known = a.status === 200;
      this.button.disabled = false;
      show(this.button, !known && a.status !== 404);
      put(named('matter-number'), known ? grouped(a.body.matter_number) : say(a.status === 404 ? 'c.matter_none' : 'c.matter_later'));
      if (known) named('matter-number').scrollIntoView({block: 'center'});
    });
  }
}
