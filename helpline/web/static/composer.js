/** The field where one writes: counts code points, sends by button or Enter, sends nothing while one types. */

import {named, put} from './dom.js';
import {say} from './words.js';

const MOST = 2000;
const WARN = 200;

/**
 * Wires a composer form.
 * @param {HTMLFormElement} form holds text, send and left
 * @param {(text: string) => boolean} send false: keep the text, it cannot be taken now
 * @param {() => void} [typing] called on every change
 */
export function composer(form, send, typing) {
  const text = named('text', form);
  const left = named('left', form);
  const button = named('send', form);
  const count = () => {
    const free = MOST - Array.from(text.value.trim()).length;
    put(left, free < 0 ? say('x.chars_over', {Count: -free}) : free <= WARN ? say('x.chars_left', {Count: free}) : '');
    left.classList.toggle('over', free < 0);
    button.disabled = free < 0;
    return free;
  };
  const go = () => {
    const value = text.value.trim();
    if (value && count() >= 0 && send(value)) {
      text.value = '';
      count();
    }
    text.focus();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    go();
  });
  text.addEventListener('input', () => {
    count();
    if (typing) typing();
  });
  text.addEventListener('keydown', (event) => {
    const desk = !window.matchMedia('(pointer: coarse)').matches;
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && desk) {
      event.preventDefault();
      go();
    }
  });
}
