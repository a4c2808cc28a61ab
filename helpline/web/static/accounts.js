/** The people of the house: who there is, a new account, a new password, and the end of one. */

import {fill, label} from './codes.js';
import {button, make, uuid} from './dom.js';
import {table} from './tables.js';
import {say} from './words.js';

const PATH = '/api/v1/advisers';

export class Accounts {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act */
  constructor(act) {
    this.act = act;
    const form = /** @type {any} */ (document.getElementById('account-form'));
    fill(form.languages, 'language', false);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const chosen = (list) => Array.from(list).filter((x) => x.checked || x.selected).map((x) => x.value);
      this.change({action: 'add', name: form.name.value.trim(), alias: form.alias.value.trim() || form.name.value.trim(), roles: chosen(form.role),
        languages: chosen(form.languages.options), capacity: Number(form.capacity.value), password: form.password.value})
        .then((done) => { if (done) form.reset(); });
    });
    this.list();
  }

  /** @private */
  change(wish) {
    return this.act('POST', PATH, Object.assign({request_id: uuid()}, wish)).then((done) => {
      if (done) this.list();
      return done;
    });
  }

  /** @private */
  list() {
    this.act('GET', PATH).then((a) => {
      if (!a) return;
      table(document.getElementById('people'), say('b.accounts'), [say('b.name'), say('b.roles'), say('b.languages'), say('b.slots_of'), ''],
        a.advisers.map((p) => [p.name, p.roles.map((r) => say('b.role_' + r)).join(', '), p.languages.map((l) => label('language', l)).join(', '), p.capacity, this.deeds(p)]));
    });
  }

  /** @private */
  deeds(p) {
    const row = make('span', 'row');
    if (p.disabled) {
      row.append(make('span', 'small', say('b.disabled')));
      return row;
    }
    const off = button(say('b.disable'), 'account-disable', () => {
      if (off.getAttribute('data-sure')) {
        this.change({action: 'disable', name: p.name});
        return;
      }
      off.setAttribute('data-sure', '1');
      off.textContent = say('b.disable_sure', {Name: p.name});
    });
    off.classList.add('final');
    row.append(off);
    return row;
  }
}
