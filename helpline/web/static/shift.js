/** What a shift hands to the next, seen and confirmed; and what a contact did to who had it, as a count. */

import {clock} from './clock.js';
import {label} from './codes.js';
import {make, named, put, show} from './dom.js';
import {say} from './words.js';

export class Shift {
  /** @param {any} session @param {import('./referral.js').Referrals} referrals @param {(text: string) => void} notice */
  constructor(session, referrals, notice) {
    this.session = session;
    this.referrals = referrals;
    this.notice = notice;
    const more = /** @type {any} */ (named('shift-more').parentElement);
    more.addEventListener('toggle', () => { if (more.open) this.look(false); });
    named('shift-confirm').addEventListener('click', () => this.look(true));
    named('shift-heavy').addEventListener('click', () => {
      session.ask({type: 'heavy'}).then((f) => notice(f.type === 'counted' ? say('k.heavy_counted') : say('k.not_done', {What: f.code})));
    });
  }

  /** Opens the view and brings the keyboard there. */
  open() {
    const more = /** @type {any} */ (named('shift-more').parentElement);
    if (more.open) this.look(false);
    else more.open = true;
    named('shift-more').focus();
  }

  /** @private */
  look(confirm) {
    this.session.ask(confirm ? {type: 'overview', confirm} : {type: 'overview'}).then((f) => {
      if (f.type === 'overview') this.paint(f);
      else this.notice(say('k.not_done', {What: f.code}));
    });
  }

  /** @private */
  paint(f) {
    const box = document.getElementById('shift');
    box.textContent = '';
    const list = (heading, all, line) => {
      box.appendChild(make('h3', '', say(heading, {Count: all.length})));
      if (!all.length) return;
      const ul = make('ul', 'plain');
      all.forEach((x) => ul.appendChild(make('li', '', line(x))));
      box.appendChild(ul);
    };
    list('k.shift_legs', f.legs, (x) => join([channel(x.channel), x.state === 'danger_open' ? say('k.danger_open') : label('lane', x.lane), lang(x), x.alias]));
    list('k.shift_calls', f.calls, (x) => join([x.state === 'review' ? say('k.call_review') : when(x.at), label('lane', x.lane), lang(x)]));
    list('k.shift_owed', f.owed, (x) => join([channel(x.channel), x.alias, say('k.shift_until', {When: when(x.at)})]));
    const handed = make('div', '', '', 'shift-referrals');
    box.appendChild(handed);
    this.referrals.due().then((all) => {
      handed.appendChild(make('h3', '', say('k.shift_referrals', {Count: all.length})));
      const ul = make('ul', 'plain');
      all.forEach((r) => ul.appendChild(make('li', '', r.word + ', ' + this.referrals.words(r))));
      if (all.length) handed.appendChild(ul);
    });
    box.appendChild(make('p', 'small', say('k.shift_counts', {Waiting: f.waiting, Heavy: f.counts.heavy, Debrief: f.counts.debrief, Missing: f.counts.not_recorded})));
    put(named('shift-confirmed'), f.confirmed ? say('k.shift_confirmed', {Who: f.confirmed.alias, When: when(f.confirmed.at)}) : '');
    show(named('shift-confirmed'), Boolean(f.confirmed));
  }
}

function channel(code) {
  return code === 'chat' || code === 'callback' ? say('k.shift_' + code) : say('k.beside_' + code);
}

function lang(x) {
  return x.language === 'und' || x.language === 'other' ? '' : label('language', x.language);
}

function join(words) {
  return words.filter(Boolean).join(', ');
}

function when(instant) {
  return clock(instant, {weekday: 'short', hour: '2-digit', minute: '2-digit'});
}
