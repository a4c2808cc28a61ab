/** Two tones made on the spot: a test tone, and the ring of an offer. */

/** How long a sound that stopped has to come back by itself. */
const BACK = 1500;

let context = null;
let heard = false;
let gone = () => {};

/** Whom to tell that the sound of this page stopped, and needs a press to come back. @param {() => void} tell */
export function watch(tell) {
  gone = tell;
}

/** The browser, the system or a device took the sound away: it is woken, or told once. */
function changed() {
  if (!heard || context.state === 'running') return;
  context.resume().catch(() => {});
  setTimeout(() => {
    if (!heard || context.state === 'running') return;
    heard = false;
    gone();
  }, BACK);
}

/** Wakes the sound on a press. @returns {Promise<boolean>} whether the browser plays now */
export function wake() {
  const Audio = window.AudioContext || /** @type {any} */ (window).webkitAudioContext;
  if (!Audio) return Promise.resolve(false);
  if (!context) {
    context = new Audio();
    context.addEventListener('statechange', changed);
  }
  const awake = context.resume().then(() => context.state === 'running', () => false);
  const late = new Promise((done) => setTimeout(() => done(context.state === 'running'), BACK));
  return Promise.race([awake, late]).then((plays) => {
    heard = plays;
    return plays;
  });
}

/** Whether a press has woken the sound of this page. @returns {boolean} */
export function awake() {
  return Boolean(context) && context.state === 'running';
}

/** The tone heard on pressing ready. */
export function test() {
  tone(660, 0, 0.35);
}

/** One ring of an offer. */
export function ring() {
  tone(784, 0, 0.22);
  tone(1046, 0.26, 0.3);
}

function tone(hertz, after, length) {
  if (!context || context.state !== 'running') return;
  const at = context.currentTime + after;
  const source = context.createOscillator();
  const volume = context.createGain();
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + length);
  source.connect(volume);
  volume.connect(context.destination);
  source.start(at);
  source.stop(at + length);
}
