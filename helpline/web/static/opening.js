/** Intake: open or closed, until when, and what the contact's page tells of it. */

import {named, put, uuid} from './dom.js';
import {say} from './words.js';

const LANGUAGES = ['fi', 'sv', 'en'];

export class Opening {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    this.drawn = '';
    const form = /** @type {any} */ (document.getElementById('opening-form'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const wish = {request_id: uuid(), action: 'opening', closed: form.closed.checked, event: form.event.checked, notice: {}};
      LANGUAGES.forEach((l) => { if (form[l].value.trim()) wish.notice[l] = form[l].value.trim(); });
      if (form.closed.checked && form.reopens.value) wish.reopens_at = new Date(form.reopens.value).toISOString();
      act('POST', '/api/v1/board/actions', wish);
    });
    this.form = form;
  }

  /** @param {any} o */
  show(o) {
    put(named('opening-state'), o.closed ? say(o.reopens_at ? 'b.closed_until' : 'b.is_closed', {When: o.reopens_at ? new Date(o.reopens_at).toLocaleString(document.documentElement.lang) : ''})
      : say(o.event ? 'b.is_event' : 'b.is_open'));
    const text = JSON.stringify(o);
    if (this.drawn === text || this.form.contains(document.activeElement)) return;
    this.drawn = text;
    this.form.closed.checked = o.closed;
    this.form.event.checked = o.event;
    LANGUAGES.forEach((l) => { this.form[l].value = o.notice && o.notice[l] || ''; });
  }
}
