import { connect } from 'node:net';
import { pause } from '../../bench/wire/clock.js';
import { waitFor } from '../phases/pool.js';
import { atMost, type Figure } from '../report/figure.js';
import { sidecar, Subject } from '../subject/subject.js';
import { Engine } from '../wire/engine.js';

const UPLOADS = 8;
const BODY_BYTES = 64 * 1024 * 1024;

/**
 * Clients that leave, by RST, while their upload is held back because the engine does not read: the
 * engine cannot see the end, so the sidecar's own gauge tells. (A FIN stands behind megabytes in the
 * kernel's buffers, where nobody can see it.)
 */
export async function leaveHeldUploads(limit: number): Promise<Figure> {
  const engine = await Engine.listen({
    onHead: (call) => call.socket.pause(),
    onRequest: () => undefined,
  });
  const subject = await Subject.start(sidecar(['--secure-proxy=false']), engine.port);
  const inFlight = async (): Promise<number> =>
    (await subject.metric('sidecar_in_flight_requests'))[''] ?? NaN;
  try {
    const head = `POST /v1/files HTTP/1.1\r\nhost: soak\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`;
    const clients = Array.from({ length: UPLOADS }, () => {
      const socket = connect({ port: subject.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.write(head);
      socket.write(Buffer.alloc(BODY_BYTES / 2));
      return socket;
    });
    await waitFor(async () => (await inFlight()) === UPLOADS, 5000);
    await pause(500);
    for (const client of clients) client.resetAndDestroy();
    const waited = await waitFor(async () => (await inFlight()) === 0, 5 * limit);
    return atMost(limit, 'upload that the engine does not read: noticed after', waited, 'ms');
  } finally {
    await subject.stop();
    engine.close();
  }
}
