// Reads /debug/state every second and follows /debug/decisions/stream. All that comes from workers and clients is put in
// as text, never as markup.
'use strict';

const EVERY_MS = 1000;
/** Of percentiles and rates, in readings. */
const WINDOW = 60;
const HISTORY = 120;
const MOST_DECISIONS = 50;

const $ = (id) => document.getElementById(id);
const readings = [];
const lines = {};
let decisions = [];
let held = false;
const opened = new Set();

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const text = (id, words) => {
  if ($(id).textContent !== words) $(id).textContent = words;
};

// Numbers

const count = (n) => n.toLocaleString('en-US', { maximumFractionDigits: 0 });
const small = (n) =>
  n >= 100 ? count(n) : n.toLocaleString('en-US', { maximumFractionDigits: 1 });

function duration(seconds) {
  if (seconds === undefined) return '–';
  if (seconds >= 1) return `${seconds.toFixed(seconds >= 10 ? 1 : 2)} s`;
  const ms = seconds * 1000;
  return `${ms.toFixed(ms >= 100 ? 0 : 1)} ms`;
}

function uptime(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86_400)} d`;
}

/** Of what was observed between two readings; undefined where that is nothing. */
function quantile(now, before, share) {
  const counts = now.counts.map((value, at) => value - (before?.counts[at] ?? 0));
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total <= 0) return undefined;
  let rank = share * total;
  for (let at = 0; at < counts.length; at++) {
    if (rank <= counts[at] && counts[at] > 0) {
      const low = at === 0 ? 0 : now.bounds[at - 1];
      const high = now.bounds[at] ?? low;
      return low + (high - low) * (rank / counts[at]);
    }
    rank -= counts[at];
  }
  return now.bounds.at(-1);
}

// Tiles

function draw(name, value) {
  const line = (lines[name] ??= []);
  line.push(value);
  if (line.length > HISTORY) line.shift();
  const most = Math.max(...line.map((one) => one ?? 0));
  let path = '';
  let isOpen = false;
  line.forEach((one, at) => {
    if (one === undefined) return void (isOpen = false);
    const x = 120 - (line.length - 1 - at) * (120 / (HISTORY - 1));
    const y = most === 0 ? 26 : 26 - (one / most) * 24;
    path += `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isOpen = true;
  });
  $(`${name}-line`).setAttribute('d', path);
}

function showTiles(state, last, old) {
  const secondsOf = (from) => Math.max((state.time - from.time) / 1000, 0.001);
  const rateOf = (from, value) => (value(state) - value(from)) / secondsOf(from);
  const requests = (one) => one.requests;
  const prompt = (one) => one.tokens.prompt;
  const completion = (one) => one.tokens.completion;

  text('rate', small(rateOf(old, requests)));
  text('rate-more', `${count(state.requests)} since the start`);
  draw('rate', last && rateOf(last, requests));

  const inFlight = state.workers.reduce((sum, worker) => sum + worker.inFlight, 0);
  text('flight', count(inFlight));
  text(
    'flight-more',
    `${count(state.queue.admitted)} of ${count(state.queue.maxAdmitted)} admitted`,
  );
  draw('flight', inFlight);

  text('queue', count(state.queue.queued));
  text('queue-more', `${count(state.queue.maxQueued)} may wait`);
  draw('queue', state.queue.queued);

  const times = [
    ['ttft', 'ttft'],
    ['gap', 'interTokenLatency'],
  ];
  for (const [id, member] of times) {
    const at = (share) => quantile(state[member], old[member], share);
    text(id, duration(at(0.5)));
    text(`${id}-more`, `p95 ${duration(at(0.95))} · p99 ${duration(at(0.99))}`);
    draw(id, quantile(state[member], last?.[member], 0.5));
  }

  const hits = state.cache.hits - old.cache.hits;
  const looks = hits + state.cache.misses - old.cache.misses;
  const share = looks > 0 ? (100 * hits) / looks : undefined;
  text('hits', share === undefined ? '–' : `${small(share)} %`);
  const cached = state.tokens.cached - old.tokens.cached;
  const asked = state.tokens.prompt - old.tokens.prompt;
  text('hits-more', asked > 0 ? `${small((100 * cached) / asked)} % of prompt tokens cached` : '');
  draw('hits', share);

  text('tokens', small(rateOf(old, completion)));
  text('tokens-more', `${small(rateOf(old, prompt))} of prompts`);
  draw('tokens', last && rateOf(last, completion));
}

// Workers

const STATUS_KINDS = {
  ready: 'good',
  pending: '',
  draining: 'warn',
  not_ready: 'bad',
  failed: 'bad',
};
const BREAKER_KINDS = { closed: '', half_open: 'warn', open: 'bad' };

function chip(words, kind, title) {
  const made = element('span', `chip ${kind ?? ''}`, words.replace('_', ' '));
  if (title) made.title = title;
  return made;
}

function loadBar(load, most) {
  const fill = element('i');
  fill.style.width = `${most === 0 ? 0 : (100 * load) / most}%`;
  const bar = element('span', 'bar', fill);
  bar.setAttribute('aria-hidden', 'true');
  return element('span', 'load', bar, String(load));
}

function workerRow(worker, most) {
  const name = element('th', 'id', worker.worker);
  name.scope = 'row';
  return element(
    'tr',
    '',
    name,
    element('td', '', worker.role),
    element('td', 'wrap', worker.models.join(', ') || '–'),
    element('td', '', chip(worker.status, STATUS_KINDS[worker.status], worker.reason)),
    element('td', '', chip(worker.breaker, BREAKER_KINDS[worker.breaker])),
    element('td', 'number', count(worker.inFlight)),
    element('td', '', loadBar(worker.load, most)),
    element('td', '', worker.policy),
    element('td', 'number', count(worker.started)),
    element('td', 'number', count(worker.failed)),
  );
}

function showWorkers({ workers }) {
  const most = Math.max(0, ...workers.map(({ load }) => load));
  $('workers').replaceChildren(...workers.map((worker) => workerRow(worker, most)));
  $('no-workers').hidden = workers.length > 0;
}

// Decisions

function statusKind(status) {
  if (status >= 500) return 'bad';
  return status >= 400 ? 'warn' : 'good';
}

function tableOf(title, heads, rows) {
  const table = element('table', '', element('caption', '', title));
  const head = element('tr', '', ...heads.map((words) => element('th', '', words)));
  table.append(element('thead', '', head), element('tbody', '', ...rows));
  return table;
}

function candidatesOf({ worker, candidates, candidatesLeftOut, role }) {
  const rows = candidates.map((one) =>
    element(
      'tr',
      one.worker === worker ? 'chosen' : '',
      element('td', 'id', one.worker),
      element('td', 'number', one.score === null ? '–' : String(one.score)),
      element('td', 'number', String(one.load)),
    ),
  );
  const more = candidatesLeftOut ? `, ${candidatesLeftOut} more are not shown` : '';
  return tableOf(`Candidates${role ? ` (${role})` : ''}${more}`, ['Worker', 'Score', 'Load'], rows);
}

function detailsOf(decision) {
  const rows = decision.attempts.map((one) =>
    element(
      'tr',
      '',
      element('td', 'id', one.worker),
      element('td', '', one.error ?? String(one.status)),
      element('td', 'number', duration(one.ms / 1000)),
    ),
  );
  const attempts = tableOf('Attempts', ['Worker', 'End', 'Took'], rows);
  const choices = decision.choices ?? [decision];
  const cell = element('td', '', element('div', 'id', decision.requestId), attempts);
  cell.colSpan = 9;
  cell.append(...choices.map(candidatesOf));
  return element('tr', 'details', cell);
}

function decisionRows(decision) {
  const key = decision.time + decision.requestId;
  const isOpen = opened.has(key);
  const button = element('button', '', isOpen ? 'Less' : 'More');
  button.type = 'button';
  button.setAttribute('aria-expanded', String(isOpen));
  button.setAttribute('aria-label', `Candidates and attempts of ${decision.requestId}`);
  button.addEventListener('click', () => {
    if (!opened.delete(key)) opened.add(key);
    showDecisions();
  });
  const row = element(
    'tr',
    '',
    element('td', 'quiet', new Date(decision.time).toLocaleTimeString('en-GB')),
    element('td', 'wrap', `${decision.method} ${decision.path}`),
    element('td', 'wrap', decision.model ?? '–'),
    element('td', 'id', decision.worker ?? '–'),
    element('td', 'wrap', [decision.policy, decision.reason].filter(Boolean).join(': ')),
    element('td', 'number', String(decision.attempts.length)),
    element('td', 'number', chip(String(decision.status), statusKind(decision.status))),
    element('td', 'number', duration(decision.durationMs / 1000)),
    element('td', '', button),
  );
  return isOpen ? [row, detailsOf(decision)] : [row];
}

function showDecisions() {
  const focused = document.activeElement?.getAttribute('aria-label');
  $('decisions').replaceChildren(...decisions.flatMap(decisionRows));
  $('no-decisions').hidden = decisions.length > 0;
  if (!focused || document.activeElement !== document.body) return;
  const buttons = [...$('decisions').querySelectorAll('button')];
  buttons.find((button) => button.getAttribute('aria-label') === focused)?.focus();
}

function take(newer) {
  if (held || newer.length === 0) return;
  decisions = [...newer, ...decisions].slice(0, MOST_DECISIONS);
  showDecisions();
}

// Reading

function connected(isConnected) {
  text('connection', isConnected ? 'live' : 'no answer, trying again');
  $('connection').className = isConnected ? '' : 'lost';
}

function show(state) {
  const last = readings.at(-1);
  readings.push(state);
  if (readings.length > WINDOW + 1) readings.shift();
  const words = [
    `version ${state.version}`,
    `up ${uptime(state.uptimeSecs)}`,
    `policy ${state.policy}`,
  ];
  text('about', [...words, ...(state.draining ? ['draining'] : [])].join(' · '));
  showTiles(state, last, readings[0]);
  showWorkers(state);
}

async function read() {
  try {
    const answer = await fetch('debug/state', { signal: AbortSignal.timeout(5000) });
    show(await answer.json());
    connected(true);
  } catch {
    connected(false);
    // A router that was started anew counts from zero.
    readings.length = 0;
  }
}

async function turn() {
  if (!document.hidden) await read();
  setTimeout(turn, EVERY_MS);
}

async function follow() {
  const answer = await fetch(`debug/decisions?limit=${MOST_DECISIONS}`);
  if (!answer.ok) return void text('no-decisions', (await answer.json()).error);
  take((await answer.json()).decisions);
  const source = new EventSource('debug/decisions/stream');
  source.addEventListener('message', ({ data }) => take(JSON.parse(data).decisions));
}

$('hold').addEventListener('click', () => {
  held = !held;
  $('hold').setAttribute('aria-pressed', String(held));
  text('hold', held ? 'Held' : 'Hold');
});

void turn();
void follow().catch(() => connected(false));
