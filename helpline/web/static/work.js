/** What is left undone: windows of callbacks that nobody tried, forms that somebody owes, and how many advisers the week wants. */

import {call} from './api.js';
import {clock} from './clock.js';
import {label} from './codes.js';
import {button, make, named, pause, put, show, uuid} from './dom.js';
import {Lock} from './lock.js';
import {Outcome} from './outcome.js';
import {signOut, who} from './session.js';
import {table} from './tables.js';
import {twice} from './transfer.js';
import {has, say} from './words.js';

const EVERY = 30000;

/** @param {string} text */
function notice(text) { put(named('notice'), text); }

/** @returns {Promise<any>} */
function act(method, path, body) {
  return call(method, path, {cookies: true, body}).then((a) => {
    if (a.status >= 200 && a.status < 300) return a.body;
    if (a.status === 401) location.reload();
    notice(a.body.code ? say('b.refused', {What: a.body.code}) : say('b.no_answer'));
    return null;
  });
}

/** A day and a time by the clock on the wall. @param {string} at */
function when(at) {
  return clock(at, {weekday: 'short', day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit'});
}

/** Speaks to the form as a console's session does: a supervisor keeps no drafts, and finishes by a call. */
const desk = {
  keeps: false,
  /** @param {any} f */
  ask: (f) => call('POST', '/api/v1/board/owed/' + f.contact, {cookies: true, body: {request_id: uuid(), outcome: f.outcome}})
    .then((a) => a.status === 200 ? {type: 'recorded'} : {type: 'error', code: a.body.code || say('b.no_answer'), field: a.body.field}),
};

/** The language, as far as the house still knows it. @param {string} code */
function tongue(code) { return code === 'und' || code === 'other' ? '–' : label('language', code); }

/** Whether somebody is at something in a box: it is not drawn anew under their hands. */
function busy(box) { return box.contains(document.activeElement) && document.activeElement !== box; }

/** A table, or that there is nothing to show. */
function lay(id, caption, heads, rows) {
  const box = document.getElementById(id);
  if (rows.length) table(box, caption, heads, rows);
  else box.replaceChildren(make('p', 'small', say('w.none')));
}

function missed(list) {
  lay('windows', say('w.missed'), [say('w.closed'), say('w.language'), say('w.lane'), say('w.now')],
    list.map((m) => [when(m.closed_at), tongue(m.language), label('lane', m.lane), has('w.state_' + m.state) ? say('w.state_' + m.state) : say('w.state_going')]));
}

function owed(list, form) {
  lay('forms', say('w.owed'), [say('w.ended'), say('w.channel'), say('w.language'), say('w.adviser'), say('w.until'), ''],
    list.map((f) => {
      const finish = button(say('w.finish'), 'owed-finish', () => {
        form.choose(f);
        document.getElementById('outcome-h').focus();
      });
      return [when(f.ended_at), say('w.channel_' + f.channel), tongue(f.language), f.adviser || '–', when(f.until),
        f.free ? finish : make('span', 'small', say('w.not_yet'))];
    }));
}

/** Referrals that are not over. Ending one as entered in error takes two presses. */
function going(list, look) {
  lay('referrals', say('w.referrals'), [say('w.word'), say('w.kind'), say('w.now'), say('w.next'), ''],
    list.map((r) => {
      const next = r.next ? say('k.r_next_' + r.next) + (r.next_at ? ', ' + when(r.next_at) : '') : '–';
      const now = make('span', '', label('referral_state', r.state) + (r.urgent ? ', ' + say('k.r_urgent') : ''));
      if (r.late) now.append(' ', make('span', 'tag danger', say('w.late'), 'referral-late'));
      return [r.word, label('destination_kind', r.kind), now, next, r.open ? mistaken(r, look) : ''];
    }));
}

function mistaken(r, look) {
  const id = uuid();
  const b = button(say('w.mistaken'), 'referral-error', () => {});
  twice(b, say('w.mistaken_sure', {Word: r.word}), () => act('POST', '/api/v1/board/referrals/' + r.referral + '/error', {request_id: id}).then((done) => {
    if (!done) return;
    b.blur();
    notice(say('w.mistaken_done', {Word: r.word}));
    look();
  }));
  return b;
}

function staffing(s) {
  const days = [1, 2, 3, 4, 5, 6, 0].map((d) => new Date(Date.UTC(2024, 0, 7 + d)).toLocaleDateString(document.documentElement.lang, {weekday: 'short', timeZone: 'UTC'}));
  const rows = Array.from({length: 24}, (_, h) => [String(h).padStart(2, '0')].concat(s.advisers.map((day, d) => {
    const cell = make('span', s.contacts[d][h] > 0 ? '' : 'small', String(day[h]));
    if (s.contacts[d][h] > 0) cell.append(make('span', 'small', ' (' + s.contacts[d][h].toLocaleString(document.documentElement.lang, {minimumFractionDigits: 1, maximumFractionDigits: 1}) + ')'));
    return cell;
  })));
  table(document.getElementById('staffed'), say('w.staffing_of', {Count: s.weeks, Share: Math.round(s.share * 100), Seconds: s.target_seconds}), [say('w.hour')].concat(days), rows);
}

/** @param {any} person who is signed in */
function open(person) {
  let covered = false;
  const form = new Outcome(/** @type {any} */ (desk), () => {
    form.choose(null);
    look();
  }, notice);
  let drawn = '';
  const look = () => !covered && act('GET', '/api/v1/board/work').then((w) => {
    if (!w || covered) return;
    if (w.degraded.length) notice(say('w.degraded', {What: w.degraded.join(', ')}));
    const text = JSON.stringify(w);
    if (text === drawn || ['forms', 'referrals'].some((id) => busy(document.getElementById(id)))) return;
    drawn = text;
    missed(w.missed);
    owed(w.owed, form);
    going(w.referrals, look);
  });
  named('staffing-show').addEventListener('click', () => act('GET', '/api/v1/board/staffing').then((s) => { if (s) staffing(s); }));
  named('sign-out').addEventListener('click', () => signOut().then((a) => { if (a.status === 204 || a.status === 401) location.reload(); else notice(say('b.no_answer')); }));
  show(named('sign-out'), true);
  new Lock(person, {
    covers: ['work', 'sections'], stopped: () => false, danger: () => false, offers: () => 0, take: () => Promise.resolve(false),
    locked: () => { covered = true; }, opened: () => { covered = false; look(); },
  });
  look();
  setInterval(look, EVERY);
}

/** Opens the page if a supervisor's session lives. */
function enter() {
  who().then((person) => {
    if (person === undefined) {
      notice(say('b.no_answer'));
      pause(3000).then(enter);
      return;
    }
    if (!person || person.roles.indexOf('supervisor') < 0) {
      notice(say(person ? 'b.not_yours' : 'w.sign_in'));
      return;
    }
    show(document.getElementById('work'), true);
    show(document.getElementById('sections'), true);
    put(document.getElementById('who'), person.name);
    open(person);
  });
}
enter();
