/** The tiles of the board, and the alarms above them: what is wrong is told by words first, then by colour. */

import {label} from './codes.js';
import {make, put} from './dom.js';
import {say} from './words.js';

/** @param {number} s @returns {string} */
export function span(s) {
  if (s < 90) return say('b.seconds', {Count: s});
  return s < 5400 ? say('b.minutes', {Count: Math.round(s / 60)}) : say('b.hours', {Count: Math.round(s / 3600)});
}

/** A share as per cent, or a dash. @param {number|null} v */
export function share(v) { return v === null ? '–' : Math.round(v * 100) + ' %'; }

/** @param {any} b the board */
export function tiles(b) {
  const ready = b.advisers.filter((a) => a.state === 'ready' && a.audible);
  const used = b.advisers.reduce((n, a) => n + a.used, 0);
  const slots = ready.reduce((n, a) => n + a.capacity, 0);
  const list = [
    ['waiting', b.waiting, b.oldest_seconds > 0 && b.waiting ? say('b.oldest', {Span: span(b.oldest_seconds)}) : '', b.oldest_seconds > b.alarm_seconds && b.waiting > 0],
    ['danger', b.danger.length, '', b.danger.length > 0],
    ['ready', ready.length, say('b.slots', {Used: used, Slots: slots}), ready.length === 0],
    ['service', share(b.day.service_level), say('b.within', {Count: b.target_seconds}), false],
    ['answered', b.day.answered, b.day.mean_wait_seconds === null ? '' : say('b.mean_wait', {Span: span(b.day.mean_wait_seconds)}), false],
    ['abandoned', b.day.abandoned, share(b.day.abandonment), false],
    ['missed', b.day.missed, say('b.declined', {Count: b.day.declined}), false],
    ['callbacks', b.callbacks.scheduled, say('b.review', {Count: b.callbacks.review}) + ', ' + say('b.windows_missed', {Count: b.callbacks.missed}), b.callbacks.review > 0 || b.callbacks.missed > 0],
    ['owed', b.owed, '', false],
    ['referrals', b.referrals.unanswered, say('b.no_receipt', {Count: b.referrals.late}), b.referrals.late > 0],
    ['backlog', b.backlog, '', b.backlog > 1000],
  ];
  const box = document.getElementById('tiles');
  list.forEach((t) => tile(box, t));
  alarms(b);
}

/** Keeps the tile of a name and changes its words, so that nothing jumps. */
function tile(box, [name, figure, more, alarm]) {
  let el = box.querySelector('[data-test="tile-' + name + '"]');
  if (!el) {
    el = make('div', 'tile', '', 'tile-' + name);
    el.append(make('span', 'small', say('b.tile_' + name)), make('span', 'figure'), make('span', 'small'));
    box.append(el);
  }
  el.classList.toggle('alarm', alarm);
  put(el.children[1], String(figure));
  put(el.children[2], more);
}

function alarms(b) {
  const words = [];
  if (b.unmanned) words.push(say('b.unmanned'));
  b.danger.forEach((d) => words.push(say(d.state === 'open' ? 'b.danger_open' : 'b.danger_waits', {Language: label('language', d.language), Span: span(d.waited_seconds)})));
  b.classes.forEach((c) => { if (c.advisers === 0 && c.waiting > 0) words.push(say('b.unserved', {Group: c.group === 'interpreter' ? say('b.interpreter') : label('language', c.group.split('+')[0])})); });
  b.degraded.forEach((d) => words.push(say('b.degraded', {What: d})));
  if (b.unseen_disclosures) words.push(say('b.unseen', {Count: b.unseen_disclosures}));
  if (b.opening.closed) words.push(say('b.is_closed'));
  const box = document.getElementById('alarms');
  const text = words.join('\n');
  if (box.getAttribute('data-text') === text) return;
  box.setAttribute('data-text', text);
  box.replaceChildren.apply(box, words.map((w) => make('p', 'card alarm', w, 'alarm')));
}
