/** One form for every small table of the board: rows of fields, one more, one less, kept as a whole. */

import {button, make, named, uuid} from './dom.js';
import {say} from './words.js';

export class Sheet {
  /**
   * @param {(method: string, path: string, body?: any) => Promise<any>} act
   * @param {string} name of the table @param {Object<string, {code: string, label: string}[]>} choices by column: what it can be
   */
  constructor(act, name, choices) {
    this.path = '/api/v1/sheets/' + name;
    this.act = act;
    this.name = name;
    this.choices = choices;
    this.box = named('sheet-' + name);
    act('GET', this.path).then((s) => { if (s) this.draw(s); });
  }

  /** @private */
  draw(s) {
    this.columns = s.columns;
    this.rows = make('div', 'rows');
    s.rows.forEach((r) => this.add(r));
    this.box.replaceChildren(this.rows, this.foot());
  }

  /** @private */
  foot() {
    const row = make('p', 'row');
    const save = button(say('b.save'), 'sheet-save', () => this.save());
    save.classList.add('main');
    row.append(button(say('b.row_more'), 'sheet-more', () => this.add(this.columns.map(() => ''))), save);
    return row;
  }

  /** @private */
  add(cells) {
    const row = make('div', 'sheet-row');
    this.columns.forEach((c, i) => {
      const label = make('label', 'field', say('b.column_' + c));
      const field = this.choices[c] ? document.createElement('select') : document.createElement(c === 'text' ? 'textarea' : 'input');
      (this.choices[c] || []).forEach((x) => field.append(new Option(x.label, x.code)));
      if (cells[i] || !this.choices[c]) field.value = cells[i];
      if (c === 'seconds') field.inputMode = 'numeric';
      label.append(field);
      row.append(label);
    });
    row.append(button(say('b.row_less'), 'sheet-less', () => row.remove()));
    this.rows.append(row);
  }

  /** @private */
  save() {
    const rows = Array.from(this.rows.children).map((r) => Array.from(r.querySelectorAll('select, input, textarea')).map((f) => f.value.trim()));
    this.act('PUT', this.path, {request_id: uuid(), rows});
  }
}
