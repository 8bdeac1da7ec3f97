// Model servers of test/bench/picker/polling.ts, in a process of their own: they answer GETs with a page of metrics.
import { pageServers } from './servers/page-servers.js';

const [count = '500', bytes = '60000', selects = 'no'] = process.argv.slice(2);

process.send?.(
  await pageServers(Number(count), { bytes: Number(bytes), selects: selects === 'yes' }),
);
process.on('disconnect', () => process.exit());
