/** A callback that its person takes back on the telephone, by the return number. */

import {named} from './dom.js';
import {say} from './words.js';

/** @param {import('./session.js').Session} session @param {(text: string) => void} notice @param {() => void} done */
export function stopping(session, notice, done) {
  named('call-stop-go').addEventListener('click', () => {
    const input = named('call-stop-number');
    session.ask({type: 'stop', number: input.value.replace(/\D/g, '')}).then((f) => {
      if (f.type === 'stopped') {
        input.value = '';
        notice(say('k.call_stopped'));
        done();
      } else if (f.code === 'not_found') notice(say('k.call_stop_unknown'));
      else notice(f.code === 'invalid_value' ? say('k.call_stop_form') : say('k.not_done', {What: f.code}));
    });
  });
}
