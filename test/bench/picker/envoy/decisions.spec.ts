import { afterEach, describe, expect, it } from '@jest/globals';
import { MessageKind, ProcessingRequest } from '../../../../src/ext-proc/processing-request.js';
import { PickerFixture } from '../../../support/picker-fixture.js';
import { clearStreams, holdStreams, runDecisions } from './decisions.js';
import { scriptsOf } from './script.js';

describe(scriptsOf.name, () => {
  it.each([1024, 131_072])('tells a body of %i bytes as Envoy does', (bytes) => {
    const [script] = scriptsOf(bytes);
    const messages = [script!.headers, ...script!.body].map(
      (message) => new ProcessingRequest(message.subarray(5)),
    );
    expect(messages.map(({ kind }) => kind)).toEqual([
      MessageKind.requestHeaders,
      ...messages.slice(1).map(() => MessageKind.requestBody),
    ]);
    expect(messages.map(({ endOfStream }) => endOfStream)).toEqual([
      ...messages.slice(1).map(() => false),
      true,
    ]);
    const body = Buffer.concat(messages.map((message) => message.body));
    expect(body.length).toBe(bytes);
    expect(JSON.parse(body.toString())).toMatchObject({ model: 'org/a-model' });
    expect(messages[0]!.headers().get('content-length')).toBe(String(bytes));
  });
});

describe(runDecisions.name, () => {
  let picker: PickerFixture | undefined;
  afterEach(async () => {
    clearStreams();
    await picker?.stop();
    picker = undefined;
  });

  it.each([1024, 300_000])('counts decisions over bodies of %i bytes', async (bytes) => {
    picker = await PickerFixture.start([
      ...['--static-hosts=127.0.0.1:9,127.0.0.1:10', '--port=0', '--metrics-port=0'],
    ]);
    const { port } = picker.picker;
    const result = await runDecisions({ port, bytes, streams: 4, seconds: 0.2 });
    expect(result.problems).toEqual([]);
    expect(result.done).toBeGreaterThanOrEqual(4);
    expect(result.p99).toBeGreaterThan(0);
  });

  it('tells what went wrong', async () => {
    picker = await PickerFixture.start([
      '--static-hosts=127.0.0.1:9',
      '--static-models=another',
      '--port=0',
      '--metrics-port=0',
    ]);
    const { port } = picker.picker;
    const { problems } = await runDecisions({ port, bytes: 1024, streams: 1, seconds: 0.05 });
    expect(problems).toEqual([expect.stringContaining('not found')]);
  });

  it('holds streams that were decided', async () => {
    picker = await PickerFixture.start([
      '--static-hosts=127.0.0.1:9',
      '--port=0',
      '--metrics-port=0',
    ]);
    await expect(holdStreams({ port: picker.picker.port, count: 50 })).resolves.toBeUndefined();
  });
});
