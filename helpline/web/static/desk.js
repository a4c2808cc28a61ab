/** The desk: what every frame from the server does, and the keys. */

import {Beside} from './beside.js';
import {Callbacks} from './callback.js';
import {Canned} from './canned.js';
import {Cards} from './card.js';
import {composer} from './composer.js';
import {Danger} from './danger.js';
import {Duty} from './duty.js';
import {facts, label} from './codes.js';
import {make, named, put, show} from './dom.js';
import {Interpreter} from './interpreter.js';
import {disclosing} from './disclosure.js';
import {Legs} from './legs.js';
import {Offers} from './offer.js';
import {Outcome} from './outcome.js';
import {Referrals} from './referral.js';
import {Shift} from './shift.js';
import {Session} from './session.js';
import {Release} from './release.js';
import {stopping} from './stop.js';
import {Transfer, twice} from './transfer.js';
import {has, say} from './words.js';

const STOPPED = {4501: 'k.conn_replaced', 4504: 'k.conn_out', 4503: 'k.conn_out', 4505: 'k.conn_ticket'};

/** Keys with Alt that press a button of the duty, from wherever one is. */
const KEYS = {KeyR: 'duty-ready', KeyP: 'duty-phone', KeyB: 'beside-visit', KeyH: 'refer-new', KeyL: 'lock'};

export class Desk {
  constructor() {
    this.session = new Session(() => this.legs.held(), (f) => this.read(f), (phase, code) => this.phase(phase, code));
    this.outcome = new Outcome(this.session, (contact) => this.done(contact), notice);
    this.legs = new Legs(this.session, (leg) => {
      this.chosen(leg && leg.opened);
      if (this.transfer) this.transfer.paint();
      if (this.release) this.release.paint();
    });
    this.offers = new Offers(this.session, (f) => this.opened(f), notice);
    this.duty = new Duty(this.session, notice);
    this.canned = new Canned();
    this.callbacks = new Callbacks(this.session, notice, (contact) => this.done(contact));
    this.cards = new Cards(this.session, () => this.outcome.known(), notice);
    stopping(this.session, notice, () => this.callbacks.list());
    this.interpreter = new Interpreter(this.session, (contact, state) => this.outcome.set(contact, 'interpreter', state), notice);
    this.danger = new Danger(this.session, (f) => this.opened(f), notice);
    this.transfer = new Transfer(this.session, this.legs, {
      parked: (leg) => this.parked(leg), shown: (f) => this.duty.show(f), notice,
    });
    this.release = new Release(this.session, this.legs, notice);
    this.beside = new Beside(this.session, {
      choose: (call) => {
        this.legs.choose(null);
        this.outcome.choose(call);
      }, notice,
    });
    this.referrals = new Referrals(this.session, () => this.owner(), notice);
    disclosing(this.session);
    this.shift = new Shift(this.session, this.referrals, notice);
    named('shift-debrief').addEventListener('click', () => this.duty.debrief());
    this.owed = new Map();
    composer(/** @type {any} */ (document.getElementById('composer')), (text) => this.legs.say(text), () => this.legs.typing());
    this.ending();
    this.keys();
  }

  start() {
    this.session.wire.start();
  }

  /** @private */
  read(f) {
    const act = {
      welcome: () => this.welcome(f),
      opened: () => this.opened(f),
      duty: () => this.duty.show(f),
      offer: () => this.offers.add(f),
      revoked: () => { this.offers.revoked(f); this.duty.remind(); },
      message: () => this.legs.message(f),
      said: () => this.legs.said(f),
      contact: () => this.legs.contact(f),
      listener: () => this.legs.listener(f.contact, f.state === 'joined' ? f.alias : ''),
      ending: () => this.legs.ending(f),
      ended: () => this.legs.ended(f.contact),
      recorded: () => this.done(f.contact),
      lost: () => this.lost(f),
      transfer_failed: () => this.transfer.failed(f),
      list: () => this.transfer.list(f.list),
      danger: () => this.danger.tell(f),
      external: () => this.beside.opened(f),
      typing: () => put(named('typing'), say('k.typing')),
      callback: () => this.callbacks.told(f),
      referral: () => this.referrals.told(f),
      notice: () => notice(has('k.' + f.code) ? say('k.' + f.code) : say('k.notice', {What: f.text || f.code || ''})),
      error: () => { if (!this.legs.refused(f)) notice(say('k.not_done', {What: f.code})); },
    }[f.type];
    if (act) act();
  }

  /** @private */
  welcome(f) {
    const mine = (f.legs || []).map((l) => l.contact);
    this.legs.marks(Boolean(f.marks));
    this.legs.all.forEach((_, contact) => { if (mine.indexOf(contact) < 0) this.lost({contact}); });
    (f.legs || []).forEach((l) => this.opened(l));
    this.offers.replace(f.offers);
    this.danger.replace(f.danger, f.parked);
    this.beside.replace(f.external);
    this.transfer.list(f.list);
    this.duty.welcome(f, Date.now() - this.heard);
    this.heard = Date.now();
    this.owed = new Map((f.owed || []).map((o) => typeof o === 'string' ? [o, {contact: o}] : [o.contact, o]));
    this.paintOwed();
    this.session.again();
    this.callbacks.list();
    this.referrals.list();
  }

  /** Whose matter a new referral is: the chosen leg's, or that of the form on the screen. @private */
  owner() {
    const leg = this.legs.chosen;
    if (leg) return {contact: leg.contact, language: leg.opened.language};
    const form = this.outcome.sheet;
    return form ? {contact: form.contact, language: form.values.language || document.documentElement.lang} : null;
  }

  /** @private */
  chosen(opened) {
    this.outcome.choose(opened);
    this.canned.show(opened ? opened.language : '');
    this.cards.choose(opened ? opened.contact : '');
    this.interpreter.choose(opened || null);
    if (opened) this.beside.leave();
    const called = opened && opened.channel === 'callback';
    this.callbacks.choose(called ? opened.contact : '', called);
  }

  /** @private */
  opened(f) {
    notice('');
    this.legs.open(f);
    this.release.paint();
    if (f.state === 'ended') this.legs.ended(f.contact);
  }

  /** @private */
  lost(f) {
    const call = this.beside.remove(f.contact);
    if (call) {
      this.outcome.forget(f.contact);
      this.owed.set(f.contact, Object.assign({}, call));
      this.paintOwed();
      notice(say('k.beside_owed'));
    }
    if (this.danger.unpark(f.contact)) notice(say('k.parked_' + f.reason));
    if (!this.legs.all.has(f.contact)) return;
    this.outcome.forget(f.contact);
    this.legs.remove(f.contact);
    if (f.reason !== 'handover') notice(say(f.reason === 'transferred' ? 'k.transferred' : 'k.lost_leg'));
  }

  /** A parked leg leaves the desk for the list beside it. @private */
  parked(leg) {
    this.danger.park(leg.opened);
    this.outcome.forget(leg.contact);
    this.legs.remove(leg.contact);
    notice(say('k.parked'));
  }

  /** A recorded leg leaves the desk. @private */
  done(contact) {
    this.outcome.forget(contact);
    this.owed.delete(contact);
    this.beside.remove(contact);
    this.paintOwed();
    this.legs.remove(contact);
    if (!this.legs.chosen) this.outcome.choose(null);
  }

  /** @private */
  paintOwed() {
    const box = document.getElementById('owed');
    box.textContent = '';
    show(document.getElementById('no-owed'), this.owed.size === 0);
    this.owed.forEach((o) => {
      const what = [o.asks && label('asks', o.asks), o.language && label('language', o.language)].filter(Boolean).join(', ') ||
        (has('k.beside_' + o.channel) ? say('k.beside_' + o.channel) : '');
      const b = make('button', 'leg', say('k.owed_item', {What: what || o.contact.slice(0, 8)}), 'owed-form');
      b.type = 'button';
      b.setAttribute('data-contact', o.contact);
      b.addEventListener('click', () => {
        this.legs.choose(null);
        this.beside.leave();
        this.outcome.choose(o);
        document.getElementById('outcome-h').focus();
      });
      box.appendChild(b);
      box.appendChild(facts(o));
    });
  }

  /** @private */
  ending() {
    const reason = named('end-reason');
    twice(named('end'), say('k.end_ask'), () => {
      const leg = this.legs.chosen;
      if (!leg) return;
      this.session.ask({type: 'end', contact: leg.contact, reason: reason.value}).then((f) => {
        if (f.type === 'ended') this.legs.ended(f.contact);
        else notice(say('k.not_done', {What: f.code}));
      });
    });
  }

  /** @private */
  keys() {
    document.addEventListener('keydown', (event) => {
      if (document.getElementById('desk').hidden) return; // the screen is locked
      const at = /** @type {HTMLElement} */ (event.target);
      if (event.altKey && !event.ctrlKey && /^Digit[1-3]$/.test(event.code)) this.legs.at(Number(event.code.slice(5)) - 1);
      else if (event.altKey && event.code === 'KeyW') named('text').focus();
      else if (event.altKey && event.code === 'KeyO') {
        this.referrals.close();
        document.getElementById('o-topic').focus();
      }
      else if (event.altKey && event.code === 'KeyS') this.shift.open();
      else if (event.altKey && KEYS[event.code]) named(KEYS[event.code]).click();
      else if (event.altKey || event.ctrlKey || event.metaKey || /^(TEXTAREA|INPUT|SELECT)$/.test(at.tagName) || !named('keys-on').checked) return;
      else if (event.code === 'KeyA') this.offers.acceptFirst();
      else if (event.code === 'KeyD') this.offers.declineFirst();
      else return;
      event.preventDefault();
    });
  }

  /** @private */
  phase(phase, code) {
    if (phase !== 'open' && this.up) this.heard = Date.now();
    this.up = phase === 'open';
    const el = named('connection');
    show(el, true);
    el.setAttribute('data-phase', phase);
    put(el, phase === 'stopped' ? say(STOPPED[code] || 'k.conn_out') : say('k.conn_' + phase));
    if (phase === 'stopped') {
      this.stopped = true;
      show(document.getElementById('duty'), false);
      show(document.getElementById('desk'), false);
      notice(say(STOPPED[code] || 'k.conn_out'));
      this.offers.replace([]);
      this.danger.replace([], []);
      this.referrals.close();
      this.clear();
    }
  }

  /** Nothing that was said stays in the page of a console that is signed out or replaced. @private */
  clear() {
    Array.from(this.legs.all.keys()).forEach((contact) => {
      this.outcome.forget(contact);
      this.legs.remove(contact);
    });
    this.owed.clear();
    this.beside.replace([]);
    this.paintOwed();
    this.outcome.last = null;
    this.outcome.choose(null);
  }
}

/** Says one thing at the top of the console. @param {string} text */
export function notice(text) {
  put(named('notice'), text);
}
