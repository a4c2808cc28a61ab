/** What the panels of a hand-over are made of: fields with their labels, and parts that can be sent. */

import {clock} from './clock.js';
import {button, make, put} from './dom.js';
import {has, say} from './words.js';

/** A control under its label. @param {string} title @param {any} el @param {string} test its data-test name */
export function field(title, el, test) {
  const row = make('p', 'field');
  const words = make('label', '', title);
  words.htmlFor = el.id = 'h-' + test;
  el.setAttribute('data-test', test);
  row.append(words, el);
  return row;
}

/** A select of pairs. @param {{code: string, label: string}[]} list @param {string} value @param {boolean} empty with an empty first choice */
export function pick(list, value, empty) {
  const el = document.createElement('select');
  if (empty) el.append(new Option(say('k.choose'), ''));
  list.forEach((c) => el.append(new Option(c.label, c.code)));
  el.value = value || (empty || !list.length ? '' : list[0].code);
  return el;
}

/** @param {string} text @param {number} most characters @param {number} rows */
export function area(text, most, rows) {
  const el = document.createElement('textarea');
  el.value = text || '';
  el.maxLength = most;
  el.rows = rows;
  el.autocomplete = 'off';
  el.spellcheck = false;
  return el;
}

/** @param {string} type @param {number} most characters */
export function line(type, most) {
  const el = document.createElement('input');
  el.type = type;
  el.maxLength = most;
  el.autocomplete = 'off';
  el.spellcheck = false;
  return el;
}

/** A box to tick. @param {string} title @param {string} test */
export function tick(title, test) {
  const row = make('label', 'check');
  const el = make('input', '', '', test);
  el.type = 'checkbox';
  row.append(el, ' ', make('span', '', title));
  return {row, el};
}

/** A part with a heading. @param {string} title @param {any[]} children */
export function part(title, ...children) {
  const box = make('section', 'part');
  box.append(make('h3', '', title));
  box.append(...children);
  return box;
}

/** A button in a row of its own. @param {string} title @param {string} test @param {() => void} press @param {string} [kind] main, final */
export function deed(title, test, press, kind) {
  const b = button(title, test, press);
  if (kind) b.classList.add(kind);
  const row = make('p');
  row.append(b);
  return row;
}

/** A refusal in words. @param {any} f */
export function refusal(f) {
  return has('k.r_err_' + f.code) ? say('k.r_err_' + f.code) : say('k.not_done', {What: f.code});
}

/** @param {string} instant */
export function when(instant) {
  return clock(instant, {weekday: 'short', day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit'});
}

/** Codes of this page's own, with their words. @param {string} prefix @param {string[]} codes */
export function own(prefix, codes) {
  return codes.map((code) => ({code, label: say(prefix + code)}));
}

/** The only line that is spoken in a panel. @param {HTMLElement} el @param {string} text */
export function tell(el, text) {
  put(el, text);
  if (text) el.scrollIntoView({block: 'nearest'});
}
