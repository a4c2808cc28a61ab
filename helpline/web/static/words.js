/** Words: the catalogue's strings in the page's language, as the server put them into the page. */

const table = JSON.parse(document.getElementById('strings').textContent);
const plural = new Intl.PluralRules(document.documentElement.lang);

/**
 * Gives one word. A word that counts is chosen by values.Count.
 * @param {string} id
 * @param {Object<string, string|number>} [values]
 * @returns {string}
 */
export function say(id, values) {
  const entry = table[id];
  if (entry === undefined) return id;
  const form = typeof entry === 'string' ? entry : entry[plural.select(values.Count)] || entry.other;
  return form.replace(/\{\{\.(\w+)\}\}/g, (_, name) => String(values[name]));
}

/** Says whether a word exists. @param {string} id @returns {boolean} */
export function has(id) {
  return table[id] !== undefined;
}

/** Says in words what the screen took out of a text, where it leaves the type in brackets. @param {string} text @returns {string} */
export function hidden(text) {
  return text.replace(/\[([a-z_]+)\]/g, (code, type) => has('x.found_' + type) ? say('x.hidden', {What: say('x.found_' + type)}) : code);
}
