import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { PickerLaunch } from '../../support/picker-launch.js';
import { eventually } from '../../support/picker-program.js';

let launch: PickerLaunch;

beforeEach(() => void (launch = new PickerLaunch()));
afterEach(() => launch.stop());

/** @returns when requests go to all of these, in turn, and to no others */
async function goTo(client: ExtProcClient, ...endpoints: readonly string[]): Promise<void> {
  const wanted = [...endpoints].sort().join();
  const once = async (): Promise<string> => {
    const found = new Set<string>();
    const streams = [];
    // Open streams count: equal endpoints get them in turn.
    for (let i = 0; i < endpoints.length * 2 + 2; i++) {
      const stream = client.stream();
      streams.push(stream);
      const { endpoint, immediate } = await playRequest(stream, { path: '/v1/models' });
      found.add(endpoint ?? String(immediate?.status));
    }
    for (const stream of streams) stream.cancel();
    return [...found].sort().join();
  };
  await eventually(once, (found) => found === wanted);
}

function replace(text: string): void {
  const next = join(launch.folder, 'next');
  writeFileSync(next, text);
  renameSync(next, launch.endpoints);
}

describe('a file of endpoints', () => {
  it('is YAML or JSON, with ports as numbers or strings, in IPv4 and IPv6', async () => {
    replace(`
endpoints:
- name: one
  namespace: ns
  address: 10.9.0.1
  port: "8000"
  labels: {app: x}
- {name: two, address: "::1", port: 8000}
`);
    const [, client] = await launch.serve();
    await goTo(client, '10.9.0.1:8000', '[::1]:8000');
    const endpoints = [
      { name: 'a', namespace: 'ns', address: 'FD00:0:0::2', port: '8001', labels: { a: 'b' } },
      { name: 'b', address: '10.9.0.3', port: 8001 },
    ];
    replace(JSON.stringify({ endpoints }, null, 2));
    await goTo(client, '[fd00::2]:8001', '10.9.0.3:8001');
  });

  it('may be empty at the start and later: 503, and ready nevertheless', async () => {
    for (const text of ['endpoints: []', '{"endpoints":[]}', 'endpoints:\n']) {
      replace(text);
      const [, client] = await launch.serve();
      expect(await client.health('readiness')).toBe('SERVING');
      await goTo(client, '503');
      replace('endpoints: [{name: a, address: 10.9.0.1, port: 1}]');
      await goTo(client, '10.9.0.1:1');
      replace('endpoints: []');
      await goTo(client, '503');
    }
  });

  it('is followed when it is written in place, replaced, or behind a link as of a ConfigMap', async () => {
    const [, client] = await launch.serve();
    writeFileSync(launch.endpoints, 'endpoints: [{name: b, address: 10.9.0.2, port: 1}]');
    await goTo(client, '10.9.0.2:1');
    replace('endpoints: [{name: c, address: 10.9.0.3, port: 1}]');
    await goTo(client, '10.9.0.3:1');
    const version = (name: string, text: string): void => {
      mkdirSync(join(launch.folder, name));
      writeFileSync(join(launch.folder, name, 'endpoints.yaml'), text);
      symlinkSync(name, join(launch.folder, 'data.tmp'));
      renameSync(join(launch.folder, 'data.tmp'), join(launch.folder, '..data'));
    };
    version('v1', 'endpoints: [{name: d, address: 10.9.0.4, port: 1}]');
    rmSync(launch.endpoints);
    symlinkSync(join('..data', 'endpoints.yaml'), launch.endpoints);
    await goTo(client, '10.9.0.4:1');
    version('v2', 'endpoints: [{name: e, address: 10.9.0.5, port: 1}]');
    rmSync(join(launch.folder, 'v1'), { recursive: true });
    await goTo(client, '10.9.0.5:1');
  });

  it('with a bad entry changes the others, and that one not', async () => {
    const [picker, client] = await launch.serve();
    replace(`endpoints:
- {name: a, address: 10.9.0.1, port: 99999}
- {name: bad, address: somewhere, port: 1}
- just text
- {name: b, address: 10.9.0.2, port: 8000}
`);
    await goTo(client, '10.9.0.1:8000', '10.9.0.2:8000');
    await eventually(
      () => Promise.resolve(picker.stderr),
      (log) => log.includes('(bad)'),
    );
    replace('endpoints: [{name: b, address: 10.9.0.2, port: 8000}]');
    await goTo(client, '10.9.0.2:8000');
  });

  it.each([
    ['is no YAML', 'endpoints: ['],
    ['is empty', ''],
    ['has no endpoints', 'servers: []'],
    ['is larger than 1 MiB', `endpoints: []\n${'#'.repeat(1024 * 1024)}`],
  ])('that %s changes nothing, nor does one that is gone', async (_, text) => {
    const [picker, client] = await launch.serve();
    replace(text);
    const told = (): Promise<string> => Promise.resolve(picker.stderr);
    await eventually(told, (log) => log.includes('discovery file refused'));
    await goTo(client, '10.9.0.1:8000');
    rmSync(launch.endpoints);
    await eventually(told, (log) => log.includes('ENOENT'));
    await goTo(client, '10.9.0.1:8000');
    replace('endpoints: [{name: b, address: 10.9.0.2, port: 1}]');
    await goTo(client, '10.9.0.2:1');
  });

  it('of just 1 MiB is read', async () => {
    const text = 'endpoints: [{name: big, address: 10.9.0.7, port: 1}]\n';
    replace(text + '#'.repeat(1024 * 1024 - text.length));
    const [, client] = await launch.serve();
    await goTo(client, '10.9.0.7:1');
  });
});
