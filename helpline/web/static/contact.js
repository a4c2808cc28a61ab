/** The contact page: choices, then one conversation, with Exit at hand all the time. */

import {call} from './api.js';
import {asking, convert, spoken} from './call.js';
import {Conversation, stage} from './conversation.js';
import {grouped, make, named, put, show, uuid} from './dom.js';
import {form, notice, wish} from './form.js';
import {exit, final, guard, hold, left} from './leave.js';
import {say} from './words.js';

const phone = whole(named('state').getAttribute('data-phone'));
let talk = null;
let way = '';
let pass = '';
let wired = false;

guard();
document.querySelectorAll('.languages a, [data-test="start-again"]').forEach((a) => a.addEventListener('click', (event) => {
  event.preventDefault();
  location.replace(/** @type {HTMLAnchorElement} */ (a).href); // one entry in the history
}));
const token = left();
if (token) restore(token);
else begin();

/** Shows the choices. */
function begin() {
  show(document.getElementById('exit-explain'), true);
  form(open, phone);
  asking((callback) => {
    if (talk) return convert(talk.token)(callback);
    const body = wish(callback);
    return body ? call('POST', '/api/v1/contacts', {body}) : Promise.resolve(null);
  }, scheduled, phone);
  call('GET', '/api/v1/status').then((a) => {
    if (a.body.open === false && !talk && !named('line-closed')) notice(say('c.closed', {Phone: phone}));
  });
}

/** A number that no line break parts. @param {string} number */
function whole(number) { return number.replace(/ /g, '\u00a0'); }

/** A phone that discarded the tab brings it back here: place and conversation, no earlier text. */
function restore(old) {
  const box = document.getElementById('restore');
  const heading = document.getElementById('heading');
  hold(old);
  show(box, true);
  show(heading, false);
  document.querySelectorAll('[data-in~="form"]').forEach((el) => show(/** @type {any} */ (el), false));
  named('close').addEventListener('click', exit);
  named('continue').addEventListener('click', () => {
    show(box, false);
    show(heading, true);
    call('GET', '/api/v1/contact', {token: old}).then((a) => {
      open({token: old, number: a.body.return_number || '', work: false, resumed: true});
      talk.chat.after = a.body.seq || 0;
    });
  });
}

/** @param {import('./form.js').Opened} opened */
function open(opened) {
  const instead = /** @type {HTMLDetailsElement} */ (document.getElementById('call'));
  instead.open = false;
  named('state').insertBefore(instead, document.getElementById('exit-explain')); // it is of use while one waits, too
  show(document.getElementById('form'), false);
  talk = new Conversation(opened, phone, (windows) => scheduled({token: opened.token, return_number: opened.number}, (windows || []).map(spoken)));
  way = opened.number;
  pass = opened.token;
  show(document.getElementById('return'), false);
  if (!wired) {
    wayBack(opened);
    leaving();
  }
  wired = true;
  talk.start();
}

/**
 * We call: the token is kept so that the call can be stopped here.
 * @param {any} a the answer; of a chat that became a call its state alone @param {string[]} times when, in words; empty: not known, what is shown stays
 */
function scheduled(a, times) {
  const token = a.token || pass; // the conversation has forgotten it: "converted" comes first
  const number = a.return_number || way;
  if (talk) talk.end(say('c.converted'));
  hold(token);
  if (times.length) {
    const list = named('call-windows');
    list.textContent = '';
    times.forEach((words) => list.appendChild(make('li', '', words)));
  }
  stage('scheduled');
  put(document.getElementById('heading'), say('c.head_scheduled'));
  notice(number ? say('c.scheduled', {Number: whole(grouped(number))}) : say('c.converted'));
  document.getElementById('heading').focus();
  const chat = named('call-chat');
  chat.onclick = () => {
    chat.disabled = true;
    call('POST', '/api/v1/contact/chat', {token, body: {request_id: uuid()}}).then((a) => {
      chat.disabled = false;
      if (a.status === 200) open({token, number, work: false, resumed: false});
      else notice(say(a.status === 404 ? 'c.call_taken' : 'c.leave_failed'));
    });
  };
  named('call-stop').onclick = () => {
    final('cancel').then((done) => {
      notice(say(done ? 'c.call_stopped' : 'c.leave_failed'));
      if (!done) return;
      hold('');
      stage('ended');
      put(document.getElementById('heading'), say('c.head_stopped'));
    });
  };
}

/** The return number: open for those who ask for work, behind a button for others. */
function wayBack(opened) {
  const box = document.getElementById('return');
  const button = named('show-return');
  const reveal = (on) => {
    put(named('return-number'), on ? grouped(way) : '');
    show(box, on);
    button.setAttribute('aria-expanded', String(on));
  };
  if (!opened.number) show(button, false);
  else if (opened.work) reveal(true);
  button.addEventListener('click', () => {
    reveal(box.hidden);
    if (!box.hidden) box.scrollIntoView({block: 'center'});
  });
}

/** Cancel and Done are final, so each asks once. */
function leaving() {
  const ask = document.getElementById('ask');
  const actions = document.getElementById('actions');
  let kind = 'done';
  const turn = (on) => {
    show(ask, on);
    show(actions, !on);
  };
  const question = (k) => () => {
    kind = k;
    put(document.getElementById('ask-words'), say('c.leave_' + k));
    turn(true);
    named('leave-no').focus();
  };
  named('done').addEventListener('click', question('done'));
  named('cancel').addEventListener('click', question('cancel'));
  named('leave-no').addEventListener('click', () => turn(false));
  named('close-page').addEventListener('click', exit);
  named('leave-yes').addEventListener('click', () => {
    final(/** @type {any} */ (kind)).then((done) => {
      turn(false);
      if (done) talk.end(say(kind === 'cancel' ? 'c.ended_cancel' : 'c.ended_done'));
      else notice(say('c.leave_failed'));
    });
  });
}
