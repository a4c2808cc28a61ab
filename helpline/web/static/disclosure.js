/** A disclosure without consent: recorded after it was made. Nothing here waits for anybody. */

import {fill, label} from './codes.js';
import {named, put} from './dom.js';
import {refusal} from './handparts.js';
import {say} from './words.js';

/** @param {import('./session.js').Session} session */
export function disclosing(session) {
  const told = named('disclose-told');
  fill(named('disclose-ground'), 'disclosure_ground', true);
  fill(named('disclose-receiver'), 'destination_kind', true);
  named('disclose-save').addEventListener('click', () => {
    const frame = {type: 'disclosure', ground: named('disclose-ground').value, receiver: named('disclose-receiver').value};
    if (!frame.ground || !frame.receiver) {
      put(told, say('k.d_wanted'));
      return;
    }
    const at = named('disclose-at').value;
    const receipt = named('disclose-receipt').value.trim();
    if (at) Object.assign(frame, {at: new Date(at).toISOString()});
    if (receipt) Object.assign(frame, {receipt});
    named('disclose-save').disabled = true;
    session.ask(frame).then((f) => {
      named('disclose-save').disabled = false;
      if (f.type !== 'disclosed') {
        put(told, f.code === 'invalid_value' ? say('k.d_invalid') : refusal(f));
        return;
      }
      put(told, say('k.d_done', {What: label('disclosure_ground', frame.ground)}));
      ['disclose-ground', 'disclose-receiver', 'disclose-at', 'disclose-receipt'].forEach((n) => { named(n).value = ''; });
    });
  });
}
