/** Referrals on the desk: the list of the duty by what is next, and a panel beside the conversation for one of them. */

import {call} from './api.js';
import {label} from './codes.js';
import {button, make, named, put, show} from './dom.js';
import {handing} from './handing.js';
import {opening} from './handopen.js';
import {refusal, tell, when} from './handparts.js';
import {say} from './words.js';

const LIST_EVERY = 60000;
const SOON = 24 * 3600 * 1000;

export class Referrals {
  /**
   * @param {import('./session.js').Session} session
   * @param {() => {contact: string, language: string}|null} leg the chosen one
   * @param {(text: string) => void} notice
   */
  constructor(session, leg, notice) {
    this.session = session;
    this.leg = leg;
    this.notice = notice;
    this.directory = [];
    this.asking = false;
    this.id = '';
    this.from = null;
    ['refer-new', 'refer-leg', 'refer-outcome', 'refer-card'].forEach((name) => named(name).addEventListener('click', () => this.begin()));
    named('refer-close').addEventListener('click', () => this.close());
    named('refer-find').addEventListener('click', () => this.find());
    setInterval(() => this.list(), LIST_EVERY);
  }

  /** Asks for the list. */
  list() {
    if (this.asking) return;
    this.asking = true;
    this.session.ask({type: 'referrals'}).then((f) => {
      this.asking = false;
      if (f.type === 'referrals') this.paint(f.list);
    });
  }

  /** Those that ask for something within a day, for the shift. @returns {Promise<any[]>} */
  due() {
    return this.session.ask({type: 'referrals'}).then((f) => (f.list || []).filter((r) => r.next && r.next_at && new Date(r.next_at).getTime() < Date.now() + SOON));
  }

  /** A `referral` for every console. @param {any} f */
  told(f) {
    this.list();
    if (f.id === this.id) put(named('refer-told'), say('k.r_changed', {What: label('referral_state', f.state)}));
  }

  /** @private */
  paint(list) {
    const box = document.getElementById('referrals');
    box.textContent = '';
    show(document.getElementById('no-referrals'), list.length === 0);
    list.forEach((r) => box.append(this.line(r)));
  }

  /** @private */
  line(r) {
    const b = button('', 'referral', () => this.look(r.id));
    b.className = 'leg';
    b.setAttribute('data-id', r.id);
    b.append(make('span', '', r.word + ' · ' + label('destination_kind', r.kind)));
    b.append(make('span', 'state', this.words(r)));
    return b;
  }

  /** What is next with a referral, in a line. @param {any} r */
  words(r) {
    const words = [label('referral_state', r.state)];
    if (r.next) words.push(say('k.r_next_' + r.next) + (r.next_at ? ' ' + when(r.next_at) : ''));
    if (r.urgent) words.push(say('k.r_urgent'));
    if (r.claimed) words.push(say('k.r_claimed'));
    return words.join(' · ');
  }

  /** @private */
  find() {
    const text = named('refer-find-text').value.trim();
    const digits = text.replace(/\D/g, '');
    const frame = /^[\d ]+$/.test(text) ? {type: 'referrals', number: digits} : {type: 'referrals', word: text};
    if (!text || frame.number !== undefined && digits.length !== 8) {
      this.notice(say('k.r_find_form'));
      return;
    }
    this.session.ask(frame).then((f) => {
      if (f.type !== 'referrals') this.notice(f.code === 'not_found' ? say('k.r_find_none') : refusal(f));
      else if (f.list.length === 1) this.look(f.list[0].id);
      else this.paint(f.list);
    });
  }

  /** Shows the panel empty, with the directory at hand. @private @param {string} title */
  panel(title) {
    this.from = this.from || document.activeElement;
    const box = document.getElementById('refer-body');
    box.textContent = '';
    put(document.getElementById('refer-title'), title);
    put(named('refer-told'), '');
    show(document.getElementById('refer'), true);
    document.getElementById('desk').classList.add('handing');
    document.getElementById('refer-title').focus();
    return call('GET', '/api/v1/directory', {cookies: true}).then((a) => {
      if (a.status === 200) this.directory = a.body.receivers;
      else this.notice(say('k.r_no_directory'));
      return box;
    });
  }

  /** Begins one: from a conversation, a form or a card, or from a call. */
  begin() {
    const leg = this.leg();
    this.id = '';
    this.panel(say('k.r_new')).then((box) => {
      opening(box, this.directory, leg ? leg.language : document.documentElement.lang, (wanted) => {
        if (!wanted.receivers.length) {
          tell(named('refer-told'), say('k.r_receiver_wanted'));
          return;
        }
        if (leg) Object.assign(wanted, {contact: leg.contact});
        this.ask('open', wanted);
      });
    });
  }

  /** Shows one that is there. @param {string} id */
  look(id) {
    this.id = id;
    this.panel(say('k.r_title', {Word: ''})).then(() => this.ask('look', {referral: id}));
  }

  /** @private */
  ask(action, more) {
    this.session.ask(Object.assign({type: 'referral', action}, more)).then((f) => {
      if (f.type !== 'referral') {
        tell(named('refer-told'), refusal(f));
        return;
      }
      if (this.id && f.id !== this.id) return;
      this.id = f.id;
      this.show(f, action);
      this.list();
    });
  }

  /** @private */
  show(f, action) {
    const box = document.getElementById('refer-body');
    box.textContent = '';
    put(document.getElementById('refer-title'), say('k.r_title', {Word: f.word}));
    handing(box, f, this.directory, (next, more) => this.ask(next, Object.assign({referral: f.id}, more)));
    const found = (f.found || []).map((t) => say('x.found_' + t));
    tell(named('refer-told'), action === 'look' ? '' : say('k.r_done_' + action) + (found.length ? ' ' + say(action === 'note' ? 'k.r_taken_out' : 'k.r_holds', {What: found.join(', ')}) : ''));
    document.getElementById('refer-title').focus();
  }

  /** Closes the panel; nothing that was written stays in the page. */
  close() {
    this.id = '';
    document.getElementById('refer-body').textContent = '';
    show(document.getElementById('refer'), false);
    document.getElementById('desk').classList.remove('handing');
    if (this.from && this.from.isConnected) this.from.focus();
    this.from = null;
  }
}
