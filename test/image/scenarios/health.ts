import { mustBe } from '../../envoy/scenario.js';
import { picker, router, sidecar, simulator, start, type Scenario } from '../scenario.js';

/** As docs/image.md gives it. */
const CHECK = `fetch(process.argv[1]).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))`;

/** Programs in front of a simulator, that have a port for metrics and health. */
const FRONTS = (port: number) => [
  sidecar(port),
  router(`--worker-urls=http://127.0.0.1:${port}`),
  picker(`--static-hosts=localhost:${port}`, '--service-discovery=static'),
];

/** The health check of docs/image.md, in a container of the image. */
export const HEALTH: readonly Scenario[] = [
  {
    name: 'health check: of each program, and of none',
    run: async (stage) => {
      const server = await start(stage, simulator());
      await stage.runner.script(CHECK, `${server.url}/health`);
      for (const args of FRONTS(server.port)) {
        const { opsUrl } = await start(stage, args);
        await stage.runner.script(CHECK, `${opsUrl}/health`);
      }
      const asked = stage.runner.script(CHECK, 'http://127.0.0.1:9/health');
      const ended = await asked.then(
        () => 'well',
        () => 'not well',
      );
      mustBe(ended, 'not well', 'where nobody listens');
    },
  },
];
