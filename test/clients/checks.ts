import type { Check, Library } from './check.js';

const CONCURRENT_STREAMS = 50;
/** Beside a request in one piece and a stream that the client leaves. */
const HTTP2_STREAMS = 20;

/** What both OpenAI clients must do. */
const OPENAI: readonly Check[] = [
  { name: 'models list', prefills: 0 },
  { name: 'chat', prefills: 1 },
  { name: 'chat, streamed with usage', prefills: 1 },
  { name: 'chat, long prompt', prefills: 1, simulated: true },
  { name: 'chat, two answers (n)', prefills: 1, transfers: [1, 2] },
  { name: 'chat, stop and temperature', prefills: 2, transfers: [1, 2] },
  { name: 'chat, tool call and its result', prefills: 2, transfers: [1, 2] },
  { name: 'chat, tool call, streamed', prefills: 1 },
  { name: 'completions', prefills: 1 },
  { name: 'completions, streamed with usage', prefills: 1 },
  { name: 'responses', prefills: 1 },
  { name: 'responses, streamed', prefills: 1 },
  { name: 'responses, tool call, streamed', prefills: 1 },
  { name: 'no prefill header', prefills: 0, sidecarOnly: true },
  { name: 'request ids', prefills: 3, transfers: [1, 3] },
  { name: 'error: bad prefill header', prefills: 0, sidecarOnly: true },
  { name: 'error: unknown model', prefills: 0 },
  { name: 'error: refused by the engine', prefills: 0 },
  { name: 'error: prefiller unreachable', prefills: 0, sidecarOnly: true },
  { name: 'error: answer cut in the middle', prefills: 1, transfers: [0, 0], simulated: true },
  { name: 'abort: stream closed', prefills: 1 },
  // It may come as early as in the prefill: what counts is that nothing runs on.
  { name: 'abort: request cancelled', prefills: [0, 1] },
  { name: 'abort: client timed out', prefills: [0, 1] },
  { name: `${CONCURRENT_STREAMS} streams at once`, prefills: CONCURRENT_STREAMS },
  { name: 'TLS, certificate trusted', prefills: 2, sidecarOnly: true },
  { name: 'TLS, HTTP/2', prefills: HTTP2_STREAMS + 2, language: 'Python', sidecarOnly: true },
];

/** What both Anthropic clients must do. */
const ANTHROPIC: readonly Check[] = [
  { name: 'messages', prefills: 1 },
  { name: 'messages, streamed', prefills: 1 },
  { name: 'messages, tool use, streamed', prefills: 1 },
  { name: 'count tokens', prefills: 0 },
  { name: 'error: bad prefill header', prefills: 0, sidecarOnly: true },
  { name: 'error: unknown model', prefills: 0 },
  { name: 'abort: stream closed', prefills: 1 },
  { name: 'TLS, certificate trusted', prefills: 2, sidecarOnly: true },
];

export const CHECKS: Readonly<Record<Library, readonly Check[]>> = {
  openai: OPENAI,
  anthropic: ANTHROPIC,
};
