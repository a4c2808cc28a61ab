/** Calls and visits beside the queue: a clock, the same form, and a callback when one was agreed. */

import {button, make, named, put, show} from './dom.js';
import {say} from './words.js';

const TICK = 15000;
const REFUSED = {number_refused: 'k.call_number', windows_refused: 'k.call_times', callback_unavailable: 'k.call_later'};

/** @typedef {{contact: string, channel: string, since: string, state: string, draft?: any, draft_version?: number}} Call */
export class Beside {
  /**
   * @param {any} session
   * @param {{choose: (call: Call|null) => void, notice: (text: string) => void}} desk choose shows the form of a call
   */
  constructor(session, desk) {
    this.session = session;
    this.desk = desk;
    /** @type {Map<string, Call>} */
    this.all = new Map();
    this.chosen = '';
    named('beside-visit').addEventListener('click', () => this.open('in_person'));
    named('beside-end').addEventListener('click', () => this.end());
    document.getElementById('beside-call').addEventListener('submit', (event) => {
      event.preventDefault();
      this.book();
    });
    setInterval(() => this.paint(), TICK);
  }

  /** Puts the calls of a welcome in place of those shown. @param {Call[]} [list] */
  replace(list) {
    this.all = new Map((list || []).map((c) => [c.contact, c]));
    if (!this.all.has(this.chosen)) this.choose('');
    this.paint();
  }

  /** An `external` frame: a call that began. @param {any} f */
  opened(f) {
    if (f.state === 'recorded') return;
    this.all.set(f.contact, Object.assign(this.all.get(f.contact) || {}, f));
    this.choose(f.contact);
  }

  /** @private */
  open(channel) {
    this.session.ask({type: 'external', channel}).then((f) => {
      if (f.type === 'external') this.opened(f);
      else this.desk.notice(say('k.not_done', {What: f.code}));
    });
  }

  /** Shows one call, or none. @param {string} contact */
  choose(contact) {
    const call = this.all.get(contact) || null;
    this.chosen = call ? contact : '';
    if (call) this.desk.choose(call);
    put(named('beside-booked'), '');
    this.paint();
  }

  /** Something else is shown. */
  leave() {
    this.chosen = '';
    this.paint();
  }

  /** @private The slot was never taken, so the end only stops the clock. */
  end() {
    const call = this.all.get(this.chosen);
    if (!call) return;
    this.session.ask({type: 'end', contact: call.contact, reason: 'done'}).then((f) => {
      if (f.type !== 'ended') {
        this.desk.notice(say('k.not_done', {What: f.code}));
        return;
      }
      call.state = 'ended';
      this.paint();
      document.getElementById('outcome-h').focus();
    });
  }

  /** @private */
  book() {
    const call = this.all.get(this.chosen);
    const at = (name) => { const v = named(name).value; return v ? new Date(v).toISOString() : ''; };
    if (!call) return;
    named('beside-book').disabled = true;
    this.session.ask({
      type: 'external', channel: call.channel, contact: call.contact, language: document.documentElement.lang,
      callback: {
        number: named('beside-number').value.trim(), ask_for: named('beside-person').value.trim(),
        windows: [{from: at('beside-from'), to: at('beside-until')}], message_allowed: named('beside-message').checked,
      },
    }).then((f) => {
      named('beside-book').disabled = false;
      if (f.type !== 'external') {
        put(named('beside-booked'), say(REFUSED[f.code] || 'k.not_done', {What: f.code}));
        return;
      }
      /** @type {any} */ (document.getElementById('beside-call')).reset();
      put(named('beside-booked'), say('k.beside_booked', {Number: f.callback.return_number.replace(/(\d{4})(\d{4})/, '$1 $2')}));
    });
  }

  /** A call that is recorded, or not ours any more. @param {string} contact @returns {Call|null} what it was */
  remove(contact) {
    const call = this.all.get(contact) || null;
    this.all.delete(contact);
    if (call && this.chosen === contact) this.choose('');
    else this.paint();
    return call;
  }

  /** @private */
  paint() {
    const box = document.getElementById('beside');
    const had = document.activeElement && box.contains(document.activeElement) ? document.activeElement.getAttribute('data-contact') : '';
    box.textContent = '';
    this.all.forEach((call) => {
      const b = button(words(call), 'beside-leg', () => this.choose(call.contact));
      b.className = 'leg';
      b.setAttribute('data-contact', call.contact);
      b.setAttribute('data-state', call.state);
      b.setAttribute('aria-current', String(call.contact === this.chosen));
      b.appendChild(make('span', 'state', say('k.beside_' + call.state)));
      box.appendChild(b);
      if (had === call.contact) b.focus();
    });
    const call = this.all.get(this.chosen);
    show(document.getElementById('beside-panel'), Boolean(call));
    if (!call) return;
    show(document.getElementById('nothing'), false);
    put(named('beside-clock'), words(call));
    show(named('beside-end'), call.state === 'open');
  }
}

/** What a call is called here, with its clock. */
function words(call) {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(call.since)) / 60000));
  return say('k.beside_' + call.channel) + ' · ' + say('k.minutes', {Count: minutes});
}
