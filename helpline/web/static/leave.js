/**
 * Leaving, and what the device may keep: nothing, except one opaque token while the page is hidden,
 * so that a tab which the phone discarded can offer to go on (privacy.md).
 */

import {call} from './api.js';
import {named, uuid} from './dom.js';

const KEY = 'k';
const LEAVE = '/api/v1/contact/leave';
let token = '';

/** Tells which conversation is open; empty when none is. @param {string} value */
export function hold(value) {
  token = value;
  if (!value) store('');
}

/** Takes the token that a discarded tab left behind, if any. @returns {string} */
export function left() {
  let value = '';
  try {
    value = sessionStorage.getItem(KEY) || '';
  } catch (err) {
    value = '';
  }
  store('');
  return value;
}

function store(value) {
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch (err) {
    return;
  }
}

/**
 * Ends for good: done or cancel. Safe to repeat.
 * @param {'done'|'cancel'} kind
 * @returns {Promise<boolean>} whether the server knows
 */
export function final(kind) {
  if (!token) return Promise.resolve(false); // the server says 204 to no token as well
  const body = {request_id: uuid(), token, kind};
  return call('POST', LEAVE, {body}).then((a) => a.status === 204);
}

/** Exit: the page is blank at once, then gone; the server is told without waiting for it. */
export function exit() {
  const gone = token;
  hold('');
  document.documentElement.className = 'gone';
  document.body.textContent = '';
  document.title = 'Start';
  if (gone) {
    const body = new URLSearchParams({token: gone, kind: 'exit'});
    // fetch first: with no-referrer a beacon would carry "Origin: null".
    if ('keepalive' in Request.prototype) fetch(LEAVE, {method: 'POST', body, keepalive: true, credentials: 'omit'}).catch(() => undefined);
    else navigator.sendBeacon(LEAVE, body);
  }
  location.replace('/blank');
}

/**
 * Keeps Exit in sight: below the edge that a keyboard pushes out, and in the corner of what is seen of an enlarged page,
 * in its own size.
 * @param {VisualViewport} view
 */
function keep(view) {
  const button = named('exit');
  const zoomed = view.scale > 1.01;
  document.getElementById('top').style.transform = view.offsetTop > 0 && !zoomed ? 'translateY(' + view.offsetTop + 'px)' : '';
  button.style.transform = '';
  if (!zoomed) return;
  const at = button.getBoundingClientRect();
  const edge = 8 / view.scale;
  const x = view.offsetLeft + view.width - edge - at.width / view.scale - at.left;
  const y = view.offsetTop + edge - at.top;
  button.style.transformOrigin = '0 0';
  button.style.transform = 'translate(' + x + 'px, ' + y + 'px) scale(' + 1 / view.scale + ')';
}

/** Wires Exit, Esc three times, the cover while hidden and the place of Exit above a keyboard. */
export function guard() {
  named('exit').addEventListener('click', (event) => {
    event.preventDefault();
    exit();
  });
  let presses = [];
  let going = false;
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return;
    presses = presses.filter((at) => event.timeStamp - at < 2000).concat(event.timeStamp);
    if (presses.length < 3) return;
    event.preventDefault(); // a browser's own Esc stops what loads, and that is the blank page
    exit();
  });
  document.addEventListener('visibilitychange', () => {
    document.documentElement.classList.toggle('covered', document.hidden);
    store(document.hidden && !going ? token : '');
  });
  // A page that is left for good turns hidden after pagehide: it must not store then.
  window.addEventListener('pagehide', () => {
    going = true;
    store('');
  });
  window.addEventListener('pageshow', () => { going = false; });
  const view = window.visualViewport;
  if (!view) return;
  const follow = () => keep(view);
  view.addEventListener('resize', follow);
  view.addEventListener('scroll', follow);
  window.addEventListener('scroll', follow, {passive: true});
}
