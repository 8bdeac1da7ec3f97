import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeptLogger } from '../../../../test/support/fake-apiserver-watch-harness.js';
import { until } from '../../../../test/support/raw-client.js';
import { loadSettings } from '../../../config/load-settings.js';
import { defineSettings } from '../../../config/setting.js';
import { FileDiscovery } from '../../../discovery/file-discovery.js';
import { Fleet } from '../../../fleet/fleet.js';
import { PickerEndpoints } from '../endpoints.js';
import { DISCOVERY_SETTINGS } from '../settings/discovery.settings.js';
import { createDiscovery } from './create-discovery.js';
import type { PickerDiscovery } from './picker-discovery.js';

const TABLE = defineSettings({ program: 'picker', summary: '', settings: DISCOVERY_SETTINGS });
const logger = new KeptLogger();
let folder: string;
let path: string;
let endpoints: PickerEndpoints;
let discovery: PickerDiscovery | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
  path = join(folder, 'endpoints.yaml');
});

afterEach(() => {
  discovery?.stop();
  discovery = undefined;
  rmSync(folder, { recursive: true });
});

async function create(argv: string[], plugin?: object): Promise<PickerDiscovery> {
  const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  endpoints = new PickerEndpoints(fleet);
  const { config } = loadSettings(TABLE, { argv, env: {} });
  discovery = await createDiscovery({ config, plugin, fleet, logger });
  return discovery;
}

const file = () => new FileDiscovery({ path, watchFile: true }, logger);
const names = () => endpoints.all.map(({ name, id }) => `${name} ${id}`);

describe(createDiscovery.name, () => {
  it('has the endpoints of a file when it has started, and follows it', async () => {
    writeFileSync(path, 'endpoints: [{name: a, address: "::1", port: 1, labels: {x: y}}]');
    const { objectives, rewrites } = await create(['--objectives=batch=-1'], file());
    expect(discovery!.waitsFor).toContain('is not read yet');
    await discovery!.start();
    expect(discovery!.waitsFor).toBeUndefined();
    expect(names()).toEqual(['a [::1]:1']);
    const [before] = endpoints.all;
    writeFileSync(
      path,
      'endpoints: [{name: b, address: 10.0.0.1, port: 2}, {name: a, address: "::1", port: 1, labels: {x: z}}]',
    );
    await until(() => endpoints.size === 2);
    expect(names()).toEqual(['a [::1]:1', 'b 10.0.0.1:2']);
    expect(endpoints.all[0]).toBe(before);
    expect(before!.labels).toEqual({ x: 'z' });
    writeFileSync(path, 'endpoints: [{name: c, address: "::1", port: 1}]');
    await until(() => names().join() === 'c [::1]:1');
    expect(endpoints.all[0]).not.toBe(before);
    expect(objectives.priorityOf('batch')).toBe(-1);
    expect(rewrites.targetFor('m', () => 0)).toBeUndefined();
  });

  it('does not start with a file that is wrong', async () => {
    writeFileSync(path, 'endpoints: [{name: bad-one, address: nowhere, port: 1}]');
    await create([], file());
    await expect(discovery!.start()).rejects.toThrow(/file-discovery .*\(bad-one\): address/);
    expect(endpoints.size).toBe(0);
  });

  it('has static hosts at their addresses, with what they serve', async () => {
    await create(['--static-hosts=localhost:8000,10.0.0.1:8001', '--static-models=m|n,o']);
    expect(discovery!.waitsFor).toBe('the names of the static hosts are not resolved yet');
    await discovery!.start();
    await until(() => discovery!.waitsFor === undefined);
    expect(endpoints.all.map(({ id, models }) => [id, models])).toEqual([
      ['127.0.0.1:8000', ['m', 'n']],
      ['10.0.0.1:8001', ['o']],
    ]);
  });

  it('refuses to start where nothing names model servers', async () => {
    await expect(create([])).rejects.toThrow('nothing names the model servers: give');
  });
});
