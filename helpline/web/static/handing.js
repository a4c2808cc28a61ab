/** One referral on the desk: what may be done with it in the state that it is in, and nothing else. */

import {choices, label} from './codes.js';
import {grouped, make, put} from './dom.js';
import {area, deed, field, line, own, part, pick, tick, when} from './handparts.js';
import {receiver} from './handopen.js';
import {twice} from './transfer.js';
import {say} from './words.js';

const SAFE = {
  way: ['call', 'text', 'mail', 'through_worker'], hours: ['any', 'office', 'evening', 'agreed'], say: ['open', 'own_name', 'nothing'],
  voice: ['yes', 'no'], watched: ['yes', 'no', 'unknown'],
};
const ITEMS = {nas: 'share_nas', police: 'police_report'};
const STATES = ['received', 'info_needed', 'accepted', 'declined', 'connected', 'not_connected'];
const VIA = ['phone', 'secure_mail', 'in_person'];
const NEXT = ['ask_consent', 'write', 'send', 'chase', 'answer', 'ask_arrival', 'tell_person', 'find_receiver'];
const HANDED = ['sent', 'received', 'info_needed', 'accepted'];

/**
 * Draws a referral. step asks the server: an action with more members; its answer is painted by who called.
 * @param {HTMLElement} box @param {any} r the answer of the server @param {any[]} directory
 * @param {(action: string, more?: any) => void} step
 */
export function handing(box, r, directory, step) {
  const hop = r.hops[r.at || 0];
  const handed = HANDED.indexOf(r.state) >= 0;
  box.append(standing(r, directory));
  if (!r.mine_until && (!r.ended || r.next)) box.append(deed(say('k.r_claim'), 'refer-claim', () => step('claim')));
  box.append(safe(r, step));
  if (['draft', 'consent_pending', 'ready'].indexOf(r.state) >= 0) box.append(consent(r, directory, step));
  if (!r.ended) box.append(letter(r, step));
  if (r.state === 'ready') box.append(deed(say('k.r_send'), 'refer-send', () => step('send'), 'main'));
  if (handed && hop.kind !== 'nas') box.append(code(r, step));
  if (handed) box.append(receipt(step));
  if (!r.ended || r.next) box.append(action(r, step));
  if (!r.ended) box.append(note(r, step), withdrawing(step));
}

/** Where it stands. */
function standing(r, directory) {
  const list = make('ol', 'plain', '', 'refer-hops');
  r.hops.forEach((h, i) => {
    const known = directory.find((x) => x.id === h.receiver);
    const words = [known ? known.name : h.receiver, label('referral_state', h.state)];
    if (h.reason) words.push(label('decline_reason', h.reason));
    if (h.via) words.push(label('receipt_via', h.via));
    const item = make('li', '', words.join(' · '));
    if (i === (r.at || 0) && !r.ended) item.setAttribute('aria-current', 'step');
    if (known && !r.ended) item.append(make('span', 'small about', receiver(known)));
    list.append(item);
  });
  const box = part(say('k.r_standing'), list);
  const facts = [say('k.r_age_' + r.age), label('language', r.language)];
  if (r.urgent) facts.push(say('k.r_urgent'));
  box.append(make('p', 'small', facts.join(' · ')));
  if (r.next) box.append(make('p', '', say('k.r_next', {What: say('k.r_next_' + r.next), When: r.next_at ? when(r.next_at) : ''}), 'refer-next'));
  if (r.mine_until) box.append(make('p', 'small', say('k.r_mine', {When: when(r.mine_until)})));
  if (r.matter) box.append(make('p', '', say('k.r_matter', {Number: grouped(r.matter)}), 'refer-matter'));
  return box;
}

/** How the person may be reached comes first, here as at the receiver. */
function safe(r, step) {
  const box = part(say('k.r_safe'));
  if (r.safe) {
    const words = r.safe.none ? say('hp.safe_none') : Object.keys(SAFE).map((f) => say('sc.' + f) + ': ' + say('sc.' + f + '_' + r.safe[f])).join(' · ');
    box.append(make('p', r.safe.none ? 'over' : '', words, 'refer-safe'));
  }
  if (['draft', 'consent_pending', 'ready', 'info_needed'].indexOf(r.state) < 0) return box;
  const none = tick(say('hp.safe_none'), 'refer-safe-none');
  const fields = {};
  const all = make('div', 'fields');
  Object.keys(SAFE).forEach((f) => {
    fields[f] = pick(own('sc.' + f + '_', SAFE[f]), r.safe && r.safe[f], true);
    all.append(field(say('sc.' + f), fields[f], 'refer-safe-' + f));
  });
  none.el.checked = Boolean(r.safe && r.safe.none);
  all.hidden = none.el.checked;
  none.el.addEventListener('change', () => { all.hidden = none.el.checked; });
  box.append(none.row, all, deed(say('k.r_safe_keep'), 'refer-safe-keep', () => {
    const given = {};
    Object.keys(SAFE).forEach((f) => { if (fields[f].value) given[f] = fields[f].value; });
    step('write', {safe: none.el.checked ? {none: true} : given});
  }));
  return box;
}

/** Consent for all receivers at once, by everybody who has a say; and to be told. */
function consent(r, directory, step) {
  const box = part(say('k.r_consent'), make('p', 'small', say(r.age === 'adult' ? 'k.r_consent_adult' : 'k.r_consent_child')));
  const states = choices('consent_state').filter((c) => c.code !== 'overridden');
  const by = r.age === 'adult' ? ['person'] : ['person', 'guardian', 'representative'].filter((b) => b !== 'guardian' || !r.suspect);
  const asked = [];
  const ask = (item, receiverOf, who, title) => {
    const old = (r.consents || []).filter((c) => c.item === item && (c.receiver || '') === receiverOf && c.by === who).pop();
    const el = pick(states, old ? old.state : 'not_asked', false);
    asked.push({el, item, receiver: receiverOf, by: who, was: old ? old.state : ''});
    box.append(field(title, el, 'refer-consent-' + asked.length));
  };
  r.hops.forEach((h) => {
    const known = directory.find((x) => x.id === h.receiver);
    by.forEach((who) => ask(ITEMS[h.kind] || 'share_service', h.receiver, who, (known ? known.name : h.receiver) + ', ' + say('k.r_by_' + who)));
  });
  if (r.tell === 'receiver' || r.tell === 'callback') ask('follow_up', '', by[0], label('consent_item', 'follow_up') + ': ' + say('k.r_tell_' + r.tell));
  const heard = tick(say('k.r_heard'), 'refer-heard');
  heard.el.checked = Boolean(r.heard);
  if (r.age === 'child_12_14' || r.age === 'child_15_17') box.append(heard.row);
  box.append(deed(say('k.r_consent_keep'), 'refer-consent-keep', () => {
    const answers = asked.filter((a) => a.el.value !== a.was).map((a) => Object.assign({item: a.item, state: a.el.value, by: a.by}, a.receiver ? {receiver: a.receiver} : {}));
    step('consent', heard.el.checked ? {answers, heard: true} : {answers});
  }, 'main'));
  return box;
}

/** The letter of what is handed over. The own house has a register instead. */
function letter(r, step) {
  const box = part(say('k.r_letter'));
  const writes = r.hops.some((h) => h.kind !== 'nas') && ['draft', 'consent_pending', 'ready', 'info_needed'].indexOf(r.state) >= 0;
  if (r.hops.some((h) => h.kind === 'nas')) box.append(make('p', 'small', say('k.r_letter_nas')));
  if (r.letter_until) box.append(make('p', 'small', say('k.r_letter_until', {When: when(r.letter_until)})));
  if (r.letter) box.append(make('p', 'panel said', r.letter, 'refer-letter-text'));
  if (r.letter_until && !r.letter) box.append(deed(say('k.r_letter_read'), 'refer-letter-read', () => step('look', {letter: true})));
  if (!writes) return box;
  const text = area(r.letter, 8000, 6);
  box.append(field(say('k.r_letter_text'), text, 'refer-letter'), make('p', 'small', say('k.r_letter_explain')),
    deed(say('k.r_letter_keep'), 'refer-letter-keep', () => { if (text.value.trim()) step('write', {letter: text.value}); }));
  return box;
}

/** The one-time code: to the directory's number alone. */
function code(r, step) {
  const box = part(say('k.r_code'));
  if (r.code) box.append(make('p', '', say('k.r_code_tell', {Code: r.code.slice(0, 3) + ' ' + r.code.slice(3), Phone: r.phone || '–'}), 'refer-code-words'));
  box.append(deed(say('k.r_code_make'), 'refer-code', () => step('code')));
  return box;
}

function receipt(step) {
  const state = pick(choices('referral_state').filter((c) => STATES.indexOf(c.code) >= 0), '', true);
  const via = pick(choices('receipt_via').filter((c) => VIA.indexOf(c.code) >= 0), 'phone', false);
  const reason = pick(choices('decline_reason').filter((c) => c.code.indexOf('r_') === 0), '', true);
  const why = field(say('hp.reason'), reason, 'refer-reason');
  why.hidden = true;
  state.addEventListener('change', () => { why.hidden = state.value !== 'declined'; });
  return part(say('k.r_receipt'), field(say('k.r_receipt_state'), state, 'refer-receipt'), why, field(say('k.r_receipt_via'), via, 'refer-via'),
    deed(say('k.r_receipt_keep'), 'refer-receipt-keep', () => {
      const more = {state: state.value, via: via.value};
      step('receipt', state.value === 'declined' ? Object.assign(more, {reason: reason.value}) : more);
    }, 'main'));
}

/** What the duty did, and what is next. */
function action(r, step) {
  const what = pick(choices('chase_action'), '', true);
  const next = pick(own('k.r_next_', NEXT), '', true);
  const at = line('datetime-local', 30);
  const box = part(say('k.r_actions'));
  if (r.actions) {
    const list = make('ul', 'plain');
    r.actions.slice(-8).forEach((a) => list.append(make('li', 'small', a.day + ', ' + say('k.r_shift_' + a.shift) + ': ' + label('chase_action', a.code))));
    box.append(list);
  }
  box.append(field(say('k.r_action'), what, 'refer-action'), field(say('k.r_action_next'), next, 'refer-action-next'), field(say('k.r_action_at'), at, 'refer-action-at'),
    deed(say('k.r_action_keep'), 'refer-action-keep', () => {
      const more = {code: what.value};
      if (next.value) Object.assign(more, {next: next.value});
      if (at.value) Object.assign(more, {at: new Date(at.value).toISOString()});
      step('act', more);
    }));
  return box;
}

function note(r, step) {
  const text = area(r.note, 1000, 3); // codes stay codes where they are stored again: the next reader may have another language
  return part(say('k.r_note'), field(say('k.r_note_text'), text, 'refer-note'), make('p', 'small', say('k.r_note_explain')),
    deed(say('k.r_note_keep'), 'refer-note-keep', () => step('note', {note: text.value})));
}

function withdrawing(step) {
  const why = pick(choices('decline_reason').filter((c) => c.code.indexOf('r_') !== 0), '', true);
  const row = deed(say('k.r_withdraw'), 'refer-withdraw', () => {}, 'final');
  const b = row.firstChild;
  twice(b, say('k.r_withdraw_ask'), () => step('withdraw', {reason: why.value}));
  put(b, say('k.r_withdraw'));
  return part(say('k.r_withdrawal'), field(say('hp.reason'), why, 'refer-withdraw-reason'), row);
}
