/**
 * What a wire is made of: a WebSocket, or, where a proxy lets none through, a streamed answer with posts
 * beside it. Both carry the same frames and the same close codes.
 */

import {call} from './api.js';

const SILENCE = 75000;
const POST_WITHIN = 15000;
const POST_TRIES = 4;
const MOST = 16;
// A post has 16 KiB, of which its own words take a few.
const ROOM = 16200;

/**
 * @typedef {{opened: () => void, frame: (frame: any) => void, closed: (code: number) => void}} Events closed: once, and nothing after it
 * @typedef {{send: (text: string) => boolean, close: () => void}} Link close: no event any more
 */

/** @param {string} path @param {any} hello @param {Events} on @returns {Link} */
export function socket(path, hello, on) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const ws = new WebSocket(url.href);
  ws.onopen = () => {
    on.opened();
    ws.send(JSON.stringify(hello));
  };
  ws.onclose = (event) => on.closed(event.code);
  ws.onmessage = (event) => read(event.data, on.frame);
  return {
    send: (text) => {
      if (ws.readyState !== WebSocket.OPEN) return false;
      ws.send(text);
      return true;
    },
    close: () => {
      ws.onclose = ws.onmessage = null;
      ws.onopen = () => ws.close(1000);
      ws.close(1000);
    },
  };
}

/** Whether this browser can read an answer while it comes. */
export function streams() {
  return typeof AbortController === 'function' && typeof Response === 'function' && 'body' in Response.prototype;
}

/**
 * @param {{path: string, init: any}} request the call whose answer is the stream
 * @param {string} frames where frames are posted
 * @param {string} token of the posts; empty for an adviser
 * @param {Events} on @returns {Link}
 */
export function stream(request, frames, token, on) {
  const abort = new AbortController();
  let over = false;
  let silence = 0;
  const post = poster(frames, token, (code) => end(code));
  const close = () => {
    over = true;
    clearTimeout(silence);
    post.stop();
    abort.abort();
  };
  const end = (code) => {
    if (over) return;
    close();
    on.closed(code);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => end(1006), SILENCE);
  };
  const take = (e) => {
    if (over) return;
    if (e.name === 'ping') post.alive();
    else if (e.name === 'close') read(e.data, (f) => end(f.code));
    else if (e.data) {
      read(e.data, (f) => {
        if (f.type === 'welcome') post.name = f.stream;
        on.frame(f);
      });
    }
  };
  heard();
  const init = {signal: abort.signal, cache: 'no-store', credentials: 'omit', redirect: 'error'};
  fetch(request.path, Object.assign(init, request.init)).then((answer) => {
    if (!answer.ok || !answer.body) throw answer.status;
    on.opened();
    return events(answer.body.getReader(), take, heard);
  }).then(() => end(1006), () => end(1006));
  return {
    send: (text) => !over && post.add(text),
    close,
  };
}

/** Reads server-sent events until the answer ends. */
async function events(reader, take, heard) {
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const part = await reader.read();
    if (part.done) return;
    heard();
    rest += decoder.decode(part.value, {stream: true});
    const whole = rest.split('\n\n');
    rest = whole.pop();
    whole.forEach((text) => {
      const e = {name: '', data: ''};
      text.split('\n').forEach((line) => {
        if (line.indexOf('event: ') === 0) e.name = line.slice(7);
        if (line.indexOf('data: ') === 0) e.data = line.slice(6);
      });
      take(e);
    });
  }
}

/**
 * Posts frames in order: the next post waits for the answer to the last one. One that fails is sent
 * again; the server knows by cid and ref what it has.
 */
function poster(path, token, failed) {
  let queue = [];
  let busy = false;
  let owed = false; // a sign of life
  let tries = 0;
  let timer = 0;
  let stopped = false;
  const self = {
    name: '',
    add: (text) => {
      queue.push(text);
      Promise.resolve().then(next); // what is said in one go goes in one post
      return true;
    },
    alive: () => {
      owed = true;
      next();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
  const next = () => {
    if (busy || stopped || !self.name || !queue.length && !owed) return;
    busy = true;
    owed = false;
    const batch = queue.splice(0, fits(queue));
    timer = setTimeout(() => failed(1006), POST_WITHIN);
    call('POST', path, {token, text: '{"stream":' + JSON.stringify(self.name) + ',"frames":[' + batch.join(',') + ']}'}).then((a) => {
      clearTimeout(timer);
      if (stopped) return;
      busy = false;
      if (a.status === 202) {
        tries = 0;
        next();
      } else if (a.status === 409) failed(4501);
      else if (a.status >= 400 && a.status < 429 || tries++ >= POST_TRIES) failed(1006);
      else {
        queue = batch.concat(queue);
        owed = true;
        busy = true;
        timer = setTimeout(() => {
          busy = false;
          next();
        }, 500 * Math.pow(2, tries));
      }
    });
  };
  return self;
}

/** How many frames one post takes. */
function fits(queue) {
  const encoder = new TextEncoder();
  let size = 0;
  let n = 0;
  while (n < queue.length && n < MOST) {
    size += encoder.encode(queue[n]).length + 1;
    if (n > 0 && size > ROOM) break;
    n++;
  }
  return n;
}

function read(text, take) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch (err) {
    return;
  }
  take(frame);
}
