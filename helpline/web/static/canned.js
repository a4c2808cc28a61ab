/** Canned replies: chosen by their title, they go into the field and are sent by hand. */

import {call} from './api.js';
import {make, named} from './dom.js';

export class Canned {
  constructor() {
    this.list = [];
    this.language = '';
    this.pick = named('canned');
    this.pick.addEventListener('change', () => this.take());
    call('GET', '/api/v1/sheets/canned', {cookies: true}).then((a) => { if (a.status === 200) this.list = a.body.rows; this.show(this.language); });
  }

  /** Offers the replies in the contact's language; where there are none, all. @param {string} language */
  show(language) {
    this.language = language;
    const mine = this.list.filter((r) => r[0] === language);
    const list = mine.length ? mine : this.list;
    const first = this.pick.options[0];
    this.pick.replaceChildren(first);
    list.forEach((r) => { const o = make('option', '', r[1]); o.value = r[2]; this.pick.append(o); });
    this.pick.closest('.field').hidden = list.length === 0;
  }

  /** @private */
  take() {
    const text = named('text');
    text.value = text.value ? text.value + ' ' + this.pick.value : this.pick.value;
    this.pick.selectedIndex = 0;
    text.dispatchEvent(new Event('input', {bubbles: true}));
    text.focus();
  }
}
