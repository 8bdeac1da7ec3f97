// A load that looks like people talking: conversations that grow, a pause between turns.
const MODELS = ['whole', 'split'];
const REPORT_MS = 5_000;
const PAUSE_MS = 300;
const MOST_TURNS = 8;
const WORDS = 'the of a to in is on by it as with at from that this for are was be an'.split(' ');

/**
 * @param url of the chat API
 * @param options.clients that ask one after the other
 * @param options.report gets a line every few seconds
 */
export function runLoad(url, { clients, report }) {
  const seen = { answers: 0, errors: 0, firstBytes: [] };
  for (let client = 0; client < clients; client++) void talk(url, client, seen);
  if (clients === 0) return;
  setInterval(() => {
    const { answers, errors, firstBytes } = seen;
    const sorted = firstBytes.sort((a, b) => a - b);
    const middle = Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
    report(
      `${answers} answers, ${errors} errors in ${REPORT_MS / 1000} s; first byte after ${middle} ms`,
    );
    Object.assign(seen, { answers: 0, errors: 0, firstBytes: [] });
  }, REPORT_MS).unref();
}

async function talk(url, client, seen) {
  for (let session = 0; ; session++) {
    const model = MODELS[(client + session) % MODELS.length];
    const messages = [{ role: 'system', content: words(200) }];
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      messages.push({ role: 'user', content: words(20 + Math.floor(Math.random() * 200)) });
      const stream = { stream: true, stream_options: { include_usage: true } };
      const answer = await ask(url, { model, messages, max_tokens: 30, ...stream }, seen);
      messages.push({ role: 'assistant', content: answer });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * Math.random() * 2));
    }
  }
}

async function ask(url, body, seen) {
  const began = performance.now();
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    let text = '';
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      if (text === '') seen.firstBytes.push(performance.now() - began);
      text += piece;
    }
    seen.answers++;
    return [...text.matchAll(/"content":"([^"]*)"/g)].map(([, word]) => word).join('');
  } catch {
    seen.errors++;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return '';
  }
}

function words(count) {
  return Array.from({ length: count }, () => WORDS[Math.floor(Math.random() * WORDS.length)]).join(
    ' ',
  );
}
