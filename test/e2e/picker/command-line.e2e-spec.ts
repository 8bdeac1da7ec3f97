import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { PickerLaunch } from '../../support/picker-launch.js';

const PLAIN = '--secure-serving=false';
let launch: PickerLaunch;

beforeEach(() => void (launch = new PickerLaunch()));
afterEach(() => launch.stop());

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** @returns the one line that it says, having ended as after a mistake */
async function refused(flags: readonly string[]): Promise<string> {
  const picker = await launch.start(flags);
  expect(await picker.exited()).toBe(1);
  expect(picker.stdout).toBe('');
  const lines = picker.stderr.split('\n');
  expect([lines.length, lines[1]]).toEqual([2, '']);
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(Object.keys(line).sort()).toEqual(['level', 'msg', 'time']);
  for (const port of [picker.port, picker.metricsPort, launch.healthPort]) {
    expect(await isListening(port)).toBe(false);
  }
  return String(line['msg']);
}

describe('a mistake on the command line ends the picker with one line that holds', () => {
  it.each([
    ['--no-such-flag=1', '--no-such-flag'],
    ['--metrics-port=http', '--metrics-port'],
    ['--grpc-port=65536', '--grpc-port'],
    ['--secure-serving=perhaps', '--secure-serving'],
    ['--drain-timeout=soon', '--drain-timeout'],
    ['--decision-timeout=5', '--decision-timeout'],
    ['--refresh-metrics-interval=x', '--refresh-metrics-interval'],
    ['--metrics-staleness-threshold=x', '--metrics-staleness-threshold'],
    ['--grpc-max-recv-msg-size=much', '--grpc-max-recv-msg-size'],
    ['--objectives=high', '--objectives'],
    ['--bind-address=10.255.255.1', '--bind-address'],
    ['--config-file=/nowhere/x.yaml', '--config-file'],
    ['--cert-path=/nowhere', '--cert-path'],
    ['stray', 'stray'],
  ])('%s: %s', async (flag, name) => {
    const words = [`--config-text=${launch.config()}`, flag];
    expect(await refused(words)).toContain(name);
  });

  it('both flags of a configuration', async () => {
    const file = join(launch.folder, 'c.yaml');
    writeFileSync(file, launch.config());
    const message = await refused([`--config-file=${file}`, `--config-text=${launch.config()}`]);
    expect(message).toMatch(/--config-file.*--config-text/);
  });

  it('the flag of the port that is taken', async () => {
    const [picker] = await launch.serve();
    const config = `--config-text=${launch.config()}`;
    const taken = `=${picker.port}`;
    for (const flag of ['--grpc-health-port', '--metrics-port', '--grpc-port']) {
      const second = await launch.start([config, PLAIN, flag + taken]);
      expect(await second.exited()).toBe(1);
      expect(second.stderr.trim().split('\n')).toEqual([expect.stringContaining(flag)]);
    }
  });

  it('the folder of certificates that are none', async () => {
    const folder = join(launch.folder, 'certs');
    mkdirSync(folder);
    for (const name of ['tls.crt', 'tls.key']) writeFileSync(join(folder, name), 'nothing');
    const flags = [`--config-text=${launch.config()}`, `--cert-path=${folder}`];
    expect(await refused(flags)).toMatch(/--cert-path.*certs\/tls\.crt/);
  });
});

describe('a mistake in the configuration ends the picker with one line that holds', () => {
  const twice = '[{name: one, plugins: []}, {name: two, plugins: []}]';
  it.each([
    ['an unknown plugin, and one that there is', '- {type: quue-scorer}', '', /quue-.*queue-/],
    ['a plugin like no other', '- {type: frobnicator}', '', /frobnicator.*(-scorer|-handler)/],
    ['an unknown key', '', 'frobs: 1', /frobs/],
    ['an unknown key of a plugin', '- {type: queue-scorer, parms: {}}', '', /parms/],
    ['an unknown parameter', '- {type: queue-scorer, parameters: {wob: 1}}', '', /wob/],
    ['an unknown gate', '', 'featureGates: [noSuchGate]', /noSuchGate/],
    [
      'a lost reference',
      '',
      'schedulingProfiles: [{name: p, plugins: [{pluginRef: lost}]}]',
      /lost/,
    ],
    ['a lost parser', '', 'requestHandler: {parsers: [{pluginRef: lost}]}', /lost/],
    ['a lost detector', '', 'saturationDetector: {pluginRef: lost}', /lost/],
    [
      'a name twice',
      '- {type: queue-scorer, name: n1}\n- {type: random-picker, name: n1}',
      '',
      /n1/,
    ],
    [
      'a second handler',
      '- {type: single-profile-handler}\n- {type: header-profile-handler}',
      '',
      /header-profile-handler/,
    ],
    ['profiles without a handler', '', `schedulingProfiles: ${twice}`, /one, two/],
    [
      'a profile twice',
      '',
      'schedulingProfiles: [{name: p1, plugins: []}, {name: p1, plugins: []}]',
      /p1/,
    ],
    [
      'a weight that is none',
      '- {type: queue-scorer}',
      'schedulingProfiles: [{name: p, plugins: [{pluginRef: queue-scorer, weight: heavy}]}]',
      /weight/,
    ],
    ['no YAML', '- {{', '', /--config-text/],
  ])('%s', async (_, plugins, rest, message) => {
    expect(await refused([`--config-text=${launch.config(plugins, rest)}`])).toMatch(message);
  });

  it.each([
    ['{name: bad-port, address: 10.9.0.1, port: 80000}', 'bad-port'],
    ['{name: bad-address, address: a.name, port: 80}', 'bad-address'],
    ['{name: bad-one, port: 80}', 'bad-one'],
    ['{address: 10.9.0.1, port: 80}', 'endpoints[1]'],
  ])('the entry %s of the endpoints', async (entry, name) => {
    writeFileSync(launch.endpoints, `endpoints: [{name: a, address: 10.9.0.2, port: 1}, ${entry}]`);
    // Warnings that came before are not told.
    const config = launch.config('', 'flowControl: {defaultRequestTTL: 5s}');
    expect(await refused([`--config-text=${config}`, '--health-checking'])).toContain(name);
  });

  it('the file of endpoints that is not there', async () => {
    const config = launch.config().replace('endpoints.yaml', 'elsewhere.yaml');
    expect(await refused([`--config-text=${config}`])).toContain('elsewhere.yaml');
  });
});

describe('a picker that is told nothing wrong', () => {
  it('takes values behind = and as the next word, and every flag of llm-d', async () => {
    const words = [
      ...['--secure-serving', 'false', '--drain-timeout', '1m30s', '--decision-timeout=500ms'],
      ...['--refresh-metrics-interval', '1s', '--metrics-staleness-threshold=2s', '--explain'],
      ...[
        '--pool-name',
        'label',
        '--pool-namespace=ns',
        '--pool-group',
        'inference.networking.k8s.io',
      ],
      ...['--health-checking', '--tracing=false', '--metrics-endpoint-auth=false', '--v', '4'],
      ...['--allow-experimental-plugins', '--emit-endpoint-scores', '--zap-encoder=json'],
      ...['--disable-endpoint-subset-filter=true', '--grpc-max-recv-msg-size=4194304'],
      ...['--health-checking=true', '--allow-experimental-plugins=true', '--v=2'],
      ...['--objectives=high=10,low=-5', '--enable-cert-reload', '--config-text', launch.config()],
    ];
    const picker = await launch.start(words, {
      KUBECONFIG: '/nowhere',
      KUBERNETES_SERVICE_HOST: '',
    });
    await picker.ready();
    const client = await launch.connect(picker.port);
    const { metadata } = await playRequest(client.stream(), { path: '/v1/models' });
    expect(metadata).toBe('10.9.0.1:8000');
    const page = await fetch(`${picker.opsUrl}/metrics`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('llm_d_epp_ready_endpoints');
  });

  it('reads its configuration from a file, and has no ports that are 0', async () => {
    const file = join(launch.folder, 'c.yaml');
    writeFileSync(file, launch.config());
    const flags = [`--config-file=${file}`, PLAIN];
    const picker = await launch.start([...flags, '--grpc-health-port=0', '--metrics-port=0']);
    await picker.ready();
    expect(await isListening(picker.port)).toBe(true);
    expect(await isListening(picker.metricsPort)).toBe(false);
    expect(await isListening(launch.healthPort)).toBe(false);
  });

  it('needs no configuration over hosts that are named', async () => {
    const picker = await launch.start(['--static-hosts=localhost:8000', '--port=1']);
    await picker.ready();
    const client = await launch.connect(picker.port);
    const { metadata } = await playRequest(client.stream(), { path: '/v1/models' });
    expect(metadata).toBe('127.0.0.1:8000');
  });
});
