import { afterEach, describe, expect, it } from '@jest/globals';
import { readResponse, writeRequest } from '../../support/ext-proc-messages.js';
import { GrpcConnection } from '../../support/grpc-client.js';
import { PickerFixture } from '../../support/picker-fixture.js';
import { until } from '../../support/raw-client.js';

const PROCESS = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
const MODES = { request: 'FULL_DUPLEX_STREAMED', response: 'FULL_DUPLEX_STREAMED' } as const;
const CHUNK = 65_536;
/** More than the windows of a client take. */
const LONG = 3_000_000;

function chat(letter: string, length: number): Buffer {
  const content = letter.repeat(length);
  return Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }));
}

describe('the memory of long prompts, which is used again', () => {
  let fixture: PickerFixture | undefined;
  let late: GrpcConnection | undefined;
  afterEach(async () => {
    await late?.close();
    await fixture?.stop();
  });

  it('stays as it is until a proxy that reads late has all of it', async () => {
    fixture = await PickerFixture.start([
      ...['--static-hosts=127.0.0.1:9,127.0.0.1:10', '--port=0', '--metrics-port=0'],
    ]);
    late = await GrpcConnection.connect(fixture.picker.port);
    const call = late.open(PROCESS);
    const body = chat('a', LONG);
    call.send(
      writeRequest({
        request_headers: {
          headers: [
            [':method', 'POST'],
            [':path', '/v1/chat/completions'],
          ],
        },
        protocol_config: MODES,
      }),
    );
    for (let at = 0; at < body.length; at += CHUNK)
      call.send(writeRequest({ request_body: { body: body.subarray(at, at + CHUNK) } }));
    call.send(writeRequest({ request_body: { body: '', end_of_stream: true } }));
    await until(() => call.received.length > 0);
    call.stream.pause();

    for (const letter of 'bcdefg') {
      const other = chat(letter, LONG);
      const { body: sent } = await fixture.send({ body: other, chunk: CHUNK });
      expect(sent.equals(other)).toBe(true);
    }

    call.stream.resume();
    const received = (): Buffer =>
      Buffer.concat(
        call.received.map((wire) => readResponse(wire).streamed?.body ?? Buffer.alloc(0)),
      );
    await until(() => received().length >= body.length);
    expect(received().equals(body)).toBe(true);
  });

  it('is nobody else’s while many are under way', async () => {
    fixture = await PickerFixture.start([
      ...['--static-hosts=127.0.0.1:9,127.0.0.1:10', '--port=0', '--metrics-port=0'],
    ]);
    const bodies = Array.from({ length: 40 }, (_, i) =>
      chat(String.fromCharCode(97 + (i % 26)), 150_000 + 10_000 * (i % 7)),
    );
    const decisions = await Promise.all(
      bodies.map((body) => fixture!.send({ body, chunk: CHUNK + 100 })),
    );
    expect(decisions.map(({ body }, i) => body.equals(bodies[i]!))).toEqual(bodies.map(() => true));
  });
});
