/**
 * Messages that the server has not yet answered with `said`. They are kept, in order, and sent again
 * with the same frame (same cid, same ref) after every reconnect or error that may be retried.
 */

const WINDOW = 16;
const SILENCE = 12000;
const RETRY = 1500;
// The server takes five messages a second from a side.
const BURST = 4;
const BURST_MS = 1100;

export class Outbox {
  /**
   * @param {(frame: any) => boolean} send false while there is no connection
   * @param {() => void} dead called when the server stays silent on a message: the connection is dead
   */
  constructor(send, dead) {
    this.send = send;
    this.dead = dead;
    /** @type {{frame: any, out: boolean}[]} */
    this.waiting = [];
    /** Everything said in this conversation: a server that lost its memory gets it again. */
    this.all = [];
    this.life = 0;
    this.timer = 0;
    this.watch = 0;
    this.pace = 0;
    /** @type {number[]} */
    this.sent = [];
  }

  /** Takes a message frame with a cid and sends it as soon as it may. @param {any} frame */
  add(frame) {
    this.all.push(frame);
    this.waiting.push({frame, out: false});
    this.flush();
  }

  /** The server has stored it. @param {string} cid */
  said(cid) {
    this.waiting = this.waiting.filter((m) => m.frame.cid !== cid);
    this.guard();
    this.flush();
  }

  /** The server refused it. @param {string} cid @param {boolean} retry @returns {boolean} whether it is given up */
  refused(cid, retry) {
    const known = this.waiting.some((m) => m.frame.cid === cid);
    if (!known) return false;
    if (!retry) {
      this.all = this.all.filter((f) => f.cid !== cid);
      this.said(cid);
      return true;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.restart(), RETRY + Math.random() * RETRY);
    return false;
  }

  /** A new connection: send again from the first unanswered one. */
  restart() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.waiting.forEach((m) => { m.out = false; });
    this.flush();
  }

  /** The conversation is over: nothing is sent again, nothing is kept. */
  forget() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.waiting = [];
    this.all = [];
  }

  /**
   * A number of this conversation was heard, in any frame. In a new incarnation the server may have lost the text: everything
   * is unanswered again. Also on a connection that has not been told yet: else what was lost is never noticed.
   * @param {number} seq
   */
  seen(seq) {
    const life = incarnation(seq);
    if (life <= this.life) return;
    const lost = this.life > 0;
    this.life = life;
    if (!lost) return;
    this.waiting = this.all.map((frame) => ({frame, out: false}));
    this.restart();
  }

  /** @private */
  flush() {
    if (this.timer) return;
    for (const m of this.waiting.slice(0, WINDOW)) {
      if (m.out) continue;
      const now = performance.now();
      this.sent = this.sent.filter((at) => now - at < BURST_MS);
      if (this.sent.length >= BURST) {
        clearTimeout(this.pace);
        this.pace = setTimeout(() => this.flush(), BURST_MS - (now - this.sent[0]) + 1);
        break;
      }
      if (!this.send(m.frame)) break;
      this.sent.push(now);
      m.out = true;
    }
    if (!this.watch) this.guard();
  }

  /** @private */
  guard() {
    clearTimeout(this.watch);
    this.watch = 0;
    if (!this.waiting.some((m) => m.out)) return;
    this.watch = setTimeout(() => {
      this.watch = 0;
      this.dead();
    }, SILENCE);
  }
}

/** The incarnation of the server's memory that a seq belongs to. @param {number} seq @returns {number} */
function incarnation(seq) {
  return Math.floor((seq || 0) / 1000000);
}
