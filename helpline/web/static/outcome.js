/** The outcome form: one on the screen, one state per leg or form owed, drafts kept on the server. */

import {choices, fill} from './codes.js';
import {make, named, put, show} from './dom.js';
import {say} from './words.js';

const FIELDS = {topic: 'topic', assessment: 'assessment', role: 'contact_role', organisation: 'organisation_kind', language: 'language'};
const DRAFT_AFTER = 800;

/** @typedef {{contact: string, values: any, version: number, timer: number, busy: boolean, dirty: boolean, note: string}} Sheet */
export class Outcome {
  /**
   * @param {import('./session.js').Session} session
   * @param {(contact: string) => void} recorded
   * @param {(text: string) => void} notice
   */
  constructor(session, recorded, notice) {
    this.session = session;
    this.recorded = recorded;
    this.notice = notice;
    /** @type {Map<string, Sheet>} */
    this.sheets = new Map();
    /** @type {Sheet|null} */
    this.sheet = null;
    this.form = /** @type {any} */ (document.getElementById('outcome'));
    this.build();
    this.form.addEventListener('change', () => this.changed());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.save();
    });
  }

  /** @private */
  build() {
    Object.keys(FIELDS).forEach((name) => fill(this.form.elements[name], FIELDS[name], true));
    choices('outcome').forEach((c) => {
      const line = make('label', 'check');
      const box = make('input', '', '', 'outcome-' + c.code);
      box.type = 'checkbox';
      box.name = 'outcome';
      box.value = c.code;
      line.appendChild(box);
      line.appendChild(make('span', '', c.label));
      document.getElementById('results').appendChild(line);
    });
  }

  /** Shows the form of one leg or owed form. @param {any} f opened or owed: contact, facts, draft? */
  choose(f) {
    show(this.form, Boolean(f));
    put(named('outcome-error'), '');
    this.sheet = f ? this.sheetOf(f) : null;
    if (!this.sheet) return;
    const v = this.sheet.values;
    Object.keys(FIELDS).forEach((name) => { this.form.elements[name].value = v[name] || ''; });
    this.boxes().forEach((b) => { b.checked = (v.outcome || []).indexOf(b.value) >= 0; });
    put(named('draft-state'), this.sheet.note);
  }

  /** @private */
  sheetOf(f) {
    const known = this.sheets.get(f.contact);
    if (known) return known;
    const values = Object.assign({}, f.draft);
    if (!f.draft) ['role', 'organisation', 'language', 'interpreter'].forEach((n) => { if (f[n]) values[n] = f[n]; });
    const sheet = {contact: f.contact, values, version: f.draft_version || 0, timer: 0, busy: false, dirty: false, note: ''};
    this.sheets.set(f.contact, sheet);
    return sheet;
  }

  /** @private @returns {HTMLInputElement[]} */
  boxes() {
    return Array.from(this.form.querySelectorAll('input[name=outcome]'));
  }

  /** Fills a field that this form does not show. @param {string} contact @param {string} name @param {string} value */
  set(contact, name, value) {
    const sheet = this.sheets.get(contact);
    if (!sheet) return;
    sheet.values[name] = value;
    if (sheet === this.sheet) this.changed();
  }

  /** What the form on the screen says so far; null where there is none. */
  known() {
    if (this.sheet) this.read();
    return this.sheet && this.sheet.values;
  }

  /** @private Reads the form over what is known, so that fields which this form does not show stay. */
  read() {
    const values = Object.assign({}, this.sheet.values);
    Object.keys(FIELDS).forEach((name) => {
      const value = this.form.elements[name].value;
      if (value) values[name] = value;
      else delete values[name];
    });
    values.outcome = this.boxes().filter((b) => b.checked).map((b) => b.value);
    this.sheet.values = values;
  }

  /** @private */
  changed() {
    const sheet = this.sheet;
    if (!sheet) return;
    this.read();
    put(named('outcome-error'), '');
    sheet.dirty = true;
    clearTimeout(sheet.timer);
    sheet.timer = setTimeout(() => this.draft(sheet), DRAFT_AFTER);
  }

  /** @private One draft at a time per contact; a change meanwhile goes out after the answer. */
  draft(sheet) {
    if (sheet.busy || !sheet.dirty || !this.sheets.has(sheet.contact)) return;
    sheet.busy = true;
    sheet.dirty = false;
    this.note(sheet, say('k.draft_saving'));
    this.session.ask({type: 'draft', contact: sheet.contact, version: sheet.version + 1, outcome: sheet.values}).then((f) => {
      sheet.busy = false;
      if (f.type === 'drafted') {
        sheet.version = f.version;
        this.note(sheet, say('k.draft_saved'));
      } else if (f.code === 'stale_draft') {
        sheet.version = Math.max(sheet.version + 1, f.version || 0);
        this.note(sheet, say('k.draft_stale'));
      } else this.note(sheet, say('k.not_done', {What: f.code}));
      if (sheet.dirty) this.draft(sheet);
    });
  }

  /** @private */
  note(sheet, text) {
    sheet.note = text;
    if (sheet === this.sheet) put(named('draft-state'), text);
  }

  /** @private */
  save() {
    const sheet = this.sheet;
    if (!sheet) return;
    this.read();
    if (!sheet.values.outcome.length) {
      put(named('outcome-error'), say('k.outcome_needed'));
      this.boxes()[0].focus();
      return;
    }
    clearTimeout(sheet.timer);
    sheet.dirty = false;
    const button = named('outcome-save');
    button.disabled = true;
    this.session.ask({type: 'outcome', contact: sheet.contact, outcome: sheet.values}).then((f) => {
      button.disabled = false;
      if (f.type !== 'recorded') {
        put(named('outcome-error'), say('k.not_done', {What: f.field ? f.code + ' (' + f.field + ')' : f.code}));
        return;
      }
      this.sheets.delete(sheet.contact);
      this.notice(say('k.recorded'));
      this.recorded(sheet.contact);
    });
  }

  /** Forgets a form that is not ours any more. @param {string} contact */
  forget(contact) {
    const sheet = this.sheets.get(contact);
    if (sheet) clearTimeout(sheet.timer);
    this.sheets.delete(contact);
  }
}
