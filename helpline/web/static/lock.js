/**
 * The screen's lock: nobody reads over a shoulder, and the line still rings. The connection lives on; an offer can be
 * taken from here and is held until the screen is opened again, with the PIN of this sign-in, or the password. Before a
 * sign-in is twelve hours old the password is asked for here too, so that no chat is closed by it.
 */

import {call} from './api.js';
import {named, put, show} from './dom.js';
import {signIn, who} from './session.js';
import {say} from './words.js';

const IDLE = 900000;
const LOOK = 500;
const EARLY = 300;
const PIN = /^\d{6}$/;

/**
 * What lies behind the lock: the parts that it covers, whether the page has stopped for good, what waits meanwhile, and
 * what happens when it is locked, and opened (anew: by a sign-in of its own).
 * @typedef {{covers: string[], stopped: () => boolean, danger: () => boolean, offers: () => number, take: () => Promise<boolean>,
 *   locked: () => void, opened: (anew: boolean) => void}} Room
 */

export class Lock {
  /** @param {any} person who is signed in @param {Room} room */
  constructor(person, room) {
    this.room = room;
    this.on = false;
    this.moved = Date.now();
    this.signed(person);
    ['keydown', 'pointerdown', 'pointermove', 'wheel'].forEach((e) => document.addEventListener(e, () => { this.moved = Date.now(); }, {passive: true}));
    show(named('lock'), true);
    named('lock').addEventListener('click', () => this.lock());
    named('lock-hold').addEventListener('click', () => this.hold());
    named('lock-other').addEventListener('click', () => {
      put(named('lock-error'), '');
      this.ask(false);
    });
    document.getElementById('locked').addEventListener('submit', (event) => {
      event.preventDefault();
      this.unlock();
    });
    named('lock-pin').addEventListener('input', () => { if (PIN.test(named('lock-pin').value)) this.unlock(); });
    document.getElementById('pin').addEventListener('submit', (event) => {
      event.preventDefault();
      this.choose();
    });
    named('pin-later').addEventListener('click', () => {
      this.later = true;
      this.paint();
    });
    setInterval(() => this.look(), LOOK);
    this.paint();
  }

  /** A sign-in begins, or goes on: whether it has a PIN, and when the password is asked for. @private */
  signed(person) {
    this.name = person.name;
    this.pin = person.pin;
    this.later = false;
    this.until = Date.now() + (person.seconds_left - EARLY) * 1000;
    this.old = false;
  }

  /** Covers everything. The server is told, so that a page loaded anew asks for the password too. */
  lock() {
    if (this.on || this.room.stopped()) return;
    this.on = true;
    this.room.locked();
    this.held = false;
    this.told = false;
    this.tell();
    this.paint();
    named('lock-password').value = named('lock-pin').value = '';
    put(named('lock-error'), '');
    this.ask(this.pin && !this.old);
  }

  /** Asks for the PIN or for the password. @private */
  ask(pin) {
    this.byPin = pin;
    show(document.getElementById('by-pin'), pin);
    show(document.getElementById('by-password'), !pin);
    show(named('lock-other'), pin);
    this.field().focus();
  }

  /** @private */
  field() { return named(this.byPin ? 'lock-pin' : 'lock-password'); }

  /** @private */
  tell() {
    this.asked = Date.now();
    return call('POST', '/api/v1/session/lock', {cookies: true}).then((a) => { this.told = this.told || a.status === 204 || a.status === 401; });
  }

  /** @private */
  look() {
    if (!this.old && Date.now() > this.until) {
      this.old = true;
      if (this.on && this.byPin) this.ask(false);
      this.lock();
    }
    if (!this.on) {
      if (Date.now() - this.moved > IDLE) this.lock();
      return;
    }
    if (this.room.stopped()) {
      location.reload();
      return;
    }
    if (!this.told && Date.now() - this.asked > 5000) this.tell();
    const offers = this.room.offers();
    const words = [];
    if (this.room.danger()) words.push(say('k.lock_danger'));
    if (offers) words.push(say('k.lock_offer'));
    if (this.held) words.push(say('k.lock_held'));
    if (this.old) words.push(say('k.lock_old'));
    put(named('lock-news'), words.join(' '));
    show(named('lock-hold'), offers > 0);
  }

  /** @private */
  hold() {
    this.room.take().then((mine) => { this.held = mine || this.held; }); // the offer may be gone, or made anew
    this.field().focus();
  }

  /** @private */
  unlock() {
    const field = this.field();
    if (!field.value || named('unlock').disabled) return;
    named('unlock').disabled = true;
    this.anew = !this.byPin;
    put(named('lock-error'), '');
    (this.byPin ? this.byDigits(field.value) : this.byWord(field.value)).then((wrong) => {
      named('unlock').disabled = false;
      field.value = '';
      if (wrong) {
        put(named('lock-error'), wrong);
        this.field().focus();
        return;
      }
      this.on = false;
      this.moved = Date.now();
      this.paint();
      this.room.opened(this.anew);
      named('lock').focus();
    });
  }

  /** The PIN opens the same sign-in. @private @returns {Promise<string>} what is wrong; empty: it is open */
  byDigits(pin) {
    const locked = this.told ? Promise.resolve() : this.tell();
    return locked.then(() => call('POST', '/api/v1/session/unlock', {cookies: true, body: {pin}})).then((a) => {
      if (a.status === 204) return '';
      if (a.body.code === 'wrong_pin') return say('k.pin_wrong');
      if (a.status !== 401 && a.body.code !== 'pin_spent') return refused(a);
      this.pin = false;
      this.ask(false);
      return say('k.pin_spent');
    });
  }

  /** The password is a sign-in of its own, which the connection then lives under. @private @returns {Promise<string>} */
  byWord(password) {
    return signIn(this.name, password).then((a) => {
      if (a.status !== 204) return a.status === 401 ? say('k.bad_password') : refused(a);
      return who().then((person) => {
        if (person) this.signed(person);
        return '';
      });
    });
  }

  /** @private */
  choose() {
    const field = named('pin-new');
    const pin = field.value;
    put(named('pin-error'), '');
    call('PUT', '/api/v1/session/pin', {cookies: true, body: {pin}}).then((a) => {
      field.value = '';
      if (a.status !== 204) {
        put(named('pin-error'), a.status === 422 ? say('k.pin_weak') : refused(a));
        field.focus();
        return;
      }
      this.pin = true;
      this.paint();
      named('lock').focus();
    });
  }

  /** @private */
  paint() {
    this.room.covers.forEach((id) => show(document.getElementById(id), !this.on));
    show(document.getElementById('pin'), !this.on && !this.pin && !this.later);
    show(named('notice'), !this.on);
    show(named('lock'), !this.on);
    show(named('sign-out'), !this.on);
    show(document.getElementById('locked'), this.on);
    this.look();
  }
}

/** @param {import('./api.js').Answer} a @returns {string} */
function refused(a) { return a.status === 429 ? say('x.err_rate', {Count: a.minutes}) : say('k.no_network'); }
