/** Asking to be called: a number, harmless words, and times. */

import {call} from './api.js';
import {clock} from './clock.js';
import {named, uuid} from './dom.js';
import {notice} from './form.js';
import {say} from './words.js';

/**
 * @param {(callback: any) => Promise<import('./api.js').Answer|null>} ask sends the request; null: something else was missing
 * @param {(answer: any, times: string[]) => void} done the times in words
 * @param {string} phone
 */
export function asking(ask, done, phone) {
  const button = named('call-ask');
  const value = (name) => named('call-' + name).value.trim();
  button.addEventListener('click', (event) => {
    event.preventDefault();
    const ticks = Array.from(document.querySelectorAll('#call-times input:checked'));
    const windows = ticks.map((tick) => {
      const [from, to] = /** @type {HTMLInputElement} */ (tick).value.split(' ');
      return {from, to};
    });
    button.disabled = true;
    ask({
      number: value('number'), ask_for: value('person'), extension: value('extension').replace(/[\s-]/g, ''), code_word: value('word'),
      message_allowed: named('call-message').checked, windows,
    }).then((a) => {
      button.disabled = false;
      if (!a) return;
      if (a.status === 200 || a.status === 201) {
        ['number', 'person', 'extension', 'word'].forEach((name) => { named('call-' + name).value = ''; });
        done(a.body, ticks.map((tick) => tick.getAttribute('data-words')));
      } else notice(refused(a, phone));
    });
  });
}

/** A time in words, by the line's clock: the page may have been opened on another day. @param {{from: string, to: string}} w @returns {string} */
export function spoken(w) {
  const hour = (at) => clock(at, {hour: '2-digit', minute: '2-digit'}, 'fi').replace(/\.00$/, '');
  return clock(w.from, {weekday: 'long'}) + ' ' + clock(w.from, {day: 'numeric', month: 'numeric'}, 'fi') + ' ' + hour(w.from) + '–' + hour(w.to);
}

function refused(a, phone) {
  if (a.status === 0) return say('c.no_network', {Phone: phone});
  if (a.status === 429) return say('x.err_rate', {Count: a.minutes});
  if (a.body.code === 'number_refused') return say('c.call_number_refused');
  if (a.body.code === 'windows_refused') return say('c.call_times_refused');
  if (a.body.code === 'invalid_value') return say('c.call_words_refused');
  return say('c.call_unavailable', {Phone: phone});
}

/** Turns a waiting chat into a call. @param {string} token */
export function convert(token) {
  const request = uuid();
  return (callback) => call('POST', '/api/v1/contact/callback', {token, body: {request_id: request, callback}});
}
