import { freePort } from '../../support/free-port.js';
import { FakeEngine, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import { Envoy } from '../rig/envoy.js';
import { ask, CHAT, open } from '../rig/http-client.js';
import { chat, startServers } from '../rig/model-servers.js';
import { Picker } from '../rig/picker.js';
import { startStack } from '../rig/stack.js';
import { minorOf, must, mustBe, type Scenario } from '../scenario.js';

const LISTS = {
  plugins: [{ type: 'max-score-picker', parameters: { maxNumOfEndpoints: 3 } }],
  profiles: [{ name: 'default', plugins: [{ pluginRef: 'max-score-picker' }] }],
};

/** Minor versions of Envoy: from here it tells who served, and ends a call of the picker that has nothing more to see. */
const TELLS_SERVED = 38;
const LETS_GO = 40;

/** A stream that goes on when it is told. */
class Paced {
  private go: (() => void) | undefined;
  private isOpen = false;

  readonly behaviour: EngineBehaviour = async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"content":"one"}}]}\n\n');
    this.isOpen = true;
    await new Promise<void>((resolve) => (this.go = resolve));
    response.end('data: {"choices":[{"index":0,"delta":{"content":"two"}}]}\n\ndata: [DONE]\n\n');
  };

  async opened(): Promise<void> {
    await until(() => this.isOpen);
  }

  finish(): void {
    this.go?.();
  }
}

/** What happens to servers and to the picker. */
export const FAILURES: readonly Scenario[] = [
  {
    name: 'an ordered list: dead servers are passed over, and the one that served is told',
    run: async (stage) => {
      const servers = await startServers(stage, [chat]);
      const [live] = servers.ports;
      const ports = [await freePort(), live!, await freePort()];
      const endpoints = ports.map((port) => ({ port }));
      const picks = { ...LISTS, flags: ['--explain'] };
      const picker = await Picker.start(stage, { endpoints, ...picks });
      const file = 'envoy/override-host.yaml';
      const plan = { file, picker: picker.port, servers: ports } as const;
      const envoy = await Envoy.start(stage, plan);
      let passedOver = 0;
      for (let at = 0; at < 20; at++) {
        const headers = { 'x-tandem-explain': '1' };
        const answer = await ask(envoy.url, { body: CHAT, headers });
        mustBe(answer.status, 200, 'status');
        const told = JSON.parse(String(answer.headers['x-tandem-decision'])) as {
          picked: string[];
          served: string | null;
        };
        mustBe(told.picked.length, 3, 'endpoints of the list');
        if (told.picked[0] !== `127.0.0.1:${live}`) passedOver++;
        if (minorOf(stage.envoy) >= TELLS_SERVED) {
          mustBe(told.served, `127.0.0.1:${live}`, 'the endpoint that served');
        }
      }
      return { 'first choice dead': `${passedOver} of 20` };
    },
  },
  {
    name: 'a server that answers 503: the next of the list gets the request',
    run: async (stage) => {
      const { envoy, servers } = await startStack(stage, {
        ...{ file: 'envoy/override-host.yaml', picks: LISTS },
        behaviours: [json({ error: 'full' }, 503), chat],
      });
      for (let at = 0; at < 10; at++) {
        mustBe((await ask(envoy.url, { body: CHAT })).status, 200, 'status');
      }
      const bodies = servers.asked().map(({ body }) => body.toString());
      must(
        bodies.every((body) => body === JSON.stringify(CHAT)),
        'a body was not whole',
      );
    },
  },
  {
    name: 'servers with IPv6 addresses get requests',
    run: async (stage) => {
      const server = await FakeEngine.start(chat, 0, undefined, '::1');
      stage.after(() => server.stop());
      const endpoints = [{ address: '::1', port: server.port }];
      const picker = await Picker.start(stage, { endpoints });
      const file = 'envoy/standalone.yaml';
      const envoy = await Envoy.start(stage, { file, picker: picker.port });
      for (const body of [CHAT, undefined]) {
        mustBe((await ask(envoy.url, { body })).status, 200, 'status');
        const seen = server.requests.findLast(isChat)!.headers['x-gateway-destination-endpoint'];
        mustBe(seen, `[::1]:${server.port}`, 'the decision');
      }
    },
  },
  {
    name: 'one of two pickers is killed: the other one is asked',
    run: async (stage) => {
      const { ports } = await startServers(stage, [chat]);
      const endpoints = ports.map((port) => ({ port }));
      const pickers = await Promise.all([
        Picker.start(stage, { endpoints }),
        Picker.start(stage, { endpoints }),
      ]);
      const envoy = await Envoy.start(stage, {
        ...{ file: 'envoy/standalone.yaml', picker: pickers.map(({ port }) => port) },
      });
      pickers[0].process.signal('SIGKILL');
      await pickers[0].process.exited();
      for (let at = 0; at < 40; at++) {
        mustBe((await ask(envoy.url, { body: CHAT })).status, 200, `status of request ${at}`);
      }
    },
  },
  {
    name: 'endpoints that come and go in the file get requests, and none any more',
    run: async (stage) => {
      const { envoy, picker, servers } = await startStack(stage, { behaviours: [chat, chat] });
      const [first, second] = servers.ports;
      for (const [port, at] of [
        [first!, 0],
        [second!, 1],
      ] as const) {
        picker.rewriteEndpoints([{ port }]);
        const count = (): number => servers.engines[1 - at]!.requests.filter(isChat).length;
        let others = -1;
        let seen = count();
        // Those of before the change may still have gone to the other.
        while (others !== seen) {
          others = seen;
          for (let turn = 0; turn < 20; turn++) await ask(envoy.url, { body: CHAT });
          seen = count();
        }
      }
      picker.rewriteEndpoints([]);
      let status = 200;
      while (status === 200) ({ status } = await ask(envoy.url, { body: CHAT }));
      mustBe(status, 503, 'status with no endpoint left');
    },
  },
  ...(['FULL_DUPLEX_STREAMED', 'NONE'] as const).map((response) => ({
    name: `a picker killed in the middle of a stream (response ${response})`,
    run: async (stage: Parameters<Scenario['run']>[0]) => {
      const paced = new Paced();
      let behaviour = paced.behaviour;
      const stack = await startStack(stage, {
        response,
        behaviours: [(head, request) => behaviour(head, request)],
      });
      const { envoy, picker, servers } = stack;
      const answer = await open(envoy.url, { body: { ...CHAT, stream: true } });
      let text = '';
      let isCut = false;
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('error', () => (isCut = true));
      await paced.opened();
      await until(() => text.includes('one'));
      picker.process.signal('SIGKILL');
      await picker.process.exited();
      paced.finish();
      await until(() => isCut || answer.complete);
      const isWhole = text.endsWith('data: [DONE]\n\n');
      // Never an answer that looks whole and is not.
      must(isCut !== isWhole, `cut: ${isCut}, whole: ${isWhole}: ${text}`);
      const lets = response === 'NONE' && minorOf(stage.envoy) >= LETS_GO;
      if (lets) must(isWhole, 'a stream that the picker does not see was cut');
      mustBe((await ask(envoy.url, { body: CHAT })).status, 500, 'status without a picker');
      behaviour = chat;
      const endpoints = servers.ports.map((port) => ({ port }));
      await Picker.start(stage, { endpoints, port: picker.port });
      await envoy.untilPickerIsHealthy();
      await until200(envoy);
      return { 'stream that was open': isCut ? 'cut, visibly' : 'went on' };
    },
  })),
];

const isChat = ({ url }: { readonly url: string }): boolean => url !== '/metrics';

/** Envoy may still wait before it connects again. */
async function until200(envoy: Envoy): Promise<void> {
  const deadline = performance.now() + 20_000;
  while ((await ask(envoy.url, { body: CHAT })).status !== 200) {
    must(performance.now() < deadline, 'no request passes after the picker is back');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
