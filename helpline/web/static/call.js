/** Asking to be called: a number, harmless words, and times in plain words. */

import {call} from './api.js';
import {make, named, show, uuid} from './dom.js';
import {notice} from './form.js';
import {say} from './words.js';

const HOUR = 3600000;
const SLOTS = [[8, 12], [12, 16], [16, 20]];
const DAYS = 4;

/** The times that can still be chosen: today, tomorrow and two more days. @param {Date} now @returns {{from: Date, to: Date, words: string}[]} */
export function times(now) {
  const list = [];
  for (let d = 0; d < DAYS; d++) {
    SLOTS.forEach((slot) => {
      const at = (h) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + d, h);
      const from = at(slot[0]);
      const to = at(slot[1]);
      if (to.getTime() - now.getTime() < HOUR + 600000) return;
      const day = d === 0 ? say('c.today') : d === 1 ? say('c.tomorrow') :
        new Intl.DateTimeFormat(document.documentElement.lang, {weekday: 'long', day: 'numeric', month: 'numeric'}).format(from);
      list.push({from, to, words: day + ' ' + slot[0] + '–' + slot[1]});
    });
  }
  return list;
}

/**
 * @param {(callback: any) => Promise<import('./api.js').Answer|null>} ask sends the request; null: something else was missing
 * @param {(answer: any) => void} done
 * @param {string} phone
 */
export function asking(ask, done, phone) {
  const el = /** @type {any} */ (document.getElementById('call-form'));
  const box = document.getElementById('call-times');
  times(new Date()).forEach((t, i) => {
    const line = make('label', 'choice');
    const tick = make('input', '', '', 'call-time');
    tick.type = 'checkbox';
    tick.value = t.from.toISOString() + ' ' + t.to.toISOString();
    tick.checked = i === 0;
    line.appendChild(tick);
    line.appendChild(document.createTextNode(' ' + t.words));
    box.appendChild(line);
  });
  show(document.getElementById('call'), true);
  el.addEventListener('submit', (event) => {
    event.preventDefault();
    const windows = Array.from(box.querySelectorAll('input:checked')).map((tick) => {
      const [from, to] = /** @type {HTMLInputElement} */ (tick).value.split(' ');
      return {from, to};
    });
    named('call-ask').disabled = true;
    ask({
      number: named('call-number').value.trim(), ask_for: named('call-person').value.trim(), extension: named('call-extension').value.replace(/[\s-]/g, ''), code_word: named('call-word').value.trim(),
      message_allowed: named('call-message').checked, windows,
    }).then((a) => {
      named('call-ask').disabled = false;
      if (!a) return;
      if (a.status === 200 || a.status === 201) {
        el.reset();
        done(a.body);
      } else notice(refused(a, phone));
    });
  });
}

function refused(a, phone) {
  if (a.status === 0) return say('c.no_network', {Phone: phone});
  if (a.status === 429) return say('x.err_rate', {Count: a.minutes});
  if (a.body.code === 'number_refused') return say('c.call_number_refused');
  if (a.body.code === 'windows_refused') return say('c.call_times_refused');
  if (a.body.code === 'invalid_value') return say('c.call_words_refused');
  return say('c.call_unavailable', {Phone: a.body.phone || phone});
}

/** Turns a waiting chat into a call. @param {string} token */
export function convert(token) {
  const request = uuid();
  return (callback) => call('POST', '/api/v1/contact/callback', {token, body: {request_id: request, callback}});
}
