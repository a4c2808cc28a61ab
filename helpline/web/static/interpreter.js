/** An interpreter for a leg: how far one is, by the adviser's own word. */

import {fill} from './codes.js';
import {named, put, show} from './dom.js';
import {say} from './words.js';

export class Interpreter {
  /** @param {import('./session.js').Session} session @param {(contact: string, state: string) => void} noted @param {(text: string) => void} notice */
  constructor(session, noted, notice) {
    this.session = session;
    this.noted = noted;
    this.notice = notice;
    this.leg = null;
    this.box = document.getElementById('interpreter');
    this.select = named('interpreter-state');
    fill(this.select, 'interpreter_state', false);
    this.select.addEventListener('change', () => this.tell());
  }

  /** Shows it for a leg whose language nobody staffs, and for one that has a state. @param {any} opened null: none */
  choose(opened) {
    this.leg = opened;
    show(this.box, Boolean(opened));
    if (!opened) return;
    this.box.open = Boolean(opened.interpreted);
    this.select.value = opened.interpreter || 'none';
    put(named('interpreter-words'), opened.interpreted ? say('k.interpreter_greeted') : '');
  }

  /** @private */
  tell() {
    const leg = this.leg;
    if (!leg) return;
    this.session.ask({type: 'interpreter', contact: leg.contact, state: this.select.value}).then((f) => {
      if (f.type !== 'interpreter') {
        this.notice(say('k.not_done', {What: f.code}));
        return;
      }
      leg.interpreter = f.state;
      this.noted(leg.contact, f.state);
    });
  }
}
