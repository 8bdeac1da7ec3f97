import { afterEach, describe, expect, it } from '@jest/globals';
import { events, json, KV_PARAMS } from '../../support/fake-engine.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

describe('a request with a prefill header', () => {
  let fixture: SidecarFixture;
  afterEach(() => fixture.stop());

  const post = (body: string, path = '/v1/chat/completions', headers = {}): Promise<Response> =>
    fetch(fixture.url + path, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-prefiller-host-port': fixture.prefiller.hostPort,
        ...headers,
      },
    });

  it('is prefilled there, decoded here, and answered by the decoder', async () => {
    fixture = await startFixture();
    fixture.decoder.behaviour = json({ id: 'd', choices: [] });
    const body =
      '{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":50,"stream":true}';
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('{"id":"d","choices":[]}');
    expect(fixture.prefiller.last.body.toString()).toBe(
      '{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":1,"stream":false,' +
        '"max_completion_tokens":1,"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,' +
        '"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}}',
    );
    expect(fixture.decoder.last.body.toString()).toBe(
      `${body.slice(0, -1)},"kv_transfer_params":${JSON.stringify(KV_PARAMS)}}`,
    );
  });

  it('streams the answer of the decoder', async () => {
    fixture = await startFixture();
    fixture.decoder.behaviour = events(['{"a":1}', '{"b":2}', '[DONE]'], 5);
    const answer = await post('{"stream":true}');
    expect(await answer.text()).toBe('data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n');
  });

  it('carries one request id on both legs and back', async () => {
    fixture = await startFixture();
    const answer = await post('{}', '/v1/completions', { 'x-request-id': 'abc' });
    expect(answer.headers.get('x-request-id')).toBe('abc');
    for (const { rawHeaders } of [fixture.prefiller.last, fixture.decoder.last]) {
      const ids = rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === 'x-request-id');
      expect(ids).toEqual(['abc']);
    }
  });

  it('passes through without the header, body and all', async () => {
    fixture = await startFixture();
    const answer = await fetch(`${fixture.url}/v1/completions?x=%zz`, {
      method: 'POST',
      body: 'not json',
    });
    expect(answer.status).toBe(200);
    expect(fixture.decoder.last.body.toString()).toBe('not json');
    expect(fixture.decoder.last.url).toBe('/v1/completions?x=%zz');
    expect(fixture.prefiller.requests).toHaveLength(0);
  });
});
