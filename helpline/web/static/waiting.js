/** Honest words for a place in the line. */

import {say} from './words.js';

/**
 * @param {{ahead: number|null, low: number|null, high: number|null, waking?: boolean, woken_minutes?: number}|null|undefined} p seconds; null: nobody can say
 * @returns {string}
 */
export function place(p) {
  const ahead = p && typeof p.ahead === 'number' ? p.ahead : null;
  const where = ahead === null ? say('c.in_line') : ahead === 0 ? say('c.next') : say('c.ahead', {Count: ahead});
  return where + ' ' + time(p);
}

function time(p) {
  if (p && p.waking) return say('c.waking') + (p.woken_minutes ? ' ' + say('c.woken', {Count: p.woken_minutes}) : '') + ' ' + say('c.waking_call');
  if (!p || typeof p.high !== 'number') return say('c.wait_unknown');
  const high = Math.max(1, Math.ceil(p.high / 60));
  const low = Math.floor((p.low || 0) / 60);
  return low < 1 || low >= high ? say('c.wait_up_to', {Count: high}) : say('c.wait_range', {Low: low, Count: high});
}
