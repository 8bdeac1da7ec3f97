import { pause } from '../../bench/wire/clock.js';
import { atLeast, atMost, none } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { Client } from '../wire/client.js';
import { Engine, type EngineCall } from '../wire/engine.js';
import { answerHead, chunkOf, prefillAnswer, prefillAt, requestBytes } from '../wire/messages.js';
import { waitFor } from './pool.js';
import type { Phase, PhaseContext, PhaseResult } from './phase.js';

const STREAMS = 200;
const EVENTS = 30;
const INTERVAL_MS = 100;
const EXIT_MS = 1000;
/** How soon after the signal readiness must be gone. */
const NOT_READY_MS = 250;

/** SIGTERM while answers stream. */
export const DRAIN: Phase = {
  name: 'drain',
  title: 'SIGTERM with streams',
  tandemOnly: true,
  run: async (context) => {
    const results = [await drain(context, false), await drain(context, true)];
    return { figures: results.flatMap(({ figures }) => figures), problems: [] };
  },
};

async function drain(context: PhaseContext, tls: boolean): Promise<PhaseResult> {
  let begun = 0;
  const prefiller = await Engine.listen({
    onRequest: (call) => call.finish(prefillAnswer(call.id)),
  });
  const decoder = await Engine.listen({
    onRequest: (call) => {
      begun++;
      void stream(call);
    },
  });
  const subject = await Subject.start(context.program([`--secure-proxy=${tls}`]), decoder.port);
  const name = tls ? 'TLS' : 'plain';
  try {
    const answers = Array.from({ length: STREAMS }, async (_, i) => {
      const client = new Client(subject);
      const body = Buffer.from('{"model":"soak","stream":true,"messages":[]}');
      const lines = i % 2 === 0 ? [prefillAt(prefiller.port)] : [];
      const path = '/v1/chat/completions';
      const answer = await client.request(requestBytes({ path, id: `drain-${i}`, lines, body }));
      client.leave();
      const text = answer.body.toString();
      return answer.end === 'whole' && text.split('\n\n').length === EVENTS + 2;
    });
    await waitFor(() => begun === STREAMS, 20_000);
    const before = await subject.status('/health/ready');
    subject.signal('SIGTERM');
    const notReady = await waitFor(
      async () => (await subject.status('/health/ready')) === 503,
      5000,
    );
    const refused = (await new Client(subject).request(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).end;
    const whole = (await Promise.all(answers)).filter(Boolean).length;
    const ended = performance.now();
    const code = await Promise.race([subject.exited, pause(10_000)]);
    const exited = performance.now() - ended;
    return {
      figures: [
        atLeast(STREAMS, `${name}: streams that ended whole`, whole),
        atLeast(200, `${name}: readiness before`, before),
        atMost(NOT_READY_MS, `${name}: not ready after`, notReady, 'ms'),
        none(`${name}: new connections that were served`, refused === 'whole' ? 1 : 0),
        none(`${name}: exit code`, typeof code === 'number' ? code : NaN),
        atMost(EXIT_MS, `${name}: exit after the last stream`, exited, 'ms'),
      ],
      problems: [],
    };
  } finally {
    await subject.stop();
    prefiller.close();
    decoder.close();
  }
}

async function stream(call: EngineCall): Promise<void> {
  call.write(answerHead(200, 'text/event-stream', undefined));
  for (let i = 0; i < EVENTS; i++) {
    call.write(chunkOf(Buffer.from(`data: {"n":${i}}\n\n`)));
    await pause(INTERVAL_MS);
  }
  call.finish(Buffer.concat([chunkOf(Buffer.from('data: [DONE]\n\n')), Buffer.from('0\r\n\r\n')]));
}
