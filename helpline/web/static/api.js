/** HTTP calls. Nothing here throws: no answer at all is status 0. */

/**
 * @typedef {{status: number, body: any, minutes: number}} Answer minutes: Retry-After, rounded up
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, text?: string, token?: string, cookies?: boolean}} [options] text: a body that is JSON already; cookies:
 *   the console's session
 * @returns {Promise<Answer>}
 */
export function call(method, path, options) {
  const o = options || {};
  const headers = {};
  const text = o.body === undefined ? o.text : JSON.stringify(o.body);
  if (text !== undefined) headers['Content-Type'] = 'application/json';
  if (o.token) headers.Authorization = 'Bearer ' + o.token;
  const init = {method, headers, cache: 'no-store', credentials: o.cookies ? 'same-origin' : 'omit', redirect: 'error'};
  if (text !== undefined) init.body = text;
  return fetch(path, init).then(read, () => ({status: 0, body: {}, minutes: 0}));
}

function read(response) {
  const minutes = Math.max(1, Math.ceil(Number(response.headers.get('Retry-After') || 60) / 60) || 1);
  const answer = (body) => ({status: response.status, body: body || {}, minutes});
  return response.status === 204 || response.status === 202 ? answer({}) : response.json().then(answer, () => answer({}));
}
