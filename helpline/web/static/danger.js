/** What stands beside the desk: danger that nobody has taken, and chats parked here. */

import {facts, fill} from './codes.js';
import {button, make, named, show} from './dom.js';
import {ring} from './sound.js';
import {say} from './words.js';

const REFUSED = {not_free: 'k.not_free'};

export class Danger {
  /**
   * @param {import('./session.js').Session} session
   * @param {(leg: any) => void} opened called with the answer to a take
   * @param {(text: string) => void} notice
   */
  constructor(session, opened, notice) {
    this.session = session;
    this.opened = opened;
    this.notice = notice;
    /** @type {Map<string, {state: string, el: HTMLElement}>} */
    this.live = new Map();
    /** @type {Map<string, HTMLElement>} */
    this.parked = new Map();
  }

  /** Puts the lists of a welcome in place of those shown. @param {any[]} danger @param {any[]} parked */
  replace(danger, parked) {
    Array.from(this.live.keys()).forEach((c) => this.drop(c));
    Array.from(this.parked.keys()).forEach((c) => this.unpark(c));
    (danger || []).forEach((f) => this.tell(f));
    (parked || []).forEach((f) => this.park(f));
  }

  /** Takes a `danger` frame: waiting, open, taken or closed. @param {any} f */
  tell(f) {
    const known = this.live.get(f.contact);
    if (f.state !== 'waiting' && f.state !== 'open') {
      this.drop(f.contact);
      return;
    }
    if (known && known.state === f.state) return;
    this.drop(f.contact);
    const el = make('div', 'card alarm', '', 'danger');
    el.setAttribute('data-contact', f.contact);
    el.setAttribute('data-state', f.state);
    el.appendChild(make('strong', '', say('k.danger_' + f.state)));
    el.appendChild(facts(f));
    el.appendChild(f.state === 'waiting' ? this.taking(f.contact, 'danger-take', 'main') : this.closing(f.contact));
    document.getElementById('danger').appendChild(el);
    this.live.set(f.contact, {state: f.state, el});
    this.paint();
    ring();
  }

  /** @private */
  closing(contact) {
    const row = make('p', 'row');
    const code = make('select', '', '', 'danger-code');
    code.setAttribute('aria-label', say('k.danger_code'));
    fill(code, 'danger_close', true);
    row.appendChild(code);
    const close = button(say('k.danger_close'), 'danger-close', () => {
      if (!code.value) {
        this.notice(say('k.danger_code_needed'));
        code.focus();
        return;
      }
      close.disabled = true;
      this.session.ask({type: 'danger', contact, code: code.value}).then((f) => {
        close.disabled = false;
        if (f.type === 'danger' || f.code === 'not_found') this.drop(contact);
        if (f.type !== 'danger') this.notice(this.refusal(f));
      });
    });
    row.appendChild(close);
    return row;
  }

  /** @private */
  taking(contact, test, look) {
    const b = button(say('k.take'), test, () => {
      b.disabled = true;
      this.session.ask({type: 'take', contact}).then((f) => {
        b.disabled = false;
        if (f.type === 'opened') {
          this.drop(contact);
          this.unpark(contact);
          this.opened(f);
        } else this.notice(this.refusal(f));
      });
    });
    b.className = look;
    return b;
  }

  /** @private */
  refusal(f) {
    return f.code === 'not_found' ? say('k.taken_elsewhere') : say(REFUSED[f.code] || 'k.not_done', {What: f.code});
  }

  /** Shows a parked chat. @param {any} f */
  park(f) {
    this.unpark(f.contact);
    const el = make('div', 'card', '', 'parked-leg');
    el.setAttribute('data-contact', f.contact);
    el.appendChild(facts({lane: f.lane, language: f.language}));
    el.appendChild(this.taking(f.contact, 'parked-take', ''));
    document.getElementById('parked').appendChild(el);
    this.parked.set(f.contact, el);
    this.paint();
  }

  /** Takes a parked chat away. @param {string} contact @returns {boolean} whether it was there */
  unpark(contact) {
    const el = this.parked.get(contact);
    if (!el) return false;
    el.remove();
    this.parked.delete(contact);
    this.paint();
    return true;
  }

  /** @private */
  drop(contact) {
    const known = this.live.get(contact);
    if (!known) return;
    known.el.remove();
    this.live.delete(contact);
    this.paint();
  }

  /** @private */
  paint() {
    show(named('danger-list'), this.live.size > 0);
    show(named('parked-list'), this.parked.size > 0);
  }
}
