/** Times as the house reads them. */

/**
 * An instant by the clock on the house's wall, wherever the device is; in English as in Finland, the day first.
 * @param {string|Date} at @param {any} parts of Intl.DateTimeFormat @param {string} [lang] the page's
 * @returns {string}
 */
export function clock(at, parts, lang) {
  const tongue = lang || document.documentElement.lang;
  return new Intl.DateTimeFormat(tongue === 'en' ? 'en-GB' : tongue, Object.assign({timeZone: 'Europe/Helsinki', hourCycle: 'h23'}, parts)).format(new Date(at));
}
