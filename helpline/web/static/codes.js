/** Code lists with labels, as the server put them into the page. */

import {make} from './dom.js';
import {say} from './words.js';

/** @type {Object<string, {code: string, label: string}[]>} */
const lists = JSON.parse(document.getElementById('codes').textContent) || {};

/** Codes that only the system gives, never a person. */
const SYSTEM = {outcome: ['not_recorded'], pause_reason: ['missed']};

/** The questions of the outcome form, as the server put them into the page. */
const asked = document.getElementById('questions'); // of the console alone
export const questions = asked ? JSON.parse(asked.textContent) || [] : [];

/** The choices of a list that an adviser may make. @param {string} list */
export function choices(list) {
  return (lists[list] || []).filter((c) => (SYSTEM[list] || []).indexOf(c.code) < 0);
}

/** The label of a code; the code itself where the list does not know it. @param {string} list @param {string} code */
export function label(list, code) {
  const found = (lists[list] || []).find((c) => c.code === code);
  return found ? found.label : code;
}

/** A duty in words; of a plain pause the reason would only say it again. @param {string} state @param {string} [reason] @returns {string[]} */
export function standing(state, reason) {
  const words = [label('duty', state)];
  if (reason && reason !== 'break' && reason !== 'shift_over') words.push(label('pause_reason', reason));
  return words;
}

/** Fills a select. @param {HTMLSelectElement} el @param {string} list @param {boolean} empty with an empty first choice */
export function fill(el, list, empty) {
  el.textContent = '';
  if (empty) el.appendChild(option('', say('k.choose')));
  choices(list).forEach((c) => el.appendChild(option(c.code, c.label)));
}

/** Why a value is not there, as the last choices of a select. @param {HTMLSelectElement} el @param {string} title */
export function missing(el, title) {
  const group = make('optgroup');
  group.label = title;
  choices('missing_value').forEach((c) => group.appendChild(option(c.code, c.label)));
  el.appendChild(group);
}

function option(value, text) {
  const el = make('option', '', text);
  el.value = value;
  return el;
}

/** What an adviser is told of a contact, as small labels. @param {any} f an offer, a leg or a form owed @returns {HTMLElement} */
export function facts(f) {
  const box = make('div', 'tags');
  const tag = (text, kind) => { if (text) box.appendChild(make('span', 'tag ' + (kind || ''), text)); };
  tag(f.lane && label('lane', f.lane), f.lane);
  if (f.child) tag(say('k.child'), 'child');
  tag(f.language && label('language', f.language));
  if (f.second_language) tag(say('k.second_language', {Language: label('language', f.second_language)}));
  if (f.page_language && f.page_language !== f.language) tag(say('k.page_language', {Language: label('language', f.page_language)}));
  if (f.interpreted) tag(say('k.interpreted'));
  if (f.earlier_legs) tag(say('k.earlier', {Count: f.earlier_legs}));
  tag(f.asks && label('asks', f.asks));
  tag(f.role && label('contact_role', f.role));
  tag(f.organisation && label('organisation_kind', f.organisation));
  if (typeof f.waited_seconds === 'number') {
    const minutes = Math.floor(f.waited_seconds / 60);
    tag(minutes < 1 ? say('k.waited') : say('k.waited_minutes', {Count: minutes}));
  }
  return box;
}
