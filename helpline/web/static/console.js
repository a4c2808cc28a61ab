/** The adviser's console: sign in, then the desk. A reload finds everything again on the server. */

import {fill} from './codes.js';
import {Desk, notice} from './desk.js';
import {named, pause, put, show} from './dom.js';
import {Lock} from './lock.js';
import {signIn, signOut, who} from './session.js';
import {say} from './words.js';

const form = document.getElementById('sign-in');
const error = named('sign-in-error');

fill(named('end-reason'), 'end_reason', false);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  named('sign-in').disabled = true;
  put(error, '');
  signIn(named('name').value.trim(), named('password').value).then((a) => {
    named('sign-in').disabled = false;
    if (a.status === 204 || a.status === 200) enter();
    else put(error, a.status === 429 ? say('x.err_rate', {Count: a.minutes}) : say(a.status === 401 ? 'k.bad_credentials' : 'k.no_network'));
  });
});
named('sign-out').addEventListener('click', () => {
  signOut().then((a) => { if (a.status === 204 || a.status === 401) location.reload(); else notice(say('k.no_network')); });
});
enter();

/** Opens the desk if a session lives, else the form. */
function enter() {
  who().then((person) => {
    if (person === undefined) {
      notice(say('k.no_network'));
      pause(3000).then(enter);
      return;
    }
    notice('');
    show(form, !person);
    if (!person) {
      named('name').focus();
      return;
    }
    named('password').value = '';
    document.body.classList.add('signed');
    put(document.getElementById('who'), person.name);
    ['duty', 'desk'].forEach((id) => show(document.getElementById(id), true));
    show(named('sign-out'), true);
    const desk = new Desk();
    new Lock(person, {
      covers: ['duty', 'desk'], stopped: () => desk.stopped, danger: () => desk.danger.live.size > 0, offers: () => desk.offers.live.size,
      take: () => desk.offers.acceptFirst(), locked: () => undefined, opened: (anew) => { if (anew) desk.session.wire.renew(); },
    });
    desk.start();
  });
}
