/** The outcome form: one on the screen, one state per leg or form owed, drafts kept on the server. */

import {choices, fill, missing, questions} from './codes.js';
import {make, named, put, show} from './dom.js';
import {say} from './words.js';

const DRAFT_AFTER = 800;
/** How the outcome calls the channels of the line. @type {Object<string, string>} */
const CHANNELS = {chat: 'webchat', callback: 'callback_out'};

/** @typedef {{contact: string, values: any, version: number, timer: number, busy: boolean, dirty: boolean, note: string, again: boolean}} Sheet */
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
    /** @type {Sheet|null} what was recorded last, to be corrected */
    this.last = null;
    this.form = /** @type {any} */ (document.getElementById('outcome'));
    this.build();
    this.form.addEventListener('change', () => this.changed());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.save();
    });
  }

  /** @private One control per question; those about a possible victim stand apart. */
  build() {
    questions.forEach((q) => {
      const box = q.many ? this.several(q) : this.single(q);
      box.id = 'of-' + q.name;
      document.getElementById(q.victim ? 'of-victim' : 'of-contact').appendChild(box);
    });
    named('outcome-correct').addEventListener('click', () => this.correct());
  }

  /** @private A question with one answer, or a reason why there is none. */
  single(q) {
    const row = make('p', 'field');
    const title = make('label', '', say('k.f_' + q.name));
    const el = make('select', '', '', q.name.replace(/_/g, '-'));
    title.htmlFor = el.id = 'o-' + q.name;
    el.name = q.name;
    fill(el, q.list, true);
    missing(el, say('k.missing'));
    row.appendChild(title);
    row.appendChild(el);
    return row;
  }

  /** @private A question with any number of answers. */
  several(q) {
    const set = make('fieldset');
    set.appendChild(make('legend', '', say('k.f_' + q.name)));
    choices(q.list).forEach((c) => {
      const line = make('label', 'check');
      const box = make('input', '', '', (q.name === 'outcome' ? 'outcome-' : q.name + '-') + c.code);
      box.type = 'checkbox';
      box.name = q.name;
      box.value = c.code;
      line.appendChild(box);
      line.appendChild(make('span', '', c.label));
      set.appendChild(line);
    });
    return set;
  }

  /** @private Puts the questions that these answers call for, and no others. */
  ask() {
    const v = this.sheet.values;
    let victim = false;
    questions.forEach((q) => {
      const on = asked(q, v);
      if (!on) delete v[q.name];
      victim = victim || Boolean(q.victim && on);
      show(document.getElementById('of-' + q.name), on);
    });
    show(document.getElementById('of-victim'), victim);
  }

  /** Shows the form of one leg or owed form. @param {any} f opened or owed: contact, facts, draft? */
  choose(f) {
    show(this.form, Boolean(f));
    put(named('outcome-error'), '');
    this.sheet = f ? this.sheetOf(f) : null;
    show(document.getElementById('correct'), !f && Boolean(this.last));
    if (!this.sheet) return;
    put(named('correcting'), this.sheet.again ? say('k.correct_until') : '');
    this.ask();
    const v = this.sheet.values;
    questions.forEach((q) => {
      if (q.many) this.boxes(q.name).forEach((b) => { b.checked = (v[q.name] || []).indexOf(b.value) >= 0; });
      else this.form.elements[q.name].value = v[q.name] || '';
    });
    put(named('draft-state'), this.sheet.note);
  }

  /** @private */
  sheetOf(f) {
    const known = this.sheets.get(f.contact);
    if (known) return known;
    const values = Object.assign({}, f.draft);
    if (!f.draft) ['role', 'organisation', 'language', 'interpreter'].forEach((n) => { if (f[n]) values[n] = f[n]; });
    if (!values.channel && CHANNELS[f.channel]) values.channel = CHANNELS[f.channel];
    const sheet = {contact: f.contact, values, version: f.draft_version || 0, timer: 0, busy: false, dirty: false, note: '', again: Boolean(f.again)};
    this.sheets.set(f.contact, sheet);
    return sheet;
  }

  /** @private @returns {HTMLInputElement[]} */
  boxes(name) {
    return Array.from(this.form.querySelectorAll('input[name=' + name + ']'));
  }

  /** Fills a field from elsewhere on the desk. @param {string} contact @param {string} name @param {string} value */
  set(contact, name, value) {
    const sheet = this.sheets.get(contact);
    if (!sheet) return;
    sheet.values[name] = value;
    if (sheet !== this.sheet) return;
    if (this.form.elements[name]) this.form.elements[name].value = value;
    this.changed();
  }

  /** What the form on the screen says so far; null where there is none. */
  known() {
    if (this.sheet) this.read();
    return this.sheet && this.sheet.values;
  }

  /** @private Reads the form over what is known; an answer to a question that is not put any more goes. */
  read() {
    const values = Object.assign({}, this.sheet.values);
    questions.forEach((q) => {
      const value = q.many ? this.boxes(q.name).filter((b) => b.checked).map((b) => b.value) : this.form.elements[q.name].value;
      if (value.length || q.name === 'outcome') values[q.name] = value;
      else delete values[q.name];
    });
    this.sheet.values = values;
    this.ask();
  }

  /** @private */
  changed() {
    const sheet = this.sheet;
    if (!sheet) return;
    this.read();
    put(named('outcome-error'), '');
    if (sheet.again || this.session.keeps === false) return; // what was recorded has no draft any more, and the board keeps none
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
      this.boxes('outcome')[0].focus();
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
      this.last = sheet;
      this.notice(say('k.recorded'));
      this.recorded(sheet.contact);
    });
  }

  /** @private Opens the form that was recorded last; the page knows it until the next one. */
  correct() {
    const last = this.last;
    if (last) this.choose({contact: last.contact, draft: last.values, again: true});
  }

  /** Forgets a form that is not ours any more. @param {string} contact */
  forget(contact) {
    const sheet = this.sheets.get(contact);
    if (sheet) clearTimeout(sheet.timer);
    this.sheets.delete(contact);
  }
}

/** Tells whether the answers so far call for a question. @param {any} q @param {any} values */
function asked(q, values) {
  return (q.when || []).every((c) => (c.codes.indexOf(values[c.field] || '') >= 0) !== Boolean(c.not));
}
