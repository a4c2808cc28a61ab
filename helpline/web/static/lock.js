/**
 * The screen's lock: nobody reads over a shoulder, and the line still rings. The connection lives on; an offer can be
 * taken from here and is held until the screen is opened again, with the password.
 */

import {call} from './api.js';
import {named, put, show} from './dom.js';
import {signIn} from './session.js';
import {say} from './words.js';

const IDLE = 900000;
const LOOK = 500;
const COVERED = ['duty', 'desk'];

export class Lock {
  /** @param {string} name of who is signed in @param {import('./desk.js').Desk} desk */
  constructor(name, desk) {
    this.name = name;
    this.desk = desk;
    this.on = false;
    this.moved = Date.now();
    ['keydown', 'pointerdown', 'pointermove', 'wheel'].forEach((e) => document.addEventListener(e, () => { this.moved = Date.now(); }, {passive: true}));
    show(named('lock'), true);
    named('lock').addEventListener('click', () => this.lock());
    named('lock-hold').addEventListener('click', () => this.hold());
    document.getElementById('locked').addEventListener('submit', (event) => {
      event.preventDefault();
      this.unlock();
    });
    setInterval(() => this.look(), LOOK);
  }

  /** Covers everything. The server is told, so that a page loaded anew asks for the password too. */
  lock() {
    if (this.on || this.desk.stopped) return;
    this.on = true;
    this.held = false;
    this.told = false;
    this.tell();
    this.paint();
    named('lock-password').value = '';
    put(named('lock-error'), '');
    named('lock-password').focus();
  }

  /** @private */
  tell() {
    this.asked = Date.now();
    call('POST', '/api/v1/session/lock', {cookies: true}).then((a) => { this.told = this.told || a.status === 204 || a.status === 401; });
  }

  /** @private */
  look() {
    if (!this.on) {
      if (Date.now() - this.moved > IDLE) this.lock();
      return;
    }
    if (this.desk.stopped) {
      location.reload();
      return;
    }
    if (!this.told && Date.now() - this.asked > 5000) this.tell();
    const offers = this.desk.offers.live.size;
    const words = [];
    if (this.desk.danger.live.size) words.push(say('k.lock_danger'));
    if (offers) words.push(say('k.lock_offer'));
    if (this.held) words.push(say('k.lock_held'));
    put(named('lock-news'), words.join(' '));
    show(named('lock-hold'), offers > 0);
  }

  /** @private */
  hold() {
    this.held = true;
    this.desk.offers.acceptFirst();
    named('lock-password').focus();
  }

  /** @private */
  unlock() {
    const field = named('lock-password');
    named('unlock').disabled = true;
    put(named('lock-error'), '');
    signIn(this.name, field.value).then((a) => {
      named('unlock').disabled = false;
      field.value = '';
      if (a.status !== 204) {
        put(named('lock-error'), a.status === 429 ? say('x.err_rate', {Count: a.minutes}) : say(a.status === 401 ? 'k.bad_password' : 'k.no_network'));
        field.focus();
        return;
      }
      this.on = false;
      this.moved = Date.now();
      this.paint();
      named('lock').focus();
    });
  }

  /** @private */
  paint() {
    COVERED.forEach((id) => show(document.getElementById(id), !this.on));
    show(named('notice'), !this.on);
    show(named('lock'), !this.on);
    show(named('sign-out'), !this.on);
    show(document.getElementById('locked'), this.on);
    this.look();
  }
}
