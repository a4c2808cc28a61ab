/** Three numbers at the end: what a person thinks of the service. Only their counts are kept. */

import {call} from './api.js';
import {named, show, uuid} from './dom.js';
import {notice} from './form.js';
import {say} from './words.js';

/** Offers the questions. @param {string} token of the contact that has ended */
export function rating(token) {
  const el = /** @type {any} */ (document.getElementById('rate'));
  show(el, true);
  el.addEventListener('submit', (event) => {
    event.preventDefault();
    const answers = {};
    el.querySelectorAll('input:checked').forEach((tick) => { answers[tick.name] = Number(tick.value); });
    named('rate').disabled = true;
    call('POST', '/api/v1/contact/feedback', {token, body: {request_id: uuid(), answers}}).then(() => {
      show(el, false);
      notice(say('c.rate_thanks'));
      document.getElementById('heading').focus();
    });
  });
}
