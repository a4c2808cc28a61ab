/** What people thought of the service: a small chart and its figures. */

import {call} from './api.js';
import {make, show} from './dom.js';
import {picture, table} from './tables.js';
import {say} from './words.js';

const EVERY = 600000;

/** Shows the ratings, and again every ten minutes. */
export function ratings() {
  call('GET', '/api/v1/board/ratings', {cookies: true}).then((a) => { if (a.status === 200) draw(a.body); });
  setTimeout(ratings, EVERY);
}

function draw(b) {
  const rows = b.questions.map((q) => [say('b.rate_' + q.question)].concat(q.marks.map((n) => n || '<' + b.step)));
  const any = b.questions.some((q) => q.marks.some((n) => n > 0));
  const box = document.getElementById('marks');
  table(box, say('b.ratings'), [say('b.rate_question'), '1', '2', '3', '4', '5'], rows);
  box.querySelectorAll('td, thead th:not(:first-child)').forEach((el) => el.classList.add('count'));
  box.append(make('p', 'small', say('b.rate_step', {Count: b.step})));
  show(document.getElementById('marks-chart').closest('figure'), any);
  if (any) picture(document.getElementById('marks-chart'), '/api/v1/board/ratings/', say('b.rate_alt'));
}
