/** Intake: open or closed, until when, and what the contact's page tells of it. */

import {clock} from './clock.js';
import {named, put, uuid} from './dom.js';
import {say} from './words.js';

export class Opening {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    this.drawn = '';
    const form = /** @type {any} */ (document.getElementById('opening-form'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const wish = {request_id: uuid(), action: 'opening', closed: form.closed.checked, event: form.event.checked, notice: {}};
      this.notices().forEach((n) => { if (n.value.trim()) wish.notice[n.lang] = n.value.trim(); });
      if (form.closed.checked && form.reopens.value) wish.reopens_at = new Date(form.reopens.value).toISOString();
      act('POST', '/api/v1/board/actions', wish);
    });
    this.form = form;
  }

  /** One field for the message in each language of the pages. @private @returns {HTMLInputElement[]} */
  notices() { return Array.from(this.form.querySelectorAll('input[lang]')); }

  /** @param {any} o */
  show(o) {
    put(named('opening-state'), o.closed ? say(o.reopens_at ? 'b.closed_until' : 'b.is_closed', {When: o.reopens_at ? clock(o.reopens_at, {weekday: 'short', day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit'}) : ''})
      : say(o.event ? 'b.is_event' : 'b.is_open'));
    const text = JSON.stringify(o);
    if (this.drawn === text || this.form.contains(document.activeElement)) return;
    this.drawn = text;
    this.form.closed.checked = o.closed;
    this.form.event.checked = o.event;
    this.notices().forEach((n) => { n.value = o.notice && o.notice[n.lang] || ''; });
  }
}
