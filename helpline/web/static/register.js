/** The register of disclosures without consent. It is read when asked for, since every reading is noted. */

import {clock} from './clock.js';
import {label} from './codes.js';
import {button, named, show} from './dom.js';
import {table} from './tables.js';
import {say} from './words.js';

const PATH = '/api/v1/disclosures';

export class Register {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    this.act = act;
    this.lines = [];
    this.turn = 0;
    named('register-show').addEventListener('click', () => {
      this.lines = [];
      this.more('');
    });
    named('register-more').addEventListener('click', () => this.more('?before=' + this.lines[this.lines.length - 1].at));
  }

  /** @private */
  more(query) {
    const turn = ++this.turn;
    this.act('GET', PATH + query).then((r) => {
      if (!r || turn !== this.turn) return; // a later question was asked: two answers would stand below each other
      this.lines = this.lines.concat(r.disclosures);
      show(named('register-more'), r.disclosures.length === 100);
      this.paint();
    });
  }

  /** @private */
  paint() {
    const when = (at) => clock(at, {day: 'numeric', month: 'numeric', year: 'numeric', hour: '2-digit', minute: '2-digit'});
    table(document.getElementById('register-lines'), say('b.register'), [say('b.g_at'), say('b.g_ground'), say('b.g_receiver'), say('b.g_receipt'), say('b.adviser'), say('b.g_seen')],
      this.lines.map((d) => [when(d.at), label('disclosure_ground', d.ground), label('destination_kind', d.receiver), d.receipt || '–', d.alias || d.adviser.slice(0, 8),
        d.seen ? when(d.seen) + ', ' + (d.seen_alias || '') : button(say('b.g_see'), 'register-seen', () => this.seen(d))]));
  }

  /** @private */
  seen(d) {
    this.act('POST', PATH + '/' + d.id + '/seen').then((done) => {
      if (!done) return;
      this.lines = [];
      this.more('');
    });
  }
}
