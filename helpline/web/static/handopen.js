/** The form that begins a hand-over: who the person is in codes, and who is asked in which order. */

import {clock} from './clock.js';
import {choices, label} from './codes.js';
import {button, make} from './dom.js';
import {deed, field, own, part, pick, tick} from './handparts.js';
import {say} from './words.js';

const AGES = ['adult', 'child_15_17', 'child_12_14', 'child_under_12'];
const TELLS = ['receiver', 'callback', 'self', 'none'];

/**
 * Draws the form.
 * @param {HTMLElement} box @param {any[]} directory @param {string} language of the person
 * @param {(wanted: any) => void} open what the frame has beside type and action
 */
export function opening(box, directory, language, open) {
  const age = pick(own('k.r_age_', AGES), 'adult', false);
  const talk = pick(choices('language'), language, false);
  const suspect = tick(say('k.r_suspect'), 'refer-suspect');
  const urgent = tick(say('k.r_urgent'), 'refer-urgent');
  const tell = pick(own('k.r_tell_', TELLS), 'receiver', false);
  const chosen = [];
  const list = make('ol', 'plain', '', 'refer-chosen');
  const who = pick(directory.filter((r) => r.status === 'active').map((r) => ({code: r.id, label: label('destination_kind', r.kind) + ': ' + r.name})), '', true);
  const about = make('p', 'small', '', 'refer-about');
  const paint = () => {
    list.textContent = '';
    chosen.forEach((r) => {
      const item = make('li', 'row', r.name);
      item.append(button(say('k.r_remove', {What: r.name}), 'refer-remove', () => {
        chosen.splice(chosen.indexOf(r), 1);
        paint();
      }));
      list.append(item);
    });
  };
  who.addEventListener('change', () => {
    const r = directory.find((x) => x.id === who.value);
    about.textContent = r ? receiver(r) : '';
  });
  suspect.row.hidden = true;
  age.addEventListener('change', () => { suspect.row.hidden = age.value === 'adult'; });
  box.append(part(say('k.r_person'), field(say('k.r_age'), age, 'refer-age'), suspect.row, field(say('k.r_language'), talk, 'refer-language'), urgent.row),
    part(say('k.r_receivers'), make('p', 'small', say('k.r_receivers_explain')), list, field(say('k.r_receiver'), who, 'refer-receiver'), about,
      deed(say('k.r_add'), 'refer-add', () => {
        const r = directory.find((x) => x.id === who.value);
        if (!r || chosen.indexOf(r) >= 0 || chosen.length >= 8) return;
        chosen.push(r);
        who.value = '';
        about.textContent = '';
        paint();
      })),
    part(say('k.r_tell'), field(say('k.r_tell_how'), tell, 'refer-tell')),
    deed(say('k.r_open'), 'refer-open', () => {
      const wanted = {language: talk.value, age: age.value, tell: tell.value, receivers: chosen.map((r) => r.id)};
      if (suspect.el.checked && age.value !== 'adult') Object.assign(wanted, {suspect: true});
      if (urgent.el.checked) Object.assign(wanted, {urgent: true});
      open(wanted);
    }, 'main'));
  age.focus();
}

/** One receiver in a line: open now, languages, ages, what was last said of it. @param {any} r */
export function receiver(r) {
  const words = [r.organization];
  if (r.open_now !== undefined) words.push(say(r.open_now ? 'k.r_open_now' : 'k.r_shut_now'));
  if (r.phone) words.push(r.phone.replace(/ /g, '\u00a0'));
  if (r.languages.length) words.push(r.languages.map((l) => label('language', l)).join(', '));
  if (r.areas.length) words.push(r.areas.join(', '));
  if (r.minimum_age || r.maximum_age) words.push(say('k.r_ages', {From: r.minimum_age || 0, To: r.maximum_age || ''}));
  if (!r.mail) words.push(say('k.r_no_mail'));
  if (r.alert) words.push(r.alert);
  words.push(say('k.r_assured', {When: clock(r.assured_date, {timeZone: 'UTC', day: 'numeric', month: 'numeric', year: 'numeric'})}));
  return words.join(' · ');
}
