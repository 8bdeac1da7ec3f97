import { isDeepStrictEqual } from 'node:util';
import { arbitraryJson, seededRandom } from '../../support/arbitrary-json.js';
import { expectedDecode, expectedPrefill, memberTexts } from '../../support/leg-oracle.js';
import { none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { Client } from '../wire/client.js';
import { Engine } from '../wire/engine.js';
import { jsonAnswer, prefillAt, requestBytes } from '../wire/messages.js';
import { inParallel } from './pool.js';
import { type Phase, scaled } from './phase.js';

const BODIES = 1000;
/** Members that a proxy of this kind edits, so that bodies hold them often, also twice. */
const NAMES = [
  'model',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'min_tokens',
  'n',
  'stream',
  'stream_options',
  'kv_transfer_params',
  'best_of',
];
const APIS = {
  '/v1/chat/completions': 'chat_completions',
  '/v1/completions': 'completions',
  '/v1/responses': 'responses',
  '/v1/messages': 'messages',
} as const;
const PATHS = Object.keys(APIS) as (keyof typeof APIS)[];
const ANSWER =
  '{"kv_transfer_params":{"remote_engine_id":"e","big":12345678901234567890,"x":[1.0]}}';

/** Random bodies must reach both engines as they were sent, but for what has to be edited. */
export const FIDELITY: Phase = {
  name: 'fidelity',
  title: 'bodies',
  tandemOnly: true,
  run: async ({ program, scale, seed }) => {
    const legs = new Map<string, { prefill?: string; decode?: string; passed?: Buffer }>();
    const legOf = (id: string) => legs.get(id) ?? legs.set(id, {}).get(id)!;
    const prefiller = await Engine.listen({
      onRequest: (call) => {
        legOf(call.id).prefill = call.body.toString();
        call.finish(jsonAnswer(200, ANSWER));
      },
    });
    const decoder = await Engine.listen({
      onRequest: (call) => {
        if (call.id.startsWith('passed')) legOf(call.id).passed = call.body;
        else legOf(call.id).decode = call.body.toString();
        call.finish(jsonAnswer(200, '{}'));
      },
    });
    const subject = await Subject.start(program(), decoder.port);
    const random = seededRandom(seed);
    const problems: string[] = [];
    const wrong = { prefill: 0, decode: 0, passed: 0 };
    const note = (kind: keyof typeof wrong, id: string, body: string, got: unknown): void => {
      if (wrong[kind]++ < 3) problems.push(`${id}: ${body} became ${String(got)}`);
    };
    const clients = Array.from({ length: 8 }, () => new Client(subject));
    const count = scaled(BODIES, scale, 200);
    try {
      await inParallel(count, clients.length, async (number, worker) => {
        const path = PATHS[number % PATHS.length]!;
        const body = arbitraryJson(random, NAMES);
        const lines = [prefillAt(prefiller.port)];
        const send = async (id: string, fields: string[], bytes: Buffer, chunked: boolean) =>
          clients[worker]!.request(requestBytes({ path, id, lines: fields, body: bytes, chunked }));
        const id = `body-${number}`;
        await send(id, lines, Buffer.from(body), number % 3 === 0);
        const { prefill, decode } = legOf(id);
        if (!sameBut(body, prefill, expectedPrefill('nixlv2', APIS[path], JSON.parse(body))))
          note('prefill', id, body, prefill);
        const edits = expectedDecode('nixlv2', JSON.parse(ANSWER));
        const decoded = { names: edits.names, result: edits.apply(JSON.parse(body)) };
        if (!sameBut(body, decode, decoded)) note('decode', id, body, decode);
        const bytes = Buffer.concat([Buffer.from(body), Buffer.from([number & 255, 0, 255])]);
        await send(`passed-${number}`, [], bytes, number % 2 === 0);
        const { passed } = legOf(`passed-${number}`);
        if (!passed?.equals(bytes)) note('passed', `passed-${number}`, body, passed);
        legs.delete(id);
      });
      return {
        figures: [
          told('random bodies', count),
          none('prefill legs with other bytes than they must have', wrong.prefill),
          none('decode legs with other bytes than they must have', wrong.decode),
          none('passed bodies with other bytes than were sent', wrong.passed),
        ],
        problems,
      };
    } finally {
      for (const client of clients) client.leave();
      await subject.stop();
      prefiller.close();
      decoder.close();
    }
  },
};

interface Expected {
  readonly names: ReadonlySet<string>;
  readonly result: Record<string, unknown>;
}

/** Whether a leg has the body's bytes in all members but the edited ones, and those as they must be. */
function sameBut(body: string, leg: string | undefined, { names, result }: Expected): boolean {
  if (leg === undefined) return false;
  const kept = isDeepStrictEqual(memberTexts(leg, names), memberTexts(body, names));
  return kept && isDeepStrictEqual(JSON.parse(leg), result);
}
