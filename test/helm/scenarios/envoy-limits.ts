import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { mustBe, type EnvoyBinary } from '../../envoy/scenario.js';
import { envoys } from '../envoy/binaries.js';
import { deploy, type Deployed } from '../envoy/deployed.js';
import type { Values } from '../rig/helm.js';
import type { Scenario, Stage } from '../scenario.js';

const CHART = 'tandem-standalone';
const LIMIT = 8;
const OWN = 'x-prefiller-host-port';

/** What clients can do to Envoy, and what stays possible all the same. */
export const ENVOY_LIMITS: readonly Scenario[] = [
  {
    name: 'Envoy: probes and the drain are answered while clients hold all connections',
    run: async (stage) => {
      for (const envoy of envoys()) {
        const proxy = { maxConnections: LIMIT, drain: { minSeconds: 1 } };
        const deployed = await start(stage, envoy, 9, proxy);
        const held = await Promise.all(Array.from({ length: LIMIT + 4 }, () => hold(deployed)));
        const operations = `http://127.0.0.1:${deployed.envoy.operationsPort}`;
        const { path, headers } = deployed.preStop;
        for (const page of ['/live', '/ready', '/stats/prometheus', path]) {
          const status = await fetch(operations + page, { headers }).then(
            (answer) => answer.status,
            (error: Error) => String(error.cause ?? error),
          );
          mustBe(status, 200, `${page}, Envoy ${envoy.version}`);
        }
        for (const socket of held) socket.destroy();
        await deployed.envoy.stop();
      }
    },
  },
  {
    name: 'Envoy: a websocket goes through, without headers that only the picker may send',
    run: async (stage) => {
      const port = await echoServer(stage);
      for (const envoy of envoys()) {
        for (const proxy of [{}, { routing: 'original-dst', requestBody: 'full-duplex' }]) {
          const deployed = await start(stage, envoy, port, proxy);
          const socket = await upgraded(deployed.envoy.url);
          socket.write('ping');
          mustBe(String((await once(socket, 'data'))[0]), 'ping', 'echo');
          socket.destroy();
          await deployed.envoy.stop();
        }
      }
    },
  },
];

/** Envoy and a picker before one model server. */
function start(stage: Stage, envoy: EnvoyBinary, port: number, more: Values): Promise<Deployed> {
  const endpoints = [{ name: 'a', address: '127.0.0.1', port }];
  const proxy = { image: { tag: `distroless-v${envoy.version}` }, ...more };
  const values = { modelServers: { endpoints }, proxy };
  return deploy(stage, stage.helm.objects({ chart: CHART, values }), { envoy });
}

/** @returns a connection that asks nothing */
async function hold({ envoy }: Deployed): Promise<Socket> {
  const socket = connect(Number(new URL(envoy.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A server that takes any upgrade, and sends back what it gets. @returns its port */
async function echoServer(stage: Stage): Promise<number> {
  const server = createServer();
  server.on('upgrade', ({ headers }: IncomingMessage, socket: Socket) => {
    if (OWN in headers) return void socket.end('HTTP/1.1 500 Hostile\r\ncontent-length: 0\r\n\r\n');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function upgraded(url: string): Promise<Socket> {
  const headers = { connection: 'Upgrade', upgrade: 'websocket', [OWN]: '127.0.0.1:1' };
  const asked = request(`${url}/v1/realtime`, { headers });
  asked.setTimeout(20_000, () => asked.destroy(new Error('no answer to the upgrade within 20 s')));
  asked.end();
  asked.on('response', (answer) => asked.destroy(new Error(`status ${answer.statusCode}`)));
  const [, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket];
  return socket;
}
