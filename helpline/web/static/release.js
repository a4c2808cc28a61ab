/** What waits since somebody came back by number: the adviser looks who it is, then lets it out. */

import {named, put, show} from './dom.js';
import {say} from './words.js';

export class Release {
  /** @param {import('./session.js').Session} session @param {import('./legs.js').Legs} legs @param {(text: string) => void} notice */
  constructor(session, legs, notice) {
    this.session = session;
    this.legs = legs;
    this.notice = notice;
    named('release').addEventListener('click', () => this.release());
  }

  /** Shows how much the chosen leg holds back. */
  paint() {
    const leg = this.legs.chosen;
    const count = leg && leg.state !== 'ended' && leg.opened.held || 0;
    show(named('held'), count > 0);
    put(named('held-words'), count > 0 ? say('k.held', {Count: count}) : '');
  }

  /** @private */
  release() {
    const leg = this.legs.chosen;
    if (!leg) return;
    named('release').disabled = true;
    this.session.ask({type: 'release', contact: leg.contact}).then((f) => {
      named('release').disabled = false;
      if (f.type !== 'released') {
        this.notice(say('k.not_done', {What: f.code}));
        return;
      }
      leg.opened.held = 0;
      leg.chat.event(say('k.released', {Count: f.count}));
      this.paint();
    });
  }
}
