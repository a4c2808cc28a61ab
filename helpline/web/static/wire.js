/**
 * One connection that comes back: backoff with jitter, `reconnect`, close codes of the wire protocol. It is
 * a WebSocket, or a stream for a while where sockets do not get through. It knows frames only as far as
 * the connection is concerned; everything else goes to `frame`.
 */

import {socket, stream, streams} from './link.js';

/** Codes after which the server does not want this page back. 1000: the conversation is over. */
const FINAL = [1000, 4501, 4503, 4504, 4505];
const FIRST_WAIT = 500;
const LONGEST_WAIT = 20000;
const OPEN_WITHIN = 5000;
const WELCOME_WITHIN = 10000;
/** A socket that breaks twice in a minute, or does not open, is left alone for five minutes. */
const BREAKS = 2;
const BREAKS_WITHIN = 60000;
const DETOUR = 300000;
/** The server ends a stream after an hour. */
const RENEW = 2400000;
const RENEW_AGAIN = 60000;

/**
 * @typedef {'connecting'|'open'|'lost'|'stopped'} Phase open: welcomed; lost: will come back
 * @typedef {Object} Options
 * @property {string} path of the socket
 * @property {(hello: any) => {path: string, init: any}} stream the call whose answer is a stream
 * @property {string} frames where frames beside a stream are posted
 * @property {(again: boolean) => Promise<Object|null>} hello the first frame, asked anew for every connection; null: come
 *   back later. again: the connection is up and is only to be renewed
 * @property {(frame: any) => void} frame
 * @property {(phase: Phase, code: number) => void} phase
 */
export class Wire {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    /** @type {import('./link.js').Link|null} */
    this.link = null;
    /** @type {import('./link.js').Link|null} the stream that is being renewed */
    this.old = null;
    this.tries = 0;
    this.timer = 0;
    this.renewal = 0;
    this.turn = 0;
    this.welcomed = false;
    this.stopped = false;
    this.streaming = false;
    this.detour = 0; // until when sockets are left alone
    /** @type {number[]} */
    this.breaks = [];
    this.soon = () => { if (!this.link && !this.stopped && !document.hidden) this.later(0); };
    window.addEventListener('online', this.soon);
    window.addEventListener('offline', () => this.lose());
    document.addEventListener('visibilitychange', this.soon);
  }

  /** Connects. Called once; afterwards the wire keeps itself up until stop. */
  start() {
    this.later(0);
  }

  /** Ends for good. @param {number} [code] */
  stop(code) {
    this.stopped = true;
    this.cut();
    this.options.phase('stopped', code || 1000);
  }

  /**
   * Sends a frame if the server has welcomed us. Frames that carry text are padded to hide its length.
   * @param {any} frame
   * @returns {boolean} whether it went out; not whether it arrived
   */
  send(frame) {
    if (!this.welcomed || !this.link) return false;
    return this.link.send(frame.text === undefined ? JSON.stringify(frame) : padded(frame));
  }

  /** Gives this connection up, since it seems dead, and comes back. */
  drop() {
    if (!this.link || this.stopped) return;
    this.broke();
    this.lose();
  }

  /** @private */
  lose() {
    if (!this.link || this.stopped) return;
    this.cut();
    this.options.phase('lost', 1006);
    this.later(this.wait());
  }

  /** @private */
  cut() {
    clearTimeout(this.timer);
    clearTimeout(this.renewal);
    this.turn++;
    this.welcomed = false;
    [this.link, this.old].forEach((link) => { if (link) link.close(); });
    this.link = this.old = null;
  }

  /** The connection broke. One kind of connection that never works makes room for the other. @private */
  broke() {
    const now = performance.now();
    if (this.streaming) {
      if (!this.welcomed) this.detour = 0;
      return;
    }
    this.breaks = this.breaks.filter((at) => now - at < BREAKS_WITHIN).concat(now);
    if (this.breaks.length >= BREAKS) this.around();
  }

  /** @private */
  around() {
    if (streams()) this.detour = performance.now() + DETOUR;
  }

  /** @private */
  wait() {
    const most = Math.min(LONGEST_WAIT, FIRST_WAIT * Math.pow(2, this.tries++));
    return most / 2 + Math.random() * most / 2;
  }

  /** @private */
  later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), ms);
  }

  /** @private */
  open() {
    const turn = ++this.turn;
    this.options.phase('connecting', 0);
    this.options.hello(false).then((hello) => {
      if (turn !== this.turn || this.stopped) return;
      if (!hello) {
        this.options.phase('lost', 1006);
        this.later(this.wait());
        return;
      }
      this.connect(hello, turn);
    });
  }

  /** @private */
  connect(hello, turn) {
    const mine = () => turn === this.turn && !this.stopped;
    const on = {
      opened: () => {
        if (!mine()) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => { if (mine()) this.drop(); }, WELCOME_WITHIN);
      },
      frame: (frame) => { if (mine()) this.read(frame); },
      closed: (code) => { if (mine()) this.closed(code); },
    };
    this.streaming = performance.now() < this.detour;
    this.timer = setTimeout(() => { if (mine()) this.shut(); }, this.streaming ? WELCOME_WITHIN : OPEN_WITHIN);
    this.link = this.streaming ?
      stream(this.options.stream(hello), this.options.frames, hello.token || '', on) : socket(this.options.path, hello, on);
  }

  /** The connection does not open: the other kind is tried at once, or this one again. @private */
  shut() {
    if (this.streaming || !streams()) {
      this.drop();
      return;
    }
    this.around();
    this.cut();
    this.later(0);
  }

  /** @private */
  read(frame) {
    if (frame.type === 'reconnect') {
      this.cut();
      this.options.phase('lost', 1001);
      this.later((frame.after_ms || 0) + Math.random() * 500);
      return;
    }
    if (frame.type === 'welcome') {
      clearTimeout(this.timer);
      if (this.old) this.old.close();
      this.old = null;
      this.tries = 0;
      this.welcomed = true;
      if (this.streaming) this.renewal = setTimeout(() => this.renew(), RENEW);
      this.options.phase('open', 0);
    }
    this.options.frame(frame);
  }

  /** A newer connection takes the place of this one before its life is over: nobody notices. */
  renew() {
    if (!this.welcomed || this.stopped) return;
    const turn = this.turn;
    this.options.hello(true).then((hello) => {
      if (turn !== this.turn || this.stopped) return;
      if (!hello) {
        this.renewal = setTimeout(() => this.renew(), RENEW_AGAIN);
        return;
      }
      this.old = this.link;
      this.turn++;
      this.welcomed = false;
      if (this.streaming) this.detour = performance.now() + 1000; // what works goes on: a stream again
      this.connect(hello, this.turn);
    });
  }

  /** @private */
  closed(code) {
    const final = FINAL.indexOf(code) >= 0;
    if (!final) this.broke();
    this.cut();
    if (final) {
      this.stopped = true;
      this.options.phase('stopped', code);
      return;
    }
    this.options.phase('lost', code);
    this.later(this.wait());
  }
}

/** Fills a frame to 512, 2,048 or 8,192 bytes. @param {any} frame @returns {string} */
function padded(frame) {
  const bare = JSON.stringify(Object.assign({}, frame, {pad: ''}));
  const size = new TextEncoder().encode(bare).length;
  const full = [512, 2048, 8192, 16000].find((n) => n >= size) || size;
  return bare.slice(0, -2) + ' '.repeat(full - size) + '"}';
}
