/** The adviser's legs: one list of messages each, one of them chosen. */

import {ChatList} from './chat.js';
import {facts, label} from './codes.js';
import {make, minutes, named, put, show, uuid} from './dom.js';
import {Outbox} from './outbox.js';
import {say} from './words.js';

const TYPING_EVERY = 3000;
const TYPING_SHOWN = 5000;

/** @typedef {{contact: string, opened: any, epoch: number, top: number, state: string, unread: number, moving: boolean, gone: number, listener: string, box: HTMLElement, chat: ChatList, outbox: Outbox, tab: HTMLElement}} Leg */
export class Legs {
  /** @param {import('./session.js').Session} session @param {(leg: Leg|null) => void} chosen */
  constructor(session, chosen) {
    this.session = session;
    this.onChosen = chosen;
    /** @type {Map<string, Leg>} */
    this.all = new Map();
    /** @type {Leg|null} */
    this.chosen = null;
    this.typedAt = 0;
    this.typingTimer = 0;
    this.lists = document.getElementById('lists');
    this.tabs = document.getElementById('legs');
    document.addEventListener('visibilitychange', () => {
      if (document.hidden || !this.chosen || !this.chosen.unread) return;
      this.chosen.unread = 0;
      this.paint();
    });
  }

  /** What hello says: up to where each leg was read, and which are held. */
  held() {
    const after = {};
    const holds = [];
    this.all.forEach((leg) => {
      after[leg.contact] = leg.chat.after;
      holds.push({contact: leg.contact, epoch: leg.epoch});
    });
    return {after, holds};
  }

  /** Whether this node knows marks; one that does not refuses a message that has one. @param {boolean} known */
  marks(known) {
    named('mark').disabled = !known;
    if (!known) this.all.forEach((leg) => leg.outbox.all.concat(leg.outbox.waiting.map((w) => w.frame)).forEach((f) => { delete f.marked; }));
  }

  /** Takes an `opened`: a new leg, or one that we hold after a reconnect. @param {any} f @returns {Leg} */
  open(f) {
    const leg = this.all.get(f.contact) || this.make(f);
    leg.opened = Object.assign(leg.opened, {held: 0}, f);
    leg.epoch = f.epoch;
    leg.outbox.seen(f.seq);
    leg.moving = f.state === 'transferring';
    if (f.state && f.state !== 'ended' && leg.state !== 'ended') leg.state = leg.moving ? 'active' : f.state;
    (f.history || []).forEach((m) => this.show(leg, m));
    leg.outbox.restart();
    this.listener(f.contact, f.listener || '');
    this.paint();
    if (!this.chosen) this.choose(leg.contact);
    return leg;
  }

  /** @private */
  make(f) {
    const box = make('div', 'messages', '', 'messages');
    box.setAttribute('role', 'log');
    box.setAttribute('aria-live', 'polite');
    box.setAttribute('data-contact', f.contact);
    box.tabIndex = 0;
    const tab = make('button', 'leg', '', 'leg');
    tab.type = 'button';
    tab.setAttribute('data-contact', f.contact);
    tab.addEventListener('click', () => this.choose(f.contact));
    const leg = {
      contact: f.contact, opened: f, epoch: f.epoch, state: 'active', unread: 0, moving: false, gone: 0, listener: '', box, tab,
      chat: new ChatList(box, (from) => say(from === 'system' ? 'x.from_system' : 'k.from_' + from), 'adviser'),
      outbox: new Outbox((frame) => this.session.wire.send(frame), () => this.session.wire.drop()),
    };
    this.lists.appendChild(box);
    this.tabs.appendChild(tab);
    this.all.set(f.contact, leg);
    show(box, false);
    return leg;
  }

  /** Shows one leg. @param {string|null} contact null: none */
  choose(contact) {
    const leg = contact === null ? null : this.all.get(contact) || null;
    this.chosen = leg;
    if (leg) leg.unread = 0;
    put(named('typing'), '');
    this.paint();
    if (leg) leg.box.scrollTop = leg.box.scrollHeight;
    this.onChosen(leg);
  }

  /** Chooses by place. @param {number} place 0 for the first */
  at(place) {
    const leg = Array.from(this.all.values())[place];
    if (leg) this.choose(leg.contact);
  }

  /** Takes a `message`. @param {any} f */
  message(f) {
    const leg = this.all.get(f.contact);
    if (!leg || !this.show(leg, f) || f.from === 'adviser') return;
    put(named('typing'), '');
    if (leg === this.chosen && !document.hidden) return;
    leg.unread++;
    this.paint();
    put(document.getElementById('spoken'), say('k.new_message', {Leg: this.name(leg)}));
  }

  /** @private */
  show(leg, m) {
    leg.outbox.seen(m.seq);
    if (m.from === 'adviser' && m.cid) leg.outbox.said(m.cid);
    return leg.chat.take(m);
  }

  /** Sends to the chosen leg. @param {string} text @returns {boolean} */
  say(text) {
    const leg = this.chosen;
    if (!leg || leg.state === 'ended' || leg.state === 'left') return false;
    const frame = {type: 'say', ref: uuid(), contact: leg.contact, cid: uuid(), text};
    const mark = named('mark');
    const marked = mark.checked && !mark.disabled;
    if (marked) Object.assign(frame, {marked});
    mark.checked = false;
    leg.chat.pending(frame.cid, text, marked);
    leg.outbox.add(frame);
    return true;
  }

  /** Takes `said`. @param {any} f */
  said(f) {
    const leg = this.all.get(f.contact);
    if (!leg) return;
    leg.outbox.seen(f.seq);
    leg.outbox.said(f.cid);
    leg.chat.said(f.cid, f.seq, f.at);
  }

  /** Takes an `error` that names a message. @param {any} f @returns {boolean} whether it was about a message */
  refused(f) {
    let known = false;
    this.all.forEach((leg) => {
      const m = leg.outbox.waiting.find((w) => w.frame.cid === f.cid || w.frame.ref === f.ref);
      if (!m) return;
      known = true;
      if (leg.outbox.refused(m.frame.cid, Boolean(f.retry))) leg.chat.failed(m.frame.cid);
    });
    return known;
  }

  /** The adviser writes: told at most once per three seconds. */
  typing() {
    const now = performance.now();
    if (!this.chosen || now - this.typedAt < TYPING_EVERY) return;
    this.typedAt = now;
    this.session.tell({type: 'typing', contact: this.chosen.contact});
  }

  /** Takes `contact`: active, away, left or resumed. @param {any} f */
  contact(f) {
    const leg = this.all.get(f.contact);
    if (!leg || leg.state === f.state) return;
    if (f.state === 'matter') leg.chat.event(say('k.contact_matter'));
    if (f.state === 'matter' || leg.state === 'ended') return;
    leg.state = f.state === 'resumed' ? 'active' : f.state;
    if (f.held) leg.opened.held = f.held;
    leg.gone = leg.state === 'active' ? 0 : performance.now();
    leg.chat.event(say('k.contact_' + f.state));
    this.paint();
    if (leg === this.chosen) this.onChosen(leg);
  }

  /** A supervisor listens in, or nobody any more: said in the conversation, and beside its name while it lasts. @param {string} contact @param {string} alias */
  listener(contact, alias) {
    const leg = this.all.get(contact);
    if (!leg || leg.listener === alias) return;
    if (leg.listener) leg.chat.event(say('k.listener_left', {Alias: leg.listener}));
    if (alias) leg.chat.event(say('k.listener_joined', {Alias: alias}));
    leg.listener = alias;
    this.paint();
    if (leg !== this.chosen && alias) put(document.getElementById('spoken'), this.name(leg) + ': ' + say('k.listener_joined', {Alias: alias}));
  }

  /** Takes an `ending`: said in the conversation, and marked where another is on the screen. @param {any} f */
  ending(f) {
    const leg = this.all.get(f.contact);
    if (!leg || leg.state === 'ended') return;
    const words = say('k.ending', {Minutes: minutes(f.in_ms)});
    leg.chat.event(words);
    if (leg === this.chosen && !document.hidden) return;
    leg.unread++;
    this.paint();
    put(document.getElementById('spoken'), this.name(leg) + ': ' + words);
  }

  /** A colleague is being asked for a leg, or not any more. @param {string} contact @param {boolean} on */
  moving(contact, on) {
    const leg = this.all.get(contact);
    if (!leg) return;
    leg.moving = on;
    this.paint();
  }

  /** The conversation is over; the leg stays until its outcome is recorded. @param {string} contact */
  ended(contact) {
    const leg = this.all.get(contact);
    if (!leg || leg.state === 'ended') return;
    leg.state = 'ended';
    this.listener(contact, '');
    leg.chat.event(say('k.ended'));
    this.paint();
    if (leg === this.chosen) this.onChosen(leg);
  }

  /** Takes a leg off the desk, with its text. @param {string} contact */
  remove(contact) {
    const leg = this.all.get(contact);
    if (!leg) return;
    leg.chat.clear();
    leg.outbox.waiting = [];
    leg.outbox.said('');
    leg.box.remove();
    leg.tab.remove();
    this.all.delete(contact);
    if (leg === this.chosen) {
      const next = this.all.keys().next();
      this.choose(next.done ? null : next.value);
    } else this.paint();
  }

  /** What a leg is called here: its number and what it asks. @param {Leg} leg */
  name(leg) {
    const place = Array.from(this.all.keys()).indexOf(leg.contact) + 1;
    return place + '. ' + [label('asks', leg.opened.asks), label('language', leg.opened.language)].join(', ');
  }

  /** How a leg stands. Of a call nobody is on the line before it is dialled. @private */
  state(leg) {
    if (leg.moving && leg.state !== 'ended') return say('k.state_transferring');
    return leg.opened.channel === 'callback' && leg.state === 'active' ? say('k.beside_phone') : say('k.state_' + leg.state);
  }

  /** @private */
  paint() {
    show(document.getElementById('no-legs'), this.all.size === 0);
    this.all.forEach((leg) => {
      leg.tab.textContent = '';
      if (leg.unread) leg.tab.appendChild(make('span', 'unread', say('k.unread', {Count: leg.unread})));
      leg.tab.appendChild(make('span', '', this.name(leg)));
      leg.tab.appendChild(make('span', 'state', this.state(leg)));
      if (leg.listener) leg.tab.appendChild(make('span', 'state', say('k.listener', {Alias: leg.listener}), 'listener'));
      leg.tab.setAttribute('aria-current', String(leg === this.chosen));
      leg.tab.setAttribute('data-state', leg.state);
      show(leg.box, leg === this.chosen);
    });
    show(document.getElementById('nothing'), !this.chosen);
    const call = Boolean(this.chosen) && this.chosen.opened.channel === 'callback';
    show(this.lists, Boolean(this.chosen) && (!call || this.chosen.box.childElementCount > 0));
    const box = document.getElementById('facts');
    show(box, Boolean(this.chosen));
    box.textContent = '';
    if (this.chosen) box.appendChild(facts(this.chosen.opened));
    show(document.getElementById('write'), Boolean(this.chosen) && this.chosen.state !== 'ended');
    show(document.getElementById('composer'), Boolean(this.chosen) && this.chosen.state !== 'left' && !call); // nobody reads in a call
  }
}
