import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../config/load-settings.js';
import { defineSettings } from '../../../config/setting.js';
import { DISCOVERY_SETTINGS } from '../settings/discovery.settings.js';
import { chooseSource, prioritiesOf } from './source-choice.js';

const TABLE = defineSettings({ program: 'picker', summary: '', settings: DISCOVERY_SETTINGS });
const load = (argv: string[], env: Record<string, string> = {}) =>
  loadSettings(TABLE, { argv, env }).config;
const choose = (argv: string[], { hasFile = false, env = {} } = {}) =>
  chooseSource(load(argv, env), hasFile);

describe(chooseSource.name, () => {
  it('watches a pool, in the namespace of the flag, of NAMESPACE, or in default', () => {
    const pool = { from: 'pool', group: undefined, version: undefined };
    expect(choose(['--pool-name=p'])).toEqual({
      ...pool,
      pool: { namespace: 'default', name: 'p' },
    });
    expect(choose(['--pool-name=p'], { env: { NAMESPACE: 'n' } })).toMatchObject({
      pool: { namespace: 'n' },
    });
    const argv = ['--pool-name', 'p', '--pool-namespace', 'm', '--pool-group', 'g.io'];
    expect(choose(argv, { env: { NAMESPACE: 'n' } })).toMatchObject({
      pool: { namespace: 'm' },
      group: 'g.io',
    });
  });

  it('selects pods by labels', () => {
    const argv = ['--endpoint-selector=app=vllm,tier=a', '--endpoint-target-ports=8000,8001,8000'];
    expect(choose([...argv, '--pool-namespace=ns', '--pool-name='])).toEqual({
      from: 'selector',
      namespace: 'ns',
      selector: 'app=vllm,tier=a',
      targetPorts: [8000, 8001],
    });
  });

  it('takes the flags of the seed for pods', () => {
    const argv = ['--service-discovery=k8s', '--k8s-label-selector=app=x', '--k8s-namespace=n'];
    expect(choose(argv)).toMatchObject({ from: 'selector', namespace: 'n', targetPorts: [8000] });
    expect(choose([...argv, '--k8s-port=9'])).toMatchObject({ targetPorts: [9] });
  });

  it('takes hosts, with and without their scheme, and what they serve', () => {
    const argv = ['--service-discovery', 'static', '--static-hosts'];
    expect(choose([...argv, 'localhost:8000,http://10.0.0.1:8001/'])).toMatchObject({
      from: 'hosts',
      hosts: [
        { target: { kind: 'name', label: 'localhost:8000' }, models: undefined },
        { target: { kind: 'ip', label: '10.0.0.1:8001' }, models: undefined },
      ],
    });
    expect(choose(['--static-backends=a:1,b:2', '--static-models=m,n|o'])).toMatchObject({
      hosts: [{ models: ['m'] }, { models: ['n', 'o'] }],
    });
  });

  it('needs no Kubernetes with a file, where the name of a pool is a label', () => {
    expect(choose([], { hasFile: true })).toEqual({ from: 'file' });
    expect(choose(['--pool-name=p'], { hasFile: true })).toEqual({ from: 'file' });
    expect(choose(['--pool-name=p', '--static-hosts=a:1'])).toMatchObject({ from: 'hosts' });
  });

  it.each<[string[], string]>([
    [[], 'nothing names the model servers: give --pool-name NAME'],
    [['--pool-name='], 'nothing names the model servers'],
    [
      ['--pool-name=p', '--endpoint-selector=a=b', '--endpoint-target-ports=1'],
      '--pool-name and --endpoint-selector both say',
    ],
    [['--endpoint-selector=a=b'], '0 are given: give --endpoint-target-ports PORT'],
    [
      ['--endpoint-selector=a=b', '--endpoint-target-ports=1,2,3,4,5,6,7,8,9'],
      'needs 1 to 8 ports at which the pods serve, 9 are given',
    ],
    [['--endpoint-target-ports=1', '--pool-name=p'], '--endpoint-target-ports needs the labels'],
    [['--service-discovery=static'], 'give --static-hosts HOST:PORT'],
    [['--service-discovery=k8s'], 'needs the labels of the pods: give --endpoint-selector'],
    [['--static-hosts=a:1', '--service-discovery=k8s'], 'not used with --service-discovery=k8s'],
    [['--static-hosts=a:1', '--endpoint-selector=a=b'], 'both name the model servers'],
    [['--static-models=m'], 'give --static-hosts too'],
    [['--static-hosts=a:1,b:1', '--static-models=m'], 'names those of 1 hosts'],
    [['--static-hosts=a:1,nonsense'], '"nonsense" is no host: give HOST:PORT'],
    [['--static-hosts=https://a:1'], '"https://a:1" is no host'],
    [['--static-hosts=http://a:1/v1'], '"http://a:1/v1" is no host'],
    [['--pool-name=p', '--pool-version=v1'], '--pool-version needs a group'],
  ])('refuses %j', (argv, message) => {
    expect(() => choose(argv)).toThrow(message);
  });

  it('refuses hosts beside a file', () => {
    expect(() => choose(['--static-hosts=a:1'], { hasFile: true })).toThrow(
      '--static-hosts and file-discovery both name',
    );
  });

  it.each([
    [['--pool-name=P'], 'a name in Kubernetes'],
    [['--endpoint-target-ports=0'], 'a port from 1'],
    [['--objectives=a'], 'objectives as NAME=PRIORITY'],
    [['--objectives=a=1.5'], 'objectives as NAME=PRIORITY'],
  ])('refuses the value of %j', (argv, message) => {
    expect(() => load(argv)).toThrow(message);
  });
});

describe(prioritiesOf.name, () => {
  it('reads names and priorities', () => {
    const { objectives } = load(['--objectives=batch=-10,chat=+5', '--objectives', 'x=3']);
    expect([...prioritiesOf(objectives)]).toEqual([
      ['batch', -10],
      ['chat', 5],
      ['x', 3],
    ]);
  });

  it('refuses a name that is there twice', () => {
    expect(() => prioritiesOf(['a=1', 'a=2'])).toThrow('--objectives: "a" is there twice');
  });
});
