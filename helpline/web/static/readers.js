/** Everybody who can read a conversation: the adviser, and a supervisor who listens in. */

import {named, put} from './dom.js';
import {say} from './words.js';

export class Readers {
  /** @param {(words: string) => void} tell says something in the conversation */
  constructor(tell) {
    this.tell = tell;
    /** @type {Map<string, string>} role by alias */
    this.all = new Map();
    this.listener = ''; // alias of the supervisor who listens in
  }

  /** An adviser has it now. @param {string} alias @param {string} role */
  adviser(alias, role) {
    if (role === 'adviser' || !role) this.drop('adviser');
    this.all.set(alias, role || 'adviser');
    this.paint();
  }

  /** A supervisor listens in, or nobody any more: said in the conversation, and named while it lasts. @param {string} alias */
  listens(alias) {
    if (alias === this.listener) return;
    if (this.listener) this.tell(say('c.left', {Alias: naming({alias: this.listener, role: 'supervisor'})}));
    this.drop('supervisor');
    this.listener = alias;
    if (alias) {
      this.tell(say('c.listens', {Alias: naming({alias, role: 'supervisor'})}));
      this.all.set(alias, 'supervisor');
    }
    this.paint();
  }

  /** A supervisor does not listen in any more. @param {string} alias */
  left(alias) { if (alias === this.listener) this.listens(''); }

  /** Nobody has it. */
  clear() {
    this.all.clear();
    this.listener = '';
  }

  /** @private */
  drop(role) { this.all.forEach((r, alias) => { if (r === role) this.all.delete(alias); }); }

  /** @private */
  paint() {
    const names = [];
    this.all.forEach((role, alias) => names.push(naming({alias, role})));
    put(named('joined'), say('c.can_read', {Names: names.join(', ')}));
  }
}

/** Name and role together. @param {{alias: string, role?: string}} f */
export function naming(f) {
  if (!f.alias) return say('c.role_adviser_plain');
  const known = f.role === 'supervisor' ? 'c.role_supervisor' : !f.role || f.role === 'adviser' ? 'c.role_adviser' : 'c.role_other';
  return say(known, {Alias: f.alias});
}
