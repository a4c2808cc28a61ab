/** The directory of receivers: what there is, one receiver's form, and the file in and out. */

import {fill, label} from './codes.js';
import {button, make, named, put} from './dom.js';
import {table} from './tables.js';
import {say} from './words.js';

const PATH = '/api/v1/directory';
const OLD = 183 * 24 * 3600 * 1000;
const TEXTS = ['organization', 'name', 'kind', 'phone', 'email', 'url', 'schedule', 'status', 'alert', 'assured_date'];
const LISTS = ['languages', 'areas'];
const NUMBERS = ['minimum_age', 'maximum_age'];

export class Directory {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act @param {(text: string) => void} notice */
  constructor(act, notice) {
    this.act = act;
    this.notice = notice;
    this.form = /** @type {any} */ (document.getElementById('receiver-form'));
    fill(this.form.kind, 'destination_kind', false);
    this.form.kind.prepend(new Option('–', '', true, true));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.keep(this.form.elements.namedItem('id').value.trim(), this.written());
    });
    this.form.addEventListener('reset', () => { this.form.elements.namedItem('id').readOnly = false; });
    document.getElementById('directory-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.upload(named('directory-file').files[0]);
    });
    named('directory-save').addEventListener('click', () => this.download());
    this.list();
  }

  /** @private */
  list() {
    this.act('GET', PATH).then((d) => {
      if (!d) return;
      table(document.getElementById('receivers'), say('b.directory'), [say('b.d_receiver'), say('b.d_kind'), say('b.languages'), say('b.d_open'), say('b.d_assured'), say('b.d_alert'), ''],
        d.receivers.map((r) => [r.organization + ', ' + r.name, label('destination_kind', r.kind), r.languages.map((l) => label('language', l)).join(', '), state(r), assured(r), r.alert || '', this.deeds(r)]));
    });
  }

  /** @private */
  deeds(r) {
    const row = make('span', 'row');
    row.append(button(say('b.d_edit', {What: r.name}), 'receiver-edit', () => this.edit(r)));
    if (r.status === 'active') row.append(button(say('b.d_confirm', {What: r.name}), 'receiver-confirm', () => this.keep(r.id, Object.assign(wish(r), {assured_date: today()}))));
    row.append(button(say(r.status === 'active' ? 'b.d_close' : 'b.d_reopen', {What: r.name}), 'receiver-close', () => {
      this.keep(r.id, Object.assign(wish(r), {status: r.status === 'active' ? 'inactive' : 'active'}));
    }));
    return row;
  }

  /** @private */
  edit(r) {
    const f = this.form.elements;
    f.namedItem('id').value = r.id;
    f.namedItem('id').readOnly = true;
    TEXTS.forEach((n) => { f.namedItem(n).value = r[n] || ''; });
    LISTS.forEach((n) => { f.namedItem(n).value = r[n].join('; '); });
    NUMBERS.forEach((n) => { f.namedItem(n).value = r[n] || ''; });
    named('receiver-more').parentElement.open = true;
    f.namedItem('organization').focus();
  }

  /** @private */
  written() {
    const f = this.form.elements;
    const out = {};
    TEXTS.forEach((n) => { out[n] = f.namedItem(n).value.trim(); });
    LISTS.forEach((n) => { out[n] = f.namedItem(n).value.split(';').map((x) => x.trim()).filter(Boolean); });
    NUMBERS.forEach((n) => { out[n] = Number(f.namedItem(n).value) || 0; });
    if (!out.assured_date) out.assured_date = today();
    return out;
  }

  /** @private */
  keep(id, r) {
    if (!/^[a-z0-9-]{1,40}$/.test(id)) {
      this.notice(say('b.d_id'));
      return;
    }
    this.act('PUT', PATH + '/' + id, r).then((done) => {
      if (!done) return;
      this.form.reset();
      named('receiver-more').parentElement.open = false;
      this.list();
    });
  }

  /** @private */
  upload(file) {
    if (!file) return;
    fetch(PATH, {method: 'PUT', headers: {'Content-Type': 'text/csv'}, body: file, cache: 'no-store', credentials: 'same-origin', redirect: 'error'})
      .then((r) => r.json().then((body) => ({ok: r.ok, body})))
      .then((a) => {
        put(named('directory-told'), a.ok ? say('b.d_taken', {Count: a.body.receivers}) : say('b.d_refused', {What: a.body.field || a.body.code || ''}));
        if (a.ok) this.list();
      }, () => this.notice(say('b.no_answer')));
  }

  /** @private */
  download() {
    fetch(PATH, {headers: {Accept: 'text/csv'}, cache: 'no-store', credentials: 'same-origin', redirect: 'error'}).then((r) => r.ok ? r.blob() : null).then((file) => {
      if (!file) {
        this.notice(say('b.no_answer'));
        return;
      }
      const a = document.createElement('a');
      a.href = URL.createObjectURL(file);
      a.download = 'directory.csv';
      a.click();
      setTimeout(() => URL.revokeObjectURL(a.href), 10000);
    }, () => this.notice(say('b.no_answer')));
  }
}

/** What is sent of a receiver. */
function wish(r) {
  const out = {};
  TEXTS.concat(LISTS, NUMBERS).forEach((n) => { if (r[n] !== undefined) out[n] = r[n]; });
  return out;
}

function state(r) {
  if (r.status !== 'active') return say('b.d_closed');
  if (r.open_now === undefined) return say('b.d_hours_unknown');
  return say(r.open_now ? 'b.d_open_now' : 'b.d_shut_now');
}

function assured(r) {
  const old = Date.now() - new Date(r.assured_date).getTime() > OLD;
  return old ? say('b.d_old', {When: r.assured_date}) : r.assured_date;
}

/** The day in Finland, as 2026-11-29. */
function today() {
  return new Intl.DateTimeFormat('sv-SE', {timeZone: 'Europe/Helsinki', year: 'numeric', month: '2-digit', day: '2-digit'}).format(new Date());
}
