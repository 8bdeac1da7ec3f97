import { afterEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FakeEngine, type EngineBehaviour } from '../support/fake-engine.js';

const tandem = fileURLToPath(new URL('../../bin/tandem', import.meta.url));
const engines: FakeEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

interface Diagnosis {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const doctor = (...args: readonly string[]): Promise<Diagnosis> =>
  new Promise((resolve) => {
    execFile(tandem, ['doctor', ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
const start = async (behaviour: EngineBehaviour): Promise<string> => {
  const engine = await FakeEngine.start(behaviour);
  engines.push(engine);
  return `http://${engine.hostPort}`;
};

/** Answers as vLLM 0.32 does, with so many data-parallel ranks. */
const vllm =
  (ranks: number, key?: string): EngineBehaviour =>
  (response, request) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    const json = (status: number, body: object): void =>
      send(status, 'application/json', JSON.stringify(body));
    const { url, headers } = request;
    if (url === '/health') return send(200, 'text/plain', '');
    if (url === '/metrics')
      return send(200, 'text/plain', '# TYPE vllm:num_requests_running gauge\n');
    if (url === '/version') return json(200, { version: '0.32.0' });
    if (key !== undefined && headers['authorization'] !== `Bearer ${key}`) {
      return json(401, { error: 'Unauthorized' });
    }
    if (url === '/v1/models') return json(200, { object: 'list', data: [{ id: 'tiny' }] });
    if (url === '/load') return json(200, { server_load: 0 });
    if (url === '/tokenize') return json(200, { count: 1, tokens: [1] });
    if (headers['x-data-parallel-rank'] !== undefined) {
      const message = `data_parallel_rank 99999 is out of range [0, ${ranks}).`;
      return json(400, { error: { message } });
    }
    const body = JSON.parse(request.body.toString()) as { stream?: boolean };
    if (!body.stream) return json(200, { choices: [], kv_transfer_params: null });
    send(200, 'text/event-stream', 'data: {"usage":{"total_tokens":1}}\n\ndata: [DONE]\n\n');
  };

describe('tandem doctor', () => {
  it('prints what workers can do, and the flags to set', async () => {
    const [a, b] = [await start(vllm(4)), await start(vllm(4))];
    const { code, stdout } = await doctor('--worker-urls', a, b);
    expect([code, stdout.match(/can be used/g)]).toEqual([0, ['can be used', 'can be used']]);
    expect(stdout).toContain('vLLM 0.32.0, metrics vllm:*');
    expect(stdout).toContain('ends with [DONE], with usage');
    expect(stdout).toMatch(/\? {6}kv events/);
    const flags = `tandem router --worker-urls ${a} ${b} --data-parallel-size 4 --policy cache_aware`;
    expect(stdout).toContain(flags);
  });

  it('tells of keys, of dead workers, and of what is no model server', async () => {
    const closed = await start(vllm(1, 'k'));
    const other = await start((response) => void response.writeHead(404).end());
    const silent = await start(() => undefined);
    const dead = 'http://127.0.0.1:1';
    const urls = [closed, other, silent, dead];
    const { code, stdout } = await doctor(
      ...['--json', '--timeout-secs', '1', '--worker-urls'],
      ...urls,
    );
    const { ok, workers, flags } = JSON.parse(stdout) as {
      ok: boolean;
      workers: { url: string; findings: { check: string; state: string; detail: string }[] }[];
      flags: string[];
    };
    expect([code, ok, flags]).toEqual([1, false, []]);
    const faults = workers.map(({ findings }) =>
      findings.filter(({ state }) => state === 'fault').map(({ check }) => check),
    );
    expect(faults).toEqual([['key', 'models'], ['health', 'models'], ['reachable'], ['reachable']]);
    expect((await doctor('--worker-urls', closed, '--api-key', 'k')).code).toBe(0);
  });

  it('asks for workers', async () => {
    const { code, stdout, stderr } = await doctor();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('--worker-urls: name at least one worker');
  });
});
