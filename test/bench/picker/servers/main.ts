/** Process of the model servers behind pickers; the bench's main process drives it over IPC. */
import { serveMethods } from '../../wire/worker-protocol.js';
import { pageServers } from './page-servers.js';

const MOST = 500;
/** What one vLLM engine writes. */
const PAGE_BYTES = 40_000;

serveMethods({
  listen: async () => ({
    ...{ prefill: 0, decode: 0 },
    workers: await pageServers(MOST, { bytes: PAGE_BYTES, selects: true }),
  }),
});
