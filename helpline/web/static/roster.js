/** The roster: the shifts from now on, and a calendar file that replaces them. */

import {clock} from './clock.js';
import {named, uuid} from './dom.js';
import {table} from './tables.js';
import {say} from './words.js';

export class Roster {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    this.act = act;
    document.getElementById('roster-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const file = named('roster-file').files[0];
      if (!file) return;
      file.text().then((calendar) => act('POST', '/api/v1/roster/import', {request_id: uuid(), calendar})).then((done) => { if (done) this.list(); });
    });
    this.list();
  }

  /** @private */
  list() {
    const when = (at) => clock(at, {weekday: 'short', day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit'});
    this.act('GET', '/api/v1/roster').then((r) => {
      if (!r) return;
      table(document.getElementById('shifts'), say('b.roster'), [say('b.name'), say('b.tier'), say('b.from'), say('b.until')],
        r.shifts.slice(0, 60).map((s) => [s.name, s.tier === 0 ? say('b.on_duty') : say('b.on_call', {Count: s.tier}), when(s.from), when(s.until)]));
    });
  }
}
