/** Duty: ready means audible, so pressing ready plays a tone and tells the server that it did. */

import {fill, standing} from './codes.js';
import {named, put} from './dom.js';
import {awake, test, wake, watch} from './sound.js';
import {say} from './words.js';

const GRACE = 60000;
/** How long the second press of a button counts as meant. */
const AGAIN = 10000;
const BUTTONS = {ready: 'duty-ready', paused: 'duty-pause', on_phone: 'duty-phone', off: 'duty-off'};

export class Duty {
  /** @param {import('./session.js').Session} session @param {(text: string) => void} notice */
  constructor(session, notice) {
    this.session = session;
    this.notice = notice;
    this.wished = '';
    this.meant = '';
    this.until = 0;
    this.deaf = false;
    const reason = named('pause-reason');
    fill(reason, 'pause_reason', false);
    named('duty-ready').addEventListener('click', () => this.ready());
    named('duty-phone').addEventListener('click', () => this.ask({state: 'on_phone'}));
    named('duty-pause').addEventListener('click', () => this.ask({state: 'paused', reason: reason.value}));
    named('duty-off').addEventListener('click', () => this.ask({state: 'off'}));
    watch(() => this.silent());
  }

  /** Ready means audible: a page that lost its sound stops being offered, also the last one. @private */
  silent() {
    if (named('duty-state').getAttribute('data-state') !== 'ready') return;
    this.deaf = true;
    this.remind();
    this.ask({state: 'paused', reason: 'technical', confirm: true});
  }

  /** Says once more why nothing rings: what the pause takes back is told after it. */
  remind() {
    if (this.deaf) this.notice(say('k.sound_lost'));
  }

  /** @private */
  ready() {
    wake().then((heard) => {
      if (!heard) {
        this.notice(say('k.no_sound'));
        return;
      }
      test();
      this.deaf = false;
      this.notice(say('k.sound_check'));
      this.session.ask({type: 'audible'}).then((f) => this.show(f));
      this.ask({state: 'ready'});
    });
  }

  /** Asks for a duty. The last one ready is asked back, and means it by pressing again. @private */
  ask(fields) {
    if (fields.state) this.wished = fields.state;
    const frame = Object.assign({type: 'duty'}, fields);
    if (this.meant === fields.state && performance.now() < this.until) frame.confirm = true;
    this.meant = '';
    this.session.ask(frame).then((f) => {
      if (f.code !== 'last_ready') {
        this.show(f);
        return;
      }
      this.meant = fields.state;
      this.until = performance.now() + AGAIN;
      this.notice(say('k.last_ready'));
    });
  }

  /** A pause to talk about what was heavy. */
  debrief() {
    this.ask({state: 'paused', reason: 'debrief'});
  }

  /**
   * The connection is new: the server asks again whether this page can be heard. A console that was away for
   * less than its grace goes on as it was, also when the server forgot its duty.
   * @param {any} f the welcome @param {number} away ms
   */
  welcome(f, away) {
    this.show(f);
    if (!awake()) return;
    this.session.ask({type: 'audible'}).then((d) => this.show(d));
    if (f.duty !== 'off' || away > GRACE || this.wished !== 'ready' && this.wished !== 'on_phone') return;
    this.ask({state: this.wished});
  }

  /** Shows a `duty` frame, or the duty of a welcome. @param {any} f */
  show(f) {
    if (f.type === 'error') {
      this.notice(say('k.not_done', {What: f.code}));
      return;
    }
    const state = f.state || f.duty;
    if (typeof state === 'object' && state) {
      this.show(state);
      return;
    }
    const words = standing(state, f.reason);
    if (typeof f.capacity === 'number') words.push(say('k.slots', {Used: f.used || 0, Capacity: f.capacity}));
    const el = named('duty-state');
    if (el.getAttribute('data-state') !== state && named('notice').textContent === say('k.last_ready')) this.notice('');
    put(el, words.join(' · '));
    el.setAttribute('data-state', state);
    Object.keys(BUTTONS).forEach((s) => named(BUTTONS[s]).setAttribute('aria-pressed', String(s === state)));
    if (state === 'draining' && f.reason !== 'shift_over') this.notice(say('k.draining'));
    if (f.reason === 'shift_over') {
      this.wished = '';
      this.notice(say('k.shift_over'));
    }
    if (state === 'paused' && f.audible === false && !f.reason) this.notice(say('k.not_audible'));
  }
}
