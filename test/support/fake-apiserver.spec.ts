import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApiServer } from './fake-apiserver.js';
import { until } from './raw-client.js';

const PODS = '/api/v1/namespaces/demo/pods';
const HEADERS = { authorization: 'Bearer sidecar-token' };

interface Event {
  type: string;
  object: { metadata?: { name?: string; resourceVersion: string }; code?: number };
}

describe(FakeApiServer.name, () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });
  afterEach(() => server.stop());

  async function list(query = '') {
    const answer = await fetch(`${server.url}${PODS}?${query}`, { headers: HEADERS });
    const body = (await answer.json()) as {
      metadata: { resourceVersion: string; continue?: string };
      items: { metadata: { name: string } }[];
      code?: number;
    };
    return { status: answer.status, body, names: body.items?.map(({ metadata }) => metadata.name) };
  }

  async function watch(query: string) {
    const aborter = new AbortController();
    const url = `${server.url}${PODS}?watch=1&${query}`;
    const answer = await fetch(url, { headers: HEADERS, signal: aborter.signal });
    const events: Event[] = [];
    const state = { status: answer.status, events, ended: false, stop: () => aborter.abort() };
    const read = async (): Promise<void> => {
      let text = '';
      for await (const chunk of answer.body!) {
        text += Buffer.from(chunk as Uint8Array).toString();
        const lines = text.split('\n');
        text = lines.pop()!;
        events.push(...lines.map((line) => JSON.parse(line) as Event));
      }
    };
    read()
      .catch(() => undefined)
      .finally(() => (state.ended = true))
      .catch(() => undefined);
    return state;
  }

  it('lists page by page, at the revision of the first page', async () => {
    for (const name of ['a', 'b', 'c']) server.createPod({ name });
    const first = await list('limit=2');
    server.deletePod('c');
    const second = await list(`limit=2&continue=${first.body.metadata.continue}`);
    expect([first.names, second.names]).toEqual([['a', 'b'], ['c']]);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  it('selects by labels and by name', async () => {
    server.createPod({ name: 'a' });
    server.createPod({ name: 'b', labels: { app: 'other' } });
    expect((await list('labelSelector=app%3Dvllm')).names).toEqual(['a']);
    expect((await list('fieldSelector=metadata.name%3Db')).names).toEqual(['b']);
  });

  it('watches: a pod that leaves the selector is DELETED', async () => {
    server.createPod({ name: 'a' });
    const { body } = await list();
    const query = `labelSelector=app%3Dvllm&resourceVersion=${body.metadata.resourceVersion}`;
    const { events, stop } = await watch(query);
    server.updatePod('a', { ip: '10.0.0.1' });
    server.updatePod('a', { labels: {} });
    server.updatePod('a', { labels: { app: 'vllm' } });
    await until(() => events.length === 3);
    expect(events.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED', 'ADDED']);
    stop();
    await until(() => server.openWatches === 0);
  });

  it('ends a watch after timeoutSeconds, with a bookmark where one was asked for', async () => {
    const state = await watch('timeoutSeconds=0&allowWatchBookmarks=true&resourceVersion=1000');
    await until(() => state.ended);
    expect(state.events.map(({ type }) => type)).toEqual(['BOOKMARK']);
  });

  it('tells a watch from a compacted revision 410 in the stream or as a status', async () => {
    server.compact();
    const inStream = await watch('resourceVersion=1000');
    await until(() => inStream.ended);
    expect(inStream.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
    server.goneAs = 'status';
    expect((await watch('resourceVersion=1000')).status).toBe(410);
  });

  it('loses events while it is silent, and holds them while it hangs', async () => {
    const { events, stop } = await watch('resourceVersion=1000');
    server.silence();
    server.createPod({ name: 'lost' });
    server.silence(false);
    server.hang();
    server.createPod({ name: 'late' });
    const answer = list();
    server.resume();
    await until(() => events.length === 1);
    expect(events[0]!.object.metadata?.name).toBe('late');
    expect((await answer).names).toEqual(['late', 'lost']);
    stop();
  });

  it('refuses unknown tokens, what is denied, unknown groups, and revisions that are not there', async () => {
    const statusOf = async (path: string, headers = HEADERS) =>
      (await fetch(`${server.url}${path}`, { headers })).status;
    expect(await statusOf(PODS, { authorization: 'Bearer nobody' })).toBe(401);
    const allow = server.deny('/pods');
    expect(await statusOf(PODS)).toBe(403);
    allow();
    expect(await statusOf('/apis/nothing/v1/namespaces/demo/inferencepools')).toBe(404);
    expect((await list('resourceVersion=9999')).status).toBe(504);
  });

  it('dies and comes back on its port with its objects', async () => {
    server.createPod({ name: 'a' });
    const state = await watch('resourceVersion=1000');
    await server.stop();
    await until(() => state.ended);
    await expect(list()).rejects.toThrow();
    await server.start();
    expect((await list()).names).toEqual(['a']);
  });
});
