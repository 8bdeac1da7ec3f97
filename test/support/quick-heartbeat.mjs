// The built sidecar, whose primary asks its workers every 100 ms whether they answer.
import { run } from '../../dist/apps/sidecar/main.js';

const [, ...flags] = process.argv.slice(2);
const heartbeat = { everyMs: 100, silentAfter: 5, deadAfter: Number(process.env['DEAD_AFTER']) };
await run(flags, process.env, { heartbeat });
