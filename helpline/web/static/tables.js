/** The tables of the board. A table is drawn anew only when its figures changed, so that focus stays. */

import {clock} from './clock.js';
import {fill, label, standing} from './codes.js';
import {button, make, named, show, uuid} from './dom.js';
import {share, span} from './tiles.js';
import {say} from './words.js';

const LANES = ['danger', 'present', 'same_day', 'ordinary'];

/**
 * Draws a table. A cell is text, a number (set to the end), or an element.
 * @param {HTMLElement} box @param {string} caption @param {string[]} heads @param {any[][]} rows
 */
export function table(box, caption, heads, rows) {
  const t = document.createElement('table');
  const heading = box.closest('section').querySelector('h2');
  t.append(make('caption', heading && heading.textContent === caption ? 'unseen' : '', caption));
  const head = t.createTHead().insertRow();
  heads.forEach((h, i) => { const th = make(h ? 'th' : 'td', rows.length && typeof rows[0][i] === 'number' ? 'count' : '', h); if (h) th.scope = 'col'; head.append(th); });
  const body = t.createTBody();
  rows.forEach((cells) => {
    const row = body.insertRow();
    cells.forEach((c, i) => {
      const el = make(i === 0 ? 'th' : 'td', typeof c === 'number' ? 'count' : '');
      if (i === 0) el.scope = 'row';
      if (c instanceof Node) el.append(c); else el.textContent = String(c);
      row.append(el);
    });
  });
  box.replaceChildren(rows.length ? t : make('p', 'small', say('b.nobody', {What: caption})));
}

export class Tables {
  /** @param {(method: string, path: string, body?: any) => Promise<any>} act @param {(contact: string) => void} listen */
  constructor(act, listen) {
    this.act = act;
    this.listen = listen;
    this.drawn = {};
    fill(named('pause-reason'), 'pause_reason', false);
  }

  /** @param {any} b the board */
  show(b) {
    const minute = (s) => Math.floor(s / 60);
    this.once('classes', b.classes.map((c) => [c, minute(c.oldest_seconds)].join()), b.classes, () => this.classes(b.classes));
    this.once('contacts', b.contacts.map((c) => c.contact + c.lane + minute(c.waited_seconds)), b.contacts, () => this.contacts(b.contacts));
    this.once('talks', b.talks.map((c) => [c.contact, c.lane, c.alias, c.listener, minute(c.lasted_seconds)].join()), b.talks, () => this.talks(b.talks));
    this.once('staff', b.advisers, b.advisers, () => this.staff(b.advisers));
    this.once('hours', b.hours, b.hours, () => this.hours(b.hours));
  }

  /** @private */
  once(id, key, data, draw) {
    const text = JSON.stringify([key, data.length]);
    const box = document.getElementById(id);
    if (this.drawn[id] === text || box.contains(document.activeElement) && document.activeElement !== box) return;
    this.drawn[id] = text;
    draw();
  }

  /** @private */
  classes(list) {
    table(document.getElementById('classes'), say('b.by_class'), [say('b.language'), say('b.lane'), say('b.kind'), say('b.waiting'), say('b.longest'), say('b.serving')],
      list.map((c) => [c.group === 'interpreter' ? say('b.interpreter') : label('language', c.group.split('+')[0]), label('lane', c.lane),
        say(c.call ? 'b.callback' : 'b.chat'), c.waiting, span(c.oldest_seconds), c.advisers]));
  }

  /** @private */
  contacts(list) {
    table(document.getElementById('contacts'), say('b.contacts'), [say('b.language'), say('b.kind'), say('b.wait'), say('b.lane'), ''],
      list.map((c) => [label('language', c.language), say(c.channel === 'callback' ? 'b.callback' : 'b.chat'), span(c.waited_seconds), this.lane(c),
        button(say('b.why'), 'why', () => this.why(c.contact))]));
  }

  /** @private */
  talks(list) {
    table(document.getElementById('talks'), say('b.talks'), [say('b.language'), say('b.lane'), say('b.adviser'), say('b.lasted'), ''],
      list.map((c) => [label('language', c.language), label('lane', c.lane), c.alias || '–', span(c.lasted_seconds),
        c.listener ? say('b.listens', {Alias: c.listener}) : button(say('b.listen'), 'listen-in', () => this.listen(c.contact))]));
  }

  /** @private */
  lane(c) {
    const pick = make('select', '', '', 'relane');
    pick.setAttribute('aria-label', say('b.lane'));
    const lanes = LANES.indexOf(c.lane) < 0 ? [c.lane].concat(LANES) : LANES;
    lanes.forEach((l) => pick.append(new Option(label('lane', l), l, l === c.lane, l === c.lane)));
    pick.addEventListener('change', () => {
      this.act('POST', '/api/v1/board/actions', {request_id: uuid(), action: 'relane', contact: c.contact, lane: pick.value});
      pick.blur();
    });
    return pick;
  }

  /** @private */
  why(contact) {
    this.act('GET', '/api/v1/contacts/' + contact + '/decisions').then((d) => {
      const box = document.getElementById('why');
      show(box, Boolean(d));
      if (!d) return;
      table(box, say('b.why_of'), [say('b.at'), say('b.step'), say('b.adviser'), say('b.reason')], d.decisions.map((x) => [
        clock(x.at, {hour: '2-digit', minute: '2-digit', second: '2-digit'}), say('b.kind_' + x.kind), x.alias || '', reason(x),
      ]));
      box.append(button(say('b.close'), 'why-close', () => show(box, false)));
    });
  }

  /** @private */
  staff(list) {
    table(document.getElementById('staff'), say('b.staff'), [say('b.adviser'), say('b.languages'), say('b.duty'), say('b.load'), ''], list.map((a) => {
      const row = make('span', 'row');
      const set = (state, why) => this.act('POST', '/api/v1/board/actions', {request_id: uuid(), action: 'duty', adviser: a.id, state, reason: why});
      if (a.state === 'ready' || a.state === 'on_phone') row.append(button(say('b.pause'), 'pause-adviser', () => set('paused', named('pause-reason').value)));
      if (a.state !== 'off' && a.state !== 'lost') row.append(button(say('b.off'), 'off-adviser', () => set('off', '')));
      const words = standing(a.state, a.reason);
      if (a.state === 'ready' && !a.audible) words.push(say('b.not_heard'));
      return [a.name, a.languages.map((l) => label('language', l)).join(', '), words.join(' · '), a.used + ' / ' + a.capacity, row];
    }));
  }

  /** @private */
  hours(list) {
    picture(document.getElementById('chart'), '/api/v1/board/hours/', say('b.chart_alt'));
    hours(document.getElementById('hours'), say('b.by_hour'), list);
  }
}

/**
 * Puts a chart of the server into its place, in the colours that the page has.
 * @param {HTMLElement} place a picture @param {string} path of its folder @param {string} words for who does not see it
 */
export function picture(place, path, words) {
  const mark = '?' + Date.now(); // an address of its own, or the browser shows the last picture again
  const dark = document.createElement('source');
  dark.srcset = path + 'dark.svg' + mark;
  dark.media = '(prefers-color-scheme: dark)';
  const img = make('img', 'chart', '', 'chart');
  img.src = path + 'light.svg' + mark;
  img.alt = words;
  place.replaceChildren(dark, img);
}

/** The table of hours, newest first. @param {HTMLElement} box @param {string} caption @param {any[]} list */
export function hours(box, caption, list) {
  table(box, caption, [say('b.hour'), say('b.arrived'), say('b.answered'), say('b.left'), say('b.missed'), say('b.tile_service'), say('b.mean')],
    list.slice().reverse().map((h) => [clock(h.at, {hour: '2-digit', minute: '2-digit'}), h.arrived, h.answered,
      h.abandoned, h.missed, share(h.service_level), h.mean_wait_seconds === null ? '–' : span(h.mean_wait_seconds)]));
}

/** A reason in words: the code of the step, the rule of an offer, and who was passed over. */
function reason(x) {
  const words = [];
  if (x.reason) words.push(x.reason);
  if (x.why && x.why.rule) words.push(say('b.rule', {What: x.why.rule}));
  if (x.why && x.why.passed) words.push(say('b.passed', {What: x.why.passed.map((p) => p.code).join(', ')}));
  return words.join('; ');
}
