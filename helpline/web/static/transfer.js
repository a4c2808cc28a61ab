/** Moving a chat on: to a colleague, to the queue, out of the way while its person is gone, or all at once. */

import {choices} from './codes.js';
import {make, named, put, show} from './dom.js';
import {has, say} from './words.js';

const REFUSED = {not_free: 'k.not_free', too_soon: 'k.too_soon'};

const AGAIN = 4000;
const PARK_AFTER = 600000; // a person who has been gone for so long may be parked
const QUEUE = 'queue';

export class Transfer {
  /**
   * @param {import('./session.js').Session} session
   * @param {import('./legs.js').Legs} legs
   * @param {{parked: (leg: any) => void, shown: (f: any) => void, notice: (text: string) => void}} told
   */
  constructor(session, legs, told) {
    this.session = session;
    this.legs = legs;
    this.told = told;
    this.colleagues = [];
    this.to = named('transfer-to');
    this.language = named('transfer-language');
    this.language.appendChild(this.option('', say('k.same_language')));
    choices('language').filter((c) => c.code !== 'mul' && c.code !== 'und').forEach((c) => this.language.appendChild(this.option(c.code, c.label)));
    this.to.addEventListener('change', () => this.paint());
    named('transfer').addEventListener('click', () => this.transfer());
    named('park').addEventListener('click', () => this.park());
    twice(named('handover'), say('k.handover_ask'), () => this.handover());
    setInterval(() => this.paint(), 15000);
    this.list([]);
  }

  /** @private */
  option(value, text) {
    const el = make('option', '', text);
    el.value = value;
    return el;
  }

  /** Takes who else is ready. @param {{adviser: string, alias: string, languages: string[], free: boolean}[]} list */
  list(list) {
    const chosen = this.to.value;
    this.to.textContent = '';
    this.to.appendChild(this.option('', say('k.choose')));
    (list || []).forEach((c) => {
      const name = (c.alias || say('k.colleague')) + ' (' + c.languages.join(', ') + ')';
      const o = this.option(c.adviser, c.free ? name : say('k.colleague_busy', {Name: name}));
      o.disabled = !c.free;
      this.to.appendChild(o);
    });
    this.to.appendChild(this.option(QUEUE, say('k.to_queue')));
    if (Array.from(this.to.options).some((o) => o.value === chosen && !o.disabled)) this.to.value = chosen;
    this.paint();
  }

  /** Shows what the chosen leg allows. */
  paint() {
    const leg = this.legs.chosen;
    const open = Boolean(leg) && leg.state !== 'ended';
    show(named('transfer-more'), open);
    show(document.getElementById('transfer-language-row'), this.to.value === QUEUE);
    named('transfer').disabled = !this.to.value || !open || Boolean(leg.moving);
    show(named('park'), open && !leg.moving && Boolean(leg.gone) && performance.now() - leg.gone >= PARK_AFTER);
  }

  /** @private */
  transfer() {
    const leg = this.legs.chosen;
    if (!leg || !this.to.value) return;
    const queue = this.to.value === QUEUE;
    const to = queue ? {queue: true} : {adviser: this.to.value};
    if (queue && this.language.value) to.language = this.language.value;
    named('transfer').disabled = true;
    this.session.ask({type: 'transfer', contact: leg.contact, to}).then((f) => {
      if (f.type !== 'transferring') this.told.notice(this.refusal(f));
      else if (!queue) {
        this.legs.moving(leg.contact, true);
        this.told.notice(say('k.transferring'));
      }
      this.to.value = '';
      named('transfer-more').open = false;
      this.paint();
    });
  }

  /** Takes `transfer_failed`: the chat stays. @param {any} f */
  failed(f) {
    this.legs.moving(f.contact, false);
    this.told.notice(say(has('k.transfer_' + f.reason) ? 'k.transfer_' + f.reason : 'k.transfer_other'));
    this.paint();
  }

  /** @private */
  park() {
    const leg = this.legs.chosen;
    if (!leg) return;
    this.session.ask({type: 'park', contact: leg.contact}).then((f) => {
      if (f.type === 'parked') this.told.parked(leg);
      else this.told.notice(this.refusal(f));
    });
  }

  /** @private */
  handover() {
    this.session.ask({type: 'handover'}).then((f) => {
      this.told.shown(f);
      if (f.type !== 'duty') return;
      this.told.notice(say('k.handed_over'));
      // Forms that were being filled are owed now; the welcome lists them.
      if (Array.from(this.legs.all.values()).some((l) => l.state === 'ended')) this.session.wire.drop();
    });
  }

  /** @private */
  refusal(f) {
    return say(REFUSED[f.code] || 'k.not_done', {What: f.code});
  }
}

/** Asks once: the same button, pressed again within four seconds. @param {any} b @param {string} words @param {() => void} act */
export function twice(b, words, act) {
  const plain = b.textContent;
  let armed = 0;
  const disarm = () => {
    clearTimeout(armed);
    armed = 0;
    put(b, plain);
  };
  b.addEventListener('click', () => {
    if (!armed) {
      put(b, words);
      armed = setTimeout(disarm, AGAIN);
      return;
    }
    disarm();
    act();
  });
}
