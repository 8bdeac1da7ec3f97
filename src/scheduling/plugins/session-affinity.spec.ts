import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  keptBy,
  pluginOf,
  resultOf,
  scoresOf,
  server,
  type GivenRequest,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import { sessionAffinityFilter, type SessionAffinityFilter } from './session-affinity-filter.js';
import { sessionAffinityScorer, type SessionAffinityScorer } from './session-affinity-scorer.js';

const all = [0, 1, 2].map((i) => server(i));
const [a, b, c] = all as [Server, Server, Server];
const base64 = (text: string) => Buffer.from(text).toString('base64');
const tokenOf = ({ namespace, name }: Server) => base64(`${namespace}/${name}`);

describe('session-affinity by a header that names the server', () => {
  const filter = pluginOf<SessionAffinityFilter>(sessionAffinityFilter);
  const scorer = pluginOf<SessionAffinityScorer>(sessionAffinityScorer);
  const requestOf = (token: string) => inferenceRequest({ headers: { 'x-session-token': token } });

  it('keeps, or prefers, the server that the request names', () => {
    expect(keptBy(filter, all, requestOf(tokenOf(b)))).toEqual([1]);
    expect(scoresOf(scorer, all, requestOf(tokenOf(b)))).toEqual([0, 1, 0]);
  });

  it.each([
    ['nothing', ''],
    ['no base64', '!!!'],
    ['a server that is not there', base64('default/pod-9')],
    ['one of another namespace', base64('other/pod-1')],
    ['a part of a name', base64('default/pod-')],
    ['a name with more before it', base64('xdefault/pod-1')],
    ['a name without a slash', base64('default-pod-1')],
    ['a lot', 'A'.repeat(65_536)],
  ])('keeps all, and prefers none, where it names %s', (_what, token) => {
    expect(filter.filter(requestOf(token), all)).toBe(all);
    expect(scoresOf(scorer, all, requestOf(token))).toEqual([0, 0, 0]);
  });

  it('names the server that answers', () => {
    expect(filter.answerHeaders(inferenceRequest(), resultOf(a), c)).toEqual([
      ['x-session-token', tokenOf(c)],
    ]);
  });

  it('names the server of a profile, and nothing where that did not run', () => {
    const parameters = {
      profileName: 'prefill',
      encodedEndpointHeaderConfig: { header: ' X-Session-Token-Prefill ' },
    };
    const sut = pluginOf<SessionAffinityFilter>(sessionAffinityFilter, parameters);
    expect(sut.answerHeaders(inferenceRequest(), resultOf(a, b), a)).toEqual([
      ['x-session-token-prefill', tokenOf(b)],
    ]);
    expect(sut.answerHeaders(inferenceRequest(), resultOf(a), a)).toEqual([]);
  });
});

describe('session-affinity by the id of the session', () => {
  const given = (more: object = {}) => ({ strategy: 'session_id', ...more });

  class Fixture {
    readonly tools = new FakePluginTools();
    readonly sut: SessionAffinityFilter;
    readonly scorer: SessionAffinityScorer;

    constructor(sessionIdConfig: object = {}, more: object = {}) {
      const parameters = given({ sessionIdConfig, ...more });
      this.sut = pluginOf(sessionAffinityFilter, parameters, this.tools);
      this.scorer = pluginOf(sessionAffinityScorer, parameters, this.tools);
    }

    /** @returns what was kept for a request of the session, which then went to the one given, or to the first kept */
    send(id: string, to?: Server, candidates: Server[] = all, prefiller?: Server): number[] {
      const request = inferenceRequest({ headers: { 'x-session-id': id } });
      const kept = keptBy(this.sut, candidates, request);
      this.sut.decided(request, resultOf(to ?? candidates[kept[0]!]!, prefiller));
      return kept;
    }
  }

  it('binds a session where it went first', () => {
    const fixture = new Fixture();
    expect(fixture.send('s1', b)).toEqual([0, 1, 2]);
    expect(fixture.send('s1')).toEqual([1]);
    expect(fixture.send('s2', c)).toEqual([0, 1, 2]);
    expect(fixture.send('s2')).toEqual([2]);
    expect(fixture.send('s1')).toEqual([1]);
  });

  it('scores the server of the session with 1', () => {
    const { scorer } = new Fixture();
    const request = inferenceRequest({ headers: { 'x-session-id': 's1' } });
    expect(scoresOf(scorer, all, request)).toEqual([0, 0, 0]);
    scorer.decided(request, resultOf(c));
    expect(scoresOf(scorer, all, request)).toEqual([0, 0, 1]);
  });

  it('says nothing to the client', () => {
    const { sut } = new Fixture();
    expect(sut.answerHeaders(inferenceRequest(), resultOf(a), a)).toEqual([]);
  });

  it('binds a session anew whose server is no candidate', () => {
    const fixture = new Fixture();
    fixture.send('s1', b);
    expect(fixture.send('s1', c, [a, c])).toEqual([0, 1]);
    expect(fixture.send('s1')).toEqual([2]);
  });

  it('keeps a session that somebody else sent elsewhere although its server was there', () => {
    const fixture = new Fixture();
    fixture.send('s1', b);
    fixture.send('s1', c);
    expect(fixture.send('s1')).toEqual([1]);
  });

  it('forgets a session that was not used in time', () => {
    const fixture = new Fixture({ evictionTtlSeconds: 5 });
    fixture.send('s1', b);
    fixture.tools.time = 4000;
    expect(fixture.send('s1')).toEqual([1]);
    fixture.tools.time = 9000;
    expect(fixture.send('s1')).toEqual([1]);
    fixture.tools.time = 14_001;
    expect(fixture.send('s1', a)).toEqual([0, 1, 2]);
  });

  it('forgets those that were not used longest when there are too many', () => {
    const fixture = new Fixture();
    fixture.send('first', b);
    fixture.send('second', c);
    fixture.send('first');
    for (let i = 0; i < 99_999; i++) fixture.send(`s${i}`, a);
    expect(fixture.send('first')).toEqual([1]);
    expect(fixture.send('second', a)).toEqual([0, 1, 2]);
  });

  it('tells long ids apart', () => {
    const fixture = new Fixture();
    fixture.send(`${'x'.repeat(9000)}1`, b);
    expect(fixture.send(`${'x'.repeat(9000)}1`)).toEqual([1]);
    expect(fixture.send(`${'x'.repeat(9000)}2`)).toEqual([0, 1, 2]);
  });

  it('binds to the server of a profile', () => {
    const fixture = new Fixture({}, { profileName: 'prefill' });
    fixture.send('s1', a, all, c);
    expect(fixture.send('s1', a)).toEqual([2]);
    fixture.send('s2', a);
    expect(fixture.send('s2', a)).toEqual([0, 1, 2]);
  });

  it.each<[string, GivenRequest, string | undefined, number[]]>([
    ['the header', { headers: { 'x-session-id': ' s1 ' } }, undefined, [1]],
    ['a blank header and then the agent', { headers: { 'x-session-id': ' ' } }, 's1', [1]],
    ['the agent', {}, 's1', [1]],
    ['another agent', {}, 's2', [0, 1, 2]],
    ['nothing', {}, undefined, [0, 1, 2]],
  ])('finds the id in the first source that has it: %s', (_what, more, agent, kept) => {
    const sources = [{ header: 'X-Session-Id' }, { attribute: 'agent-identity' }];
    const fixture = new Fixture({ sources });
    fixture.send('s1', b);
    const request = inferenceRequest(more);
    if (agent) request.attributes.set('agent-identity', agent);
    expect(keptBy(fixture.sut, all, request)).toEqual(kept);
  });

  it('takes the id that a producer found', () => {
    const sources = [{ attribute: 'SessionIDDataKey', producer: 'session-id-producer' }];
    const { sut } = new Fixture({ sources });
    const request = inferenceRequest();
    request.attributes.set('session-id-producer', { id: 's1' });
    sut.decided(request, resultOf(c));
    expect(keptBy(sut, all, request)).toEqual([2]);
    const of = (config: object) =>
      sessionAffinityFilter.parameters.parse(given({ sessionIdConfig: config }));
    expect(sessionAffinityFilter.needs?.(of({ sources }))).toEqual(['session-id-producer']);
    expect(sessionAffinityFilter.references?.(of({ sources }))).toEqual([]);
    const mine = of({ sources: [{ attribute: 'x', producer: 'mine' }] });
    expect(sessionAffinityFilter.references?.(mine)).toEqual(['mine']);
    expect(sessionAffinityFilter.needs?.(of({}))).toEqual([]);
  });

  it.each([
    [{ strategy: 'cookie' }],
    [given({ sessionIdConfig: { sources: [] } })],
    [given({ sessionIdConfig: { sources: [{}] } })],
    [given({ sessionIdConfig: { sources: [{ header: 'a', attribute: 'b' }] } })],
    [given({ sessionIdConfig: { evictionTtlSeconds: 0 } })],
    [given({ sessionIdConfig: { ttl: 1 } })],
    [{ encodedEndpointHeaderConfig: { header: '' } }],
  ])('refuses %j', (parameters) => {
    expect(() => pluginOf(sessionAffinityFilter, parameters)).toThrow();
  });
});
