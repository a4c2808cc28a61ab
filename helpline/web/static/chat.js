/** The list of messages of one conversation: each cid and each seq is shown once, in order of seq. */

import {make, put} from './dom.js';
import {hidden, say} from './words.js';

export class ChatList {
  /**
   * @param {HTMLElement} box the element with role=log
   * @param {(from: string) => string} who names a side for the reader
   * @param {string} own the side that this page writes as
   */
  constructor(box, who, own) {
    this.box = box;
    this.who = who;
    this.own = own;
    /** @type {Map<string, HTMLElement>} */
    this.byCid = new Map();
    this.bySeq = new Map();
    /** The highest seq received as a `message`: what `after` says on coming back. */
    this.after = 0;
  }

  /** Shows a `message` frame. @param {any} m @returns {boolean} whether it is new */
  take(m) {
    this.after = Math.max(this.after, m.seq);
    if (this.bySeq.has(m.seq)) return false;
    if (m.cid && this.byCid.has(m.cid)) {
      this.said(m.cid, m.seq, m.at);
      return false;
    }
    const el = this.line(m.from, m.from === 'system' && !m.text ? say('x.lines_gone') : m.text, m.at, m.marked);
    if (m.cid) this.byCid.set(m.cid, el);
    this.number(el, m.seq);
    return true;
  }

  /** Shows one's own message before the server has it. @param {string} cid @param {string} text @param {boolean} [marked] */
  pending(cid, text, marked) {
    const el = this.line(this.own, text, '', marked);
    el.classList.add('pending');
    put(el.lastChild, say('x.pending'));
    this.byCid.set(cid, el);
    this.box.appendChild(el);
    this.follow(true);
  }

  /** The server has stored it, at its own time. @param {string} cid @param {number} seq @param {string} at */
  said(cid, seq, at) {
    const el = this.byCid.get(cid);
    if (!el) return;
    el.classList.remove('pending');
    put(el.lastChild, when(at ? new Date(at) : new Date(), el.classList.contains('marked')));
    const before = el.getAttribute('data-seq');
    if (before !== String(seq)) this.number(el, seq);
  }

  /** One's own message waits for a decision; the line goes with it. @param {string} cid @param {string} words @param {any[]} buttons */
  ask(cid, words, buttons) {
    const el = this.byCid.get(cid);
    if (!el) return;
    el.classList.add('asked');
    put(el.lastChild, words);
    const row = make('p', 'row');
    buttons.forEach((b) => {
      b.addEventListener('click', () => el.remove());
      row.appendChild(b);
    });
    el.appendChild(row);
    this.byCid.delete(cid);
    this.follow(true);
  }

  /** The server refuses it for good. @param {string} cid */
  failed(cid) {
    const el = this.byCid.get(cid);
    if (!el) return;
    el.classList.add('failed');
    put(el.lastChild, say('x.failed'));
  }

  /** A line of our own about what happens; it has no number. @param {string} text */
  event(text) {
    this.box.appendChild(make('p', 'event', text));
    this.follow(false);
  }

  /** Takes every text off the screen, or all but what an adviser marked. @param {boolean} [marked] @returns {boolean} whether something stays */
  clear(marked) {
    Array.from(this.box.children).forEach((el) => { if (!marked || !el.classList.contains('marked')) el.remove(); });
    this.byCid.clear();
    this.bySeq.clear();
    return this.box.childElementCount > 0;
  }

  /** @private */
  line(from, text, at, marked) {
    const el = make('div', 'message ' + from + (marked ? ' marked' : ''), '', 'message');
    el.setAttribute('data-from', from);
    el.appendChild(make('span', 'who', this.who(from)));
    const body = make('p', 'said', hidden(text));
    body.dir = 'auto';
    el.appendChild(body);
    el.appendChild(make('span', 'when', at ? when(new Date(at), marked) : ''));
    return el;
  }

  /** Gives a line its number and its place: after every lower number, before the pending ones. @private */
  number(el, seq) {
    el.setAttribute('data-seq', String(seq));
    this.bySeq.set(seq, el);
    let before = null;
    let last = this.box.lastElementChild;
    while (last && last !== el && !(Number(last.getAttribute('data-seq') || (last.classList.contains('pending') ? Infinity : 0)) < seq)) {
      before = last;
      last = last.previousElementSibling;
    }
    if (last !== el) this.box.insertBefore(el, before);
    this.follow(false);
  }

  /** Keeps the newest line in view unless the reader has scrolled up. @private */
  follow(always) {
    const last = this.box.lastElementChild;
    if (!last || this.box.hidden) return;
    const scroller = this.box.scrollHeight > this.box.clientHeight + 4 ? this.box : document.scrollingElement;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (always || below < 300) scroller.scrollTop = scroller.scrollHeight;
  }
}

/** Hour and minute as the page's language writes them, and that a line stays. @param {Date} at @param {boolean} marked @returns {string} */
function when(at, marked) {
  return isNaN(at.getTime()) ? '' : (marked ? say('x.marked') + ' · ' : '') + at.toLocaleTimeString(document.documentElement.lang, {hour: '2-digit', minute: '2-digit', hour12: false});
}
