/**
 * The adviser's session: the cookie, the ticket, the connection, and questions with a `ref`.
 * A question without an answer is asked again, with its ref, after every reconnect.
 */

import {call} from './api.js';
import {uuid} from './dom.js';
import {Wire} from './wire.js';

const SESSION = '/api/v1/session';
const RETRIES = 5;

/** Who is signed in, or null; undefined when the server does not answer. */
export function who() {
  return call('GET', SESSION, {cookies: true}).then((a) => a.status === 200 ? a.body : a.status === 401 ? null : undefined);
}

/** @param {string} name @param {string} password */
export function signIn(name, password) {
  return call('POST', SESSION, {cookies: true, body: {name, password}});
}

export function signOut() {
  return call('DELETE', SESSION, {cookies: true});
}

export class Session {
  /**
   * @param {() => {after: Object<string, number>, holds: {contact: string, epoch: number}[]}} state what the console holds
   * @param {(frame: any) => void} frame every frame that answers no question
   * @param {(phase: string, code: number) => void} phase
   */
  constructor(state, frame, phase) {
    this.frame = frame;
    /** @type {Map<string, {frame: any, done: (answer: any) => void, tries: number}>} */
    this.open = new Map();
    this.wire = new Wire({
      path: '/api/v1/console/socket',
      stream: (hello) => ({
        path: '/api/v1/console/stream',
        init: {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(hello)},
      }),
      frames: '/api/v1/console/frames',
      hello: (again) => this.hello(state, again),
      frame: (f) => this.read(f),
      phase,
    });
  }

  /** @private */
  hello(state, again) {
    return call('POST', '/api/v1/console/ticket', {cookies: true}).then((a) => {
      if (a.status === 401) {
        if (!again) this.wire.stop(4504);
        return null;
      }
      if (!a.body.ticket) return null;
      return Object.assign({type: 'hello', ref: uuid(), v: 1, ticket: a.body.ticket}, state());
    });
  }

  /** Sends a frame that has no answer. @param {any} frame @returns {boolean} */
  tell(frame) {
    return this.wire.send(Object.assign({ref: uuid()}, frame));
  }

  /** Asks; the answer is a frame, perhaps `error`. @param {any} frame @returns {Promise<any>} */
  ask(frame) {
    const asked = Object.assign({ref: uuid()}, frame);
    return new Promise((done) => {
      this.open.set(asked.ref, {frame: asked, done, tries: 0});
      this.wire.send(asked);
    });
  }

  /** @private */
  read(f) {
    const question = f.ref && f.type !== 'welcome' ? this.open.get(f.ref) : undefined;
    if (!question) {
      this.frame(f);
      return;
    }
    if (f.type === 'error' && f.retry && question.tries++ < RETRIES) {
      setTimeout(() => { if (this.open.has(f.ref)) this.wire.send(question.frame); }, 500 * Math.pow(2, question.tries));
      return;
    }
    this.open.delete(f.ref);
    question.done(f);
  }

  /** Asks every open question again; called once the welcome has been taken in. */
  again() {
    this.open.forEach((q) => this.wire.send(q.frame));
  }
}
