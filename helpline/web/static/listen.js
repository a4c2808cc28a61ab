/** Listening in on a chat: what both sides say from now on, on this screen alone. It never begins again by itself, since both are told each time. */

import {call} from './api.js';
import {ChatList} from './chat.js';
import {named, put, show} from './dom.js';
import {socket} from './link.js';
import {has, say} from './words.js';

export class Listen {
  constructor() {
    this.box = document.getElementById('listen');
    this.link = null;
    this.turn = 0;
    this.chat = new ChatList(named('listen-messages'), (from) => say('b.from_' + from), '');
    named('listen-stop').addEventListener('click', () => this.over(say('b.listen_stopped')));
  }

  /** Begins on one chat; one that is listened in on already is left first. @param {string} contact */
  begin(contact) {
    if (this.link) this.over('');
    const turn = ++this.turn;
    const mine = () => turn === this.turn;
    this.chat.clear();
    this.tell(say('b.listen_asked'));
    show(this.box, true);
    document.getElementById('listen-h').focus();
    call('POST', '/api/v1/board/ticket', {cookies: true}).then((a) => {
      if (!mine()) return;
      if (a.status === 401) location.reload();
      if (!a.body.ticket) {
        this.over(say('b.no_answer'));
        return;
      }
      this.link = socket('/api/v1/board/listen', {type: 'hello', v: 1, ticket: a.body.ticket, contact}, {
        opened: () => {},
        frame: (f) => { if (mine()) this.read(f); },
        closed: () => { if (mine()) this.over(say('b.listen_lost')); },
      });
      show(named('listen-stop'), true);
    });
  }

  /** Ends it, should it go on: nobody reads a locked screen. */
  leave() { this.over(this.link ? say('b.listen_stopped') : ''); }

  /** @private */
  read(f) {
    if (f.type === 'listening') this.tell(say('b.listening'));
    if (f.type === 'message') this.chat.take(f);
    if (f.type === 'ended') this.over(say('b.listen_ended'));
    if (f.type === 'error') this.over(has('b.listen_no_' + f.code) ? say('b.listen_no_' + f.code) : say('b.listen_no'));
  }

  /** Ends, and takes what was said off the screen. @private @param {string} words */
  over(words) {
    const held = this.box.contains(document.activeElement);
    this.turn++;
    if (this.link) this.link.close();
    this.link = null;
    this.chat.clear();
    show(named('listen-stop'), false);
    this.tell(words);
    if (held) document.getElementById('listen-h').focus();
  }

  /** @private */
  tell(words) { put(named('listen-state'), words); }
}
