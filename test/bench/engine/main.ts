/** Process of the bench's engines; the bench's main process drives it over IPC. */
import { serveMethods } from '../wire/worker-protocol.js';
import type { Behaviour } from './behaviour.js';
import { Engines } from './server.js';

const engines = new Engines();

serveMethods({
  listen: () => engines.listen(),
  addPrefillers: (count: number) => engines.addPrefillers(count),
  prefillConnections: () => engines.prefillConnections(),
  configure: (behaviour: Behaviour) => engines.configure(behaviour),
  change: (behaviour: Behaviour) => engines.change(behaviour),
  release: () => engines.release(),
  counts: () => engines.counts(),
  closed: () => engines.closed(),
});
