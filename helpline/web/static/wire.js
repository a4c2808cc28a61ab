/**
 * One WebSocket that comes back: backoff with jitter, `reconnect`, close codes of the wire protocol.
 * It knows frames only as far as the connection is concerned; everything else goes to `frame`.
 */

/** Codes after which the server does not want this page back. 1000: the conversation is over. */
const FINAL = [1000, 4501, 4503, 4504, 4505];
const FIRST_WAIT = 500;
const LONGEST_WAIT = 20000;
const OPEN_WITHIN = 10000;

/**
 * @typedef {'connecting'|'open'|'lost'|'stopped'} Phase open: welcomed; lost: will come back
 * @typedef {Object} Options
 * @property {string} path
 * @property {() => Promise<Object|null>} hello the first frame, asked anew for every connection; null: come back later
 * @property {(frame: any) => void} frame
 * @property {(phase: Phase, code: number) => void} phase
 */
export class Wire {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.ws = null;
    this.tries = 0;
    this.timer = 0;
    this.turn = 0;
    this.welcomed = false;
    this.stopped = false;
    this.soon = () => { if (!this.ws && !this.stopped && !document.hidden) this.later(0); };
    window.addEventListener('online', this.soon);
    window.addEventListener('offline', () => this.drop());
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
    if (!this.welcomed || !this.ws || this.ws.readyState !== WebSocket.OPEN) return false;
    this.ws.send(frame.text === undefined ? JSON.stringify(frame) : padded(frame));
    return true;
  }

  /** Gives this connection up, since it seems dead, and comes back. */
  drop() {
    if (!this.ws || this.stopped) return;
    this.cut();
    this.options.phase('lost', 1006);
    this.later(this.wait());
  }

  /** @private */
  cut() {
    clearTimeout(this.timer);
    this.turn++;
    this.welcomed = false;
    if (this.ws) this.ws.close(1000);
    this.ws = null;
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
    const mine = () => turn === this.turn && !this.stopped;
    this.options.phase('connecting', 0);
    this.options.hello().then((hello) => {
      if (!mine()) return;
      if (!hello) {
        this.options.phase('lost', 1006);
        this.later(this.wait());
        return;
      }
      this.connect(hello, mine);
    });
  }

  /** @private */
  connect(hello, mine) {
    const url = new URL(this.options.path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const ws = new WebSocket(url.href);
    this.ws = ws;
    this.timer = setTimeout(() => { if (mine()) this.drop(); }, OPEN_WITHIN);
    ws.onopen = () => ws.send(JSON.stringify(hello));
    ws.onclose = (event) => { if (mine()) this.closed(event.code); };
    ws.onmessage = (event) => {
      if (!mine()) return;
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch (err) {
        return;
      }
      this.read(frame);
    };
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
      this.tries = 0;
      this.welcomed = true;
      this.options.phase('open', 0);
    }
    this.options.frame(frame);
  }

  /** @private */
  closed(code) {
    this.cut();
    if (FINAL.indexOf(code) >= 0) {
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
