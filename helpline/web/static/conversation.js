/** One conversation of the contact: the frames of the wire, and what the page shows for each. */

import {ChatList} from './chat.js';
import {composer} from './composer.js';
import {button, minutes, named, put, show, uuid} from './dom.js';
import {notice} from './form.js';
import {hold} from './leave.js';
import {Matter} from './matter.js';
import {Outbox} from './outbox.js';
import {rating} from './rate.js';
import {naming, Readers} from './readers.js';
import {place} from './waiting.js';
import {Wire} from './wire.js';
import {hidden, say} from './words.js';

const STILL_LOST = 20000;
const TYPING_SHOWN = 5000;
const GOT_WITHIN = 400;
const MISSED = 3000;
/** The close code of a page that a newer one took the place of. */
const REPLACED = 4501;

/** What a person is told by the reason of the end: text that is destroyed at once, a place that is given on. */
const ENDED = {
  contact_done: 'c.ended_done', contact_cancelled: 'c.ended_done', done_by_contact: 'c.ended_done', cancel: 'c.ended_done',
  exit: 'c.ended_done', expired_by_policy: 'c.ended_done', abandoned: 'c.ended_abandoned',
};

/** The conversation that the page shows: the one whose text field it is. @type {Conversation|null} */
let current = null;

export class Conversation {
  /** @param {import('./form.js').Opened} opened @param {string} phone @param {(windows?: {from: string, to: string}[]) => void} scheduled called when it is a callback */
  constructor(opened, phone, scheduled) {
    current = this;
    this.scheduled = scheduled;
    this.token = opened.token;
    this.work = opened.work;
    this.phone = phone;
    this.matter = new Matter(opened.token);
    this.over = false;
    this.main = named('state');
    this.chat = new ChatList(named('messages'), (from) => say(from === 'system' ? 'x.from_system' : 'c.from_' + from), 'contact');
    this.readers = new Readers((words) => this.chat.event(words));
    this.met = false; // an adviser has joined
    this.got = 0;
    this.gotTimer = 0;
    this.awayTimer = 0;
    this.lostTimer = 0;
    this.wasLost = false;
    this.wire = new Wire({
      path: '/api/v1/contact/socket',
      stream: (hello) => ({
        path: '/api/v1/contact/stream',
        init: {headers: {Authorization: 'Bearer ' + hello.token, 'Last-Event-ID': String(hello.after)}},
      }),
      frames: '/api/v1/contact/frames',
      hello: () => Promise.resolve({type: 'hello', v: 1, token: this.token, after: this.chat.after}),
      frame: (f) => this.read(f),
      phase: (p, code) => this.phase(p, code),
    });
    this.outbox = new Outbox((f) => this.wire.send(f), () => this.wire.drop());
    composer(/** @type {any} */ (document.getElementById('composer')), (text) => this === current && this.say(text));
    if (opened.resumed) this.chat.event(say('c.resumed'));
  }

  /** Shows the waiting view and connects. */
  start() {
    hold(this.token);
    put(document.getElementById('write-now'), say('c.write_now'));
    put(named('position'), place(null));
    this.state('waiting');
    document.getElementById('heading').focus();
    this.wire.start();
  }

  /** Shows one of: form, waiting, active, away, ended. @param {string} name */
  state(name) {
    clearTimeout(this.awayTimer);
    stage(name);
    show(named('joined'), this.readers.all.size > 0 && name !== 'ended');
    put(document.getElementById('heading'), say('c.head_' + name));
    named('typing').textContent = '';
  }

  current() {
    return this.main.getAttribute('data-state');
  }

  /** @private */
  say(text, sure) {
    const frame = {type: 'say', cid: uuid(), text};
    if ((this.work || this.came) && this.checks && !sure) Object.assign(frame, {check: true});
    this.chat.pending(frame.cid, text);
    this.outbox.add(frame);
    return true;
  }

  /** @private */
  read(f) {
    const act = {
      welcome: () => this.welcome(f),
      position: () => this.waiting(f, 'c.waiting_again'),
      joined: () => this.joined(f),
      message: () => this.message(f),
      typing: () => this.typing(),
      matter: () => this.matter.offer(),
      interpreter: () => { if (f.state !== 'none') this.chat.event(say('c.interpreter_' + f.state)); },
      ending: () => this.chat.event(say(f.place_kept ? 'c.ending_text' : 'c.ending', {Minutes: minutes(f.in_ms)})),
      away: () => this.away(),
      left: () => this.readers.left(f.alias),
      transferred: () => this.transferred(f),
      converted: () => this.scheduled(),
      ended: () => this.end(say(ENDED[f.reason] || 'c.ended'), f.reason === 'abandoned' ? 'abandoned' : ''),
      said: () => this.said(f),
      masked: () => this.masked(f),
      error: () => { if (f.cid && this.outbox.refused(f.cid, Boolean(f.retry))) this.chat.failed(f.cid); },
    }[f.type];
    if (act) act();
  }

  /** @private */
  welcome(f) {
    this.checks = Boolean(f.checks);
    this.came = Boolean(f.work); // for work, begun on another page
    if (!f.checks) this.outbox.all.forEach((m) => { delete m.check; });
    this.outbox.seen(f.seq);
    if (f.state === 'ended') return; // "ended" follows, with its reason
    if (f.state === 'scheduled') {
      this.scheduled(f.windows);
      return;
    }
    if (f.state === 'active') {
      this.reader(f.alias || '', 'adviser');
      this.readers.listens(f.listener || '');
      this.state('active');
    } else if (f.state === 'away') this.away();
    else if (f.state === 'waiting' || f.position) this.waiting(f.position, 'c.waiting_back');
    this.outbox.restart();
  }

  /** The adviser is gone; one who is back within a moment was not missed, and nobody is frightened. @private */
  away() {
    clearTimeout(this.awayTimer);
    this.awayTimer = setTimeout(() => {
      if (this.current() === 'away') return;
      this.chat.event(say('c.away'));
      this.state('away');
    }, MISSED);
  }

  /** In line; after a chat that was open, words tell why. @private */
  waiting(position, words) {
    if (this.current() === 'active' || this.current() === 'away') this.chat.event(say(words));
    if (this.current() !== 'waiting') {
      this.readers.clear();
      this.state('waiting');
    }
    put(named('position'), place(position));
  }

  /** @private */
  joined(f) {
    if (f.role === 'supervisor') {
      this.readers.listens(f.alias);
      return;
    }
    if (!this.readers.all.has(f.alias) || this.current() !== 'active') this.chat.event(say('c.joined', {Alias: naming(f)}));
    this.reader(f.alias, f.role);
    this.state('active');
  }

  /** @private */
  transferred(f) {
    this.reader(f.alias, 'adviser');
    this.chat.event(say('c.transferred', {Alias: f.alias || say('c.role_adviser_plain')}));
    this.state('active');
  }

  /** @private */
  reader(alias, role) {
    this.met = true;
    this.readers.adviser(alias, role);
  }

  /** @private */
  message(f) {
    this.outbox.seen(f.seq);
    this.chat.take(f);
    if (f.from === 'contact') {
      this.outbox.said(f.cid);
      return;
    }
    named('typing').textContent = '';
    if (f.from === 'adviser') clearTimeout(this.awayTimer);
    if (f.from === 'adviser' && this.current() === 'away') this.state('active');
    this.got = Math.max(this.got, f.seq);
    if (!this.gotTimer) {
      this.gotTimer = setTimeout(() => {
        this.gotTimer = 0;
        this.wire.send({type: 'got', seq: this.got});
      }, GOT_WITHIN);
    }
  }

  /** @private */
  said(f) {
    this.outbox.seen(f.seq);
    this.outbox.said(f.cid);
    this.chat.said(f.cid, f.seq, f.at);
  }

  /** Somebody at work wrote what looks like an identifier: it is not sent before they decide. @private */
  masked(f) {
    const m = this.outbox.waiting.find((w) => w.frame.cid === f.cid);
    if (!m) return;
    this.outbox.refused(f.cid, false);
    this.chat.ask(f.cid, say('c.masked', {Text: hidden(f.text)}), [
      button(say('c.masked_send'), 'send-masked', () => this.say(f.text, true)),
      button(say('c.masked_as_is'), 'send-as-is', () => this.say(m.frame.text, true)),
    ]);
  }

  /** @private */
  typing() {
    put(named('typing'), say('c.typing'));
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => { named('typing').textContent = ''; }, TYPING_SHOWN);
  }

  /** @private */
  phase(phase, code) {
    if (phase === 'open') {
      clearTimeout(this.lostTimer);
      notice(this.wasLost ? say('c.back') : '');
      if (this.wasLost) setTimeout(() => { if (named('notice').textContent === say('c.back')) notice(''); }, 4000);
      this.wasLost = false;
    } else if (phase === 'lost' && !this.wasLost) {
      this.wasLost = true;
      notice(say('c.lost'));
      this.lostTimer = setTimeout(() => notice(say('c.lost_long', {Phone: this.phone})), STILL_LOST);
    } else if (phase === 'stopped') {
      this.end(say(code === 4503 ? 'c.dead' : code === REPLACED ? 'c.replaced' : 'c.ended'), code === REPLACED ? 'elsewhere' : '');
    }
  }

  /** Ends what is on this page: the token is forgotten, and the text unless the person asked for work. @param {string} words @param {''|'elsewhere'|'abandoned'} [how] it goes on elsewhere, or by its number */
  end(words, how) {
    if (this.over) return;
    this.over = true;
    hold('');
    if (this.met && !how) rating(this.token);
    this.token = '';
    clearTimeout(this.lostTimer);
    const marked = !this.work && this.chat.clear(how !== 'elsewhere');
    this.outbox.forget();
    this.state('ended');
    show(document.getElementById('return'), false);
    if (this.met && !how) this.matter.offer();
    if (how === 'abandoned') this.main.insertBefore(named('show-return'), document.getElementById('return'));
    if (how === 'elsewhere') {
      show(this.matter.box, false);
      put(document.getElementById('heading'), say('c.head_replaced'));
    }
    notice([words].concat(this.work ? say('c.ended_kept') : marked ? say('c.ended_marked') : how ? [] : say('c.ended_again')).join(' '));
    document.getElementById('heading').focus();
    if (!this.wire.stopped) this.wire.stop();
  }
}

/** Shows what belongs to a state of the page. @param {string} name */
export function stage(name) {
  named('state').setAttribute('data-state', name);
  document.querySelectorAll('[data-in]').forEach((el) => show(/** @type {any} */ (el), el.getAttribute('data-in').split(' ').indexOf(name) >= 0));
}
