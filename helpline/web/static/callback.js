/** Callbacks on the desk: the due list, the number on demand, and how each try went. */

import {clock} from './clock.js';
import {fill, label} from './codes.js';
import {button, make, named, put, show} from './dom.js';
import {has, say} from './words.js';

const LIST_EVERY = 30000;

export class Callbacks {
  /** @param {any} session @param {(text: string) => void} notice @param {(contact: string) => void} gone a leg that was given back */
  constructor(session, notice, gone) {
    this.session = session;
    this.notice = notice;
    this.gone = gone;
    this.contact = '';
    this.asking = false;
    this.box = document.getElementById('call');
    fill(named('call-result'), 'callback_result', false);
    named('call-result').querySelector('[value="expired"]').remove(); // the line's own word
    named('call-reveal').addEventListener('click', () => this.reveal());
    named('call-save').addEventListener('click', () => this.save());
    setInterval(() => this.list(), LIST_EVERY);
  }

  /** Shows the controls of a callback. @param {string} contact empty: none @param {boolean} mine whether it may be dialled */
  choose(contact, mine) {
    if (contact !== this.contact) this.forget();
    this.contact = contact;
    show(this.box, contact !== '');
    show(named('call-reveal'), mine);
  }

  /** The number leaves the page. @private */
  forget() {
    const a = named('call-dial');
    a.removeAttribute('href');
    put(a, '');
    put(named('call-words'), '');
    named('call-next').value = '';
  }

  /** @private */
  reveal() {
    this.session.ask({type: 'reveal', contact: this.contact}).then((f) => {
      if (f.type !== 'number') {
        this.failed(f);
        return;
      }
      const a = named('call-dial');
      a.href = 'tel:' + f.number + (f.extension ? ',' + f.extension : '');
      put(a, f.number);
      put(named('call-words'), [['k.call_person', f.ask_for], ['k.call_extension', f.extension], ['k.call_word', f.code_word]]
        .filter((w) => w[1]).map((w) => say(w[0], {What: w[1]})).concat(say(f.message_allowed ? 'k.call_message' : 'k.call_no_message')).join(' '));
    });
  }

  /** @private */
  save() {
    const contact = this.contact;
    const frame = {type: 'attempt', contact, result: named('call-result').value};
    if (named('call-next').value) frame.next = new Date(named('call-next').value).toISOString();
    this.session.ask(frame).then((f) => {
      if (f.type !== 'attempted') {
        this.failed(f);
        return;
      }
      this.notice(f.due ? say('k.call_again', {When: when(f.due)}) : say('k.call_noted'));
      this.list();
      if (['reached', 'cancelled', 'superseded'].indexOf(frame.result) >= 0) return;
      this.choose('', false);
      this.gone(contact);
    });
  }

  /** @private */
  failed(f) {
    this.notice(f.code === 'windows_refused' ? say('k.call_not_now') : say('k.not_done', {What: f.code}));
  }

  /** A `callback` for every console. @param {any} f */
  told(f) {
    this.notice(say('k.call_' + f.state));
    this.list();
  }

  /** Asks for the list. */
  list() {
    if (this.asking) return; // the answer comes, if need be after a reconnect
    this.asking = true;
    this.session.ask({type: 'callbacks'}).then((f) => {
      this.asking = false;
      if (f.type === 'callbacks') this.paint(f.list);
    });
  }

  /** @private */
  paint(list) {
    const box = document.getElementById('calls');
    box.textContent = '';
    show(document.getElementById('no-calls'), list.length === 0);
    list.forEach((c) => {
      const words = (c.state === 'review' ? say('k.call_review') : when(c.due)) + ', ' + label('language', c.language) +
        (c.reason ? ', ' + why(c.reason) : '') + (c.linked ? ', +' + c.linked : '');
      if (c.state === 'review') box.appendChild(button(words, 'call-review', () => this.choose(c.contact, false)));
      else box.appendChild(make('p', 'small', words, 'call-due'));
    });
  }
}

/** Why a call stands in the list: how a try went, or that a window was missed. @param {string} reason */
function why(reason) { return has('k.call_why_' + reason) ? say('k.call_why_' + reason) : label('callback_result', reason); }

function when(instant) {
  return clock(instant, {weekday: 'short', hour: '2-digit', minute: '2-digit'});
}
