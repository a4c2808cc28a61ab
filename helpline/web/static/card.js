/** Matter cards on the desk: opened by the number that a person tells, written for the next adviser. */

import {label} from './codes.js';
import {grouped, make, named, put, show} from './dom.js';
import {hidden, say} from './words.js';

const LISTS = {
  role: 'contact_role', organisation: 'organisation_kind', language: 'language', topic: 'topic', urgency: 'urgency',
  assessment: 'assessment', interpreter: 'interpreter_state', destination: 'destination_kind', outcome: 'outcome',
};
const REFUSED = {not_found: 'k.card_unknown', tries_used: 'k.card_tries', invalid_value: 'k.card_number'};

export class Cards {
  /** @param {import('./session.js').Session} session @param {() => any} values what the form of the chosen leg says so far @param {(text: string) => void} notice */
  constructor(session, values, notice) {
    this.session = session;
    this.values = values;
    this.notice = notice;
    this.contact = '';
    named('card-open').addEventListener('click', () => this.open());
    named('card-write').addEventListener('click', () => this.write());
  }

  /** Shows the part that belongs to a leg. @param {string} contact empty: none */
  choose(contact) {
    if (contact !== this.contact) {
      ['card-number', 'card-note'].forEach((n) => { named(n).value = ''; });
      document.getElementById('card-shown').textContent = '';
      put(named('card-told'), '');
    }
    this.contact = contact;
    show(document.getElementById('card'), contact !== '');
  }

  /** @private */
  open() {
    const contact = this.contact;
    const number = named('card-number').value.replace(/\D/g, '');
    this.session.ask({type: 'matter', number, contact}).then((f) => {
      if (f.type !== 'card') {
        this.notice(say(REFUSED[f.code] || 'k.not_done', {What: f.code}));
        return;
      }
      if (contact === this.contact) this.paint(f);
    });
  }

  /** @private */
  paint(f) {
    const box = document.getElementById('card-shown');
    box.textContent = '';
    const tags = make('div', 'tags');
    Object.keys(LISTS).forEach((name) => [].concat(f.codes[name] || []).forEach((code) => tags.appendChild(make('span', 'tag', label(LISTS[name], code)))));
    box.appendChild(tags);
    if (f.note) box.appendChild(make('p', '', hidden(f.note), 'card-text'));
    put(named('card-told'), say('k.card_linked'));
  }

  /** @private */
  write() {
    const contact = this.contact;
    const known = this.values() || {};
    const codes = {};
    Object.keys(LISTS).forEach((name) => { if (known[name] && known[name].length) codes[name] = known[name]; });
    this.session.ask({type: 'card', contact, codes, note: named('card-note').value.replace(/\s+/g, ' ').trim()}).then((f) => {
      if (f.type !== 'carded') {
        this.notice(say('k.not_done', {What: f.code}));
        return;
      }
      if (contact !== this.contact) return;
      put(named('card-told'), say('k.card_kept', {Number: grouped(f.number)}) + (f.redacted ? ' ' + say('k.card_redacted') : ''));
    });
  }
}
