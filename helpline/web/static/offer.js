/** Offers: one card each, with countdown and sound for as long as it lives. */

import {facts, fill} from './codes.js';
import {button, make, named, put, show} from './dom.js';
import {ring} from './sound.js';
import {has, say} from './words.js';

const RING_EVERY = 2500;

export class Offers {
  /**
   * @param {import('./session.js').Session} session
   * @param {(leg: any) => void} opened called with the answer to an accept
   * @param {(text: string) => void} notice
   */
  constructor(session, opened, notice) {
    this.session = session;
    this.opened = opened;
    this.notice = notice;
    this.box = document.getElementById('offers');
    /** @type {Map<string, {el: HTMLElement, until: number}>} */
    this.live = new Map();
    this.rang = 0;
    setInterval(() => this.tick(), 250);
  }

  /** Puts the offers of a welcome in place of those shown. @param {any[]} offers */
  replace(offers) {
    const now = (offers || []).map((o) => o.offer);
    this.live.forEach((_, id) => { if (now.indexOf(id) < 0) this.drop(id); });
    (offers || []).forEach((o) => this.add(o));
  }

  /** Shows an `offer` frame. @param {any} f */
  add(f) {
    const known = this.live.get(f.offer);
    const until = performance.now() + f.expires_in_ms;
    if (known) {
      known.until = until;
      return;
    }
    const el = make('div', 'card', '', 'offer');
    el.setAttribute('data-offer', f.offer);
    el.appendChild(make('strong', '', say('k.offer')));
    el.appendChild(facts(f));
    const seconds = make('span', 'seconds', '', 'offer-seconds');
    seconds.setAttribute('aria-live', 'off');
    el.appendChild(seconds);
    const accept = button(say('k.accept'), 'offer-accept', () => this.accept(f.offer, accept));
    accept.className = 'main';
    el.appendChild(accept);
    const reason = make('select', '', '', 'decline-reason');
    reason.setAttribute('aria-label', say('k.decline_reason'));
    fill(reason, 'offer_decline', false);
    const row = make('p', 'row');
    row.appendChild(reason);
    row.appendChild(button(say('k.decline'), 'offer-decline', () => this.decline(f.offer, reason.value)));
    el.appendChild(row);
    this.box.appendChild(el);
    this.live.set(f.offer, {el, until});
    this.tick();
  }

  /** Takes back an offer: `revoked`. @param {any} f */
  revoked(f) {
    if (!this.drop(f.offer)) return;
    this.notice(say(has('k.revoked_' + f.reason) ? 'k.revoked_' + f.reason : 'k.revoked_other'));
  }

  /** @private @returns {Promise<boolean>} whether the contact is one's own now */
  accept(offer, pressed) {
    pressed.disabled = true;
    return this.session.ask({type: 'accept', offer}).then((f) => {
      this.drop(offer);
      if (f.type === 'opened') this.opened(f);
      else this.notice(say(f.code === 'offer_gone' ? 'k.offer_gone' : 'k.not_done', {What: f.code}));
      return f.type === 'opened';
    });
  }

  /** @private */
  decline(offer, reason) {
    this.drop(offer);
    this.session.ask({type: 'decline', offer, reason}).then((f) => {
      if (f.type === 'error' && f.code !== 'offer_gone') this.notice(say('k.not_done', {What: f.code}));
    });
  }

  /** @private */
  drop(offer) {
    const o = this.live.get(offer);
    if (!o) return false;
    o.el.remove();
    this.live.delete(offer);
    show(document.getElementById('no-offers'), this.live.size === 0);
    return true;
  }

  /** @private */
  tick() {
    const now = performance.now();
    this.live.forEach((o, id) => {
      const left = Math.ceil((o.until - now) / 1000);
      if (left < -5) this.drop(id);
      else put(named('offer-seconds', o.el), say('k.seconds', {Count: Math.max(0, left)}));
    });
    show(document.getElementById('no-offers'), this.live.size === 0);
    if (this.live.size && now - this.rang > RING_EVERY) {
      this.rang = now;
      ring();
    }
  }

  /** Keys: accept the first offer. @returns {Promise<boolean>} whether its contact is one's own now */
  acceptFirst() {
    const b = named('offer-accept', this.box);
    return b && !b.disabled ? this.accept(b.closest('[data-offer]').getAttribute('data-offer'), b) : Promise.resolve(false);
  }

  /** Keys: go to the first offer's reason to decline. */
  declineFirst() {
    const s = named('decline-reason', this.box);
    if (s) s.focus();
  }
}
