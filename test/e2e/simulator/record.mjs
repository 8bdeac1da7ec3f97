// Records vLLM's answers to the requests of requests.ts:
//   node test/e2e/simulator/record.mjs http://127.0.0.1:8001 > test/e2e/simulator/recorded.json
// The server must serve "tiny" with --max-model-len 4096, --enable-scale-out and the NIXL connector.
import { REQUESTS } from './requests.ts';

const base = process.argv[2];
const answers = {};
for (const { name, path, body, contentType = 'application/json' } of REQUESTS) {
  const response = await fetch(new URL(path, base), {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const type = response.headers.get('content-type');
  answers[name] = { status: response.status, type, text: await response.text() };
}
process.stdout.write(`${JSON.stringify(answers, null, 1)}\n`);
