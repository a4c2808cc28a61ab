/** The choices before the first word, and coming back by number. */

import {call} from './api.js';
import {named, pause, put, show, uuid} from './dom.js';
import {say} from './words.js';

/**
 * @typedef {{token: string, number: string, work: boolean, resumed: boolean}} Opened
 * @param {(opened: Opened) => void} opened
 * @param {string} phone
 */
export function form(opened, phone) {
  const el = /** @type {any} */ (document.getElementById('form'));
  const start = named('start-chat');
  el.addEventListener('change', () => follow(el));
  follow(el);
  el.addEventListener('submit', (event) => {
    event.preventDefault();
    if (document.getElementById('call').contains(document.activeElement)) { // Enter in a field of the call
      named('call-ask').click();
      return;
    }
    if (!el.elements.asks.value) {
      notice(say('c.choose'));
      named('asks-help').focus();
      return;
    }
    start.disabled = true;
    notice(say('c.starting'));
    const body = request(el);
    ask('/api/v1/contacts', body, phone).then((a) => {
      start.disabled = false;
      if (a) opened({token: a.token, number: a.return_number, work: body.asks === 'work', resumed: false});
    });
  });
  resume(opened, phone);
}

/** Shows what belongs to the choice made. */
function follow(el) {
  const asks = el.elements.asks.value;
  show(document.getElementById('work'), asks === 'work');
  show(document.getElementById('call-behind'), asks === 'work');
  show(document.getElementById('child-line'), asks !== '');
  show(document.getElementById('child-self'), asks === 'help');
  show(document.getElementById('child-about'), asks !== 'help');
}

/** The body of a request to be called; null while nothing is chosen. @param {any} callback */
export function wish(callback) {
  const el = /** @type {any} */ (document.getElementById('form'));
  if (el.elements.asks.value) return Object.assign(request(el), {channel: 'callback', callback});
  notice(say('c.choose'));
  named('asks-help').focus();
  return null;
}

/** The body of POST /api/v1/contacts. */
function request(el) {
  const f = el.elements;
  const body = {
    request_id: uuid(), channel: 'chat', page_language: document.documentElement.lang,
    talk_language: f.talk.value || document.documentElement.lang, asks: f.asks.value,
  };
  if (f.child.checked) body[body.asks === 'help' ? 'i_am_child' : 'about_child'] = true;
  if (body.asks !== 'work') return body;
  if (f.organisation.value) body.organisation = f.organisation.value;
  if (f.when.value === 'present') body.present = true;
  else body.urgency = f.when.value;
  return body;
}

function resume(opened, phone) {
  const el = /** @type {any} */ (document.getElementById('resume-form'));
  el.addEventListener('submit', (event) => {
    event.preventDefault();
    const digits = named('resume-number').value.replace(/\D/g, '');
    if (digits.length !== 8) {
      notice(say('c.number_form'));
      return;
    }
    named('resume').disabled = true;
    ask('/api/v1/contact/resume', {request_id: uuid(), return_number: digits}, phone).then((a) => {
      named('resume').disabled = false;
      if (!a) return;
      named('resume-number').value = '';
      opened({token: a.token, number: a.return_number || '', work: false, resumed: true});
    });
  });
}

/** Asks until there is an answer: the same request_id makes every try the same request. */
function ask(path, body, phone) {
  let tries = 0;
  const again = () => call('POST', path, {body}).then((a) => {
    if (a.status === 200 || a.status === 201) {
      notice('');
      return a.body;
    }
    const passing = a.status === 0 || a.status === 502 || a.status === 504;
    if (passing && ++tries < 8) {
      notice(say('c.no_network', {Phone: phone}));
      return pause(Math.min(10000, 800 * Math.pow(2, tries)) * (0.5 + Math.random() / 2)).then(again);
    }
    notice(refusal(a, phone));
    return null;
  });
  return again();
}

function refusal(a, phone) {
  if (a.status === 429) return say('x.err_rate', {Count: a.minutes});
  if (a.status === 404) return say('c.number_unknown');
  return say(a.body.code === 'line_closed' ? 'c.closed' : 'c.unavailable', {Phone: phone});
}

/** Says one thing above the page's content. @param {string} text */
export function notice(text) {
  put(named('notice'), text);
}
