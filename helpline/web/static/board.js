/** The supervisors' board: sign in, then the line now. It looks again every two seconds by a stream of events. */

import {Accounts} from './accounts.js';
import {call} from './api.js';
import {Audit} from './audit.js';
import {choices} from './codes.js';
import {Directory} from './directory.js';
import {named, pause, put, show} from './dom.js';
import {Listen} from './listen.js';
import {Lock} from './lock.js';
import {Night} from './night.js';
import {Opening} from './opening.js';
import {Register} from './register.js';
import {ratings} from './ratings.js';
import {Roster} from './roster.js';
import {signIn, signOut, who} from './session.js';
import {Sheet} from './sheet.js';
import {Tables} from './tables.js';
import {tiles} from './tiles.js';
import {say} from './words.js';

const form = document.getElementById('sign-in');
const error = named('sign-in-error');
const QUIET = 8000;

/** Tells something until the next is told. @param {string} text */
function notice(text) { put(named('notice'), text); }

form.addEventListener('submit', (event) => {
  event.preventDefault();
  named('sign-in').disabled = true;
  put(error, '');
  signIn(named('name').value.trim(), named('password').value).then((a) => {
    named('sign-in').disabled = false;
    if (a.status === 204) enter();
    else put(error, a.status === 429 ? say('x.err_rate', {Count: a.minutes}) : say(a.status === 401 ? 'b.bad_credentials' : 'b.no_answer'));
  });
});
named('sign-out').addEventListener('click', () => {
  signOut().then((a) => { if (a.status === 204 || a.status === 401) location.reload(); else notice(say('b.no_answer')); });
});
enter();

/** Opens the board if a supervisor's session lives, else the form. */
function enter() {
  who().then((person) => {
    if (person === undefined) {
      notice(say('b.no_answer'));
      pause(3000).then(enter);
      return;
    }
    const may = person && person.roles.indexOf('supervisor') >= 0;
    notice(person && !may ? say('b.not_yours') : '');
    show(form, !person);
    if (!person) named('name').focus();
    show(named('sign-out'), Boolean(person));
    if (!may) return;
    named('password').value = '';
    document.body.classList.add('signed');
    put(document.getElementById('who'), person.name);
    show(document.getElementById('board'), true);
    show(document.getElementById('sections'), true);
    open(person);
  });
}

/** Everything on the page does its calls by this one function. @returns {Promise<any>} */
function act(method, path, body) {
  return call(method, path, {cookies: true, body}).then((a) => {
    if (a.status >= 200 && a.status < 300) {
      notice(method === 'GET' ? '' : say('b.done'));
      return a.body;
    }
    if (a.status === 401) location.reload();
    notice(a.body.code ? say('b.refused', {What: a.body.code}) : say('b.no_answer'));
    return null;
  });
}

/** @param {any} person who is signed in */
function open(person) {
  const listening = new Listen();
  const tables = new Tables(act, (contact) => listening.begin(contact));
  const opening = new Opening(act);
  new Accounts(act);
  new Roster(act);
  new Directory(act, notice);
  new Register(act);
  new Audit(act);
  new Night(act);
  ratings();
  new Sheet(act, 'canned', {language: choices('language')});
  new Sheet(act, 'targets', {name: ['chat', 'alarm'].map((code) => ({code, label: say('b.target_' + code)}))});
  let last = 0;
  const paint = (b) => {
    if (!b.at) return;
    last = Date.now();
    tiles(b);
    tables.show(b);
    opening.show(b.opening);
  };
  let source = null;
  const listen = () => {
    if (source) source.close();
    source = new EventSource('/api/v1/board/stream');
    source.addEventListener('message', (m) => paint(JSON.parse(m.data)));
  };
  listen();
  let covered = false;
  new Lock(person, {
    covers: ['board', 'sections'], stopped: () => false, danger: () => false, offers: () => 0, take: () => Promise.resolve(false),
    locked: () => { covered = true; last = 0; source.close(); listening.leave(); }, opened: () => { covered = false; listen(); },
  });
  setInterval(() => {
    if (covered) return;
    const late = last > 0 && Date.now() - last > QUIET;
    put(named('board-state'), late ? say('b.late') : last ? say('b.live') : '');
    if (late && source.readyState === 2) {
      listen();
      who().then((person) => { if (person === null) location.reload(); });
    }
  }, 2000);
}
