/** Last night on one page, for the morning's meeting: what came, what was missed, what happened. */

import {clock} from './clock.js';
import {make, named, put, show} from './dom.js';
import {hours, table} from './tables.js';
import {span} from './tiles.js';
import {has, say} from './words.js';

export class Night {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    named('night-show').addEventListener('click', () => act('GET', '/api/v1/board/night').then((n) => { if (n) this.show(n); }));
    named('night-print').addEventListener('click', () => print());
  }

  /** @private */
  show(n) {
    const box = document.getElementById('night-body');
    const when = (at) => clock(at, {weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit'});
    const head = make('p', '', say('b.night_of', {From: when(n.from), Until: when(n.until)}), 'night-of');
    const sum = make('p', '', say('b.night_sum', {Arrived: n.sum.arrived, Answered: n.sum.answered, Left: n.sum.abandoned,
      Wait: n.sum.mean_wait_seconds === null ? '–' : span(n.sum.mean_wait_seconds)}), 'night-sum');
    const by = make('div', 'scroll');
    const events = make('div', 'scroll');
    box.replaceChildren(head, sum, by, events);
    hours(by, say('b.by_hour'), n.hours);
    table(events, say('b.happened'), [say('b.step'), say('b.times')], Object.keys(n.happened).filter((k) => has('b.kind_' + k)).sort().map((k) => [say('b.kind_' + k), n.happened[k]]));
    show(named('night-print'), true);
    put(named('notice'), '');
  }
}
