/** The audit: who did what with what is kept of people, and with the directory. It is read when asked for, since every reading is noted. */

import {clock} from './clock.js';
import {label} from './codes.js';
import {named, show} from './dom.js';
import {table} from './tables.js';
import {has, say} from './words.js';

const PATH = '/api/v1/audit';
const LISTS = {attempt: 'callback_result', referral_sent: 'destination_kind'};

export class Audit {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    this.act = act;
    this.lines = [];
    this.turn = 0;
    named('audit-show').addEventListener('click', () => {
      this.lines = [];
      this.more('');
    });
    named('audit-more').addEventListener('click', () => this.more('?before=' + this.lines[this.lines.length - 1].at));
  }

  /** @private */
  more(query) {
    const turn = ++this.turn;
    this.act('GET', PATH + query).then((a) => {
      if (!a || turn !== this.turn) return;
      this.lines = this.lines.concat(a.deeds);
      show(named('audit-more'), a.deeds.length === 100);
      table(document.getElementById('audit-lines'), say('b.audit'), [say('b.at'), say('b.deed'), say('b.deed_more'), say('b.adviser')],
        this.lines.map((d) => [clock(d.at, {day: 'numeric', month: 'numeric', year: 'numeric', hour: '2-digit', minute: '2-digit'}), deed(d), more(d), by(d)]));
    });
  }
}

function deed(d) { return has('b.deed_' + d.deed) ? say('b.deed_' + d.deed) : d.deed; }

function more(d) {
  if (LISTS[d.deed] && d.code) return label(LISTS[d.deed], d.code);
  return has('b.deed_code_' + d.code) ? say('b.deed_code_' + d.code) : d.code || '–';
}

function by(d) { return d.alias || (d.adviser ? d.adviser.slice(0, 8) : '–'); }
