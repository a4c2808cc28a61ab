/** Small helpers over the document. Text reaches it through textContent alone. */

/** Finds a control by its data-test name. @param {string} name @param {ParentNode} [within] @returns {any} */
export function named(name, within) {
  return (within || document).querySelector('[data-test="' + name + '"]');
}

/** Shows or hides. @param {HTMLElement} el @param {boolean} on */
export function show(el, on) {
  if (el.hidden === on) el.hidden = !on;
}

/** Sets text only when it differs, so that live regions speak once. @param {HTMLElement} el @param {string} text */
export function put(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/**
 * Makes an element.
 * @param {string} tag @param {string} [className] @param {string} [text] @param {string} [test] its data-test name
 * @returns {any}
 */
export function make(tag, className, text, test) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (text) el.textContent = text;
  if (test) el.setAttribute('data-test', test);
  return el;
}

/** A button that cannot submit. @param {string} text @param {string} test @param {() => void} press */
export function button(text, test, press) {
  const el = make('button', '', text, test);
  el.type = 'button';
  el.addEventListener('click', press);
  return el;
}

/** A random UUIDv4, also where crypto.randomUUID is missing (plain http, older phones). @returns {string} */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = Array.from(b, (x) => (x + 256).toString(16).slice(1)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whole minutes, begun ones counted. @param {number} ms @returns {number} */
export function minutes(ms) {
  return Math.max(Math.ceil(ms / 60000), 1);
}

/** Waits. @param {number} ms @returns {Promise<void>} */
export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

/** Groups a number of eight digits as people read it: 12 34 56 78. @param {string} digits @returns {string} */
export function grouped(digits) {
  return digits.replace(/\D/g, '').replace(/(..)(?=.)/g, '$1 ');
}
