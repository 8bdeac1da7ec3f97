import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchReport, CellResult } from '../../bench/report/results.js';

const BENCH = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const HOOKS = new URL('../../bench/hooks.mjs', import.meta.url).href;
const PLAIN_PROXY = fileURLToPath(new URL('plain-proxy.mjs', import.meta.url));

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function runBench(...args: string[]): Promise<Finished> {
  const flags = ['--disable-warning=ExperimentalWarning', '--import', HOOKS];
  const child = spawn(process.execPath, [...flags, BENCH, ...args]);
  const finished: Finished = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (finished.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (finished.stderr += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...finished, code })));
}

function cellOf(report: BenchReport, peer: string): CellResult {
  const cell = report.results.find((candidate) => candidate.peer === peer);
  if (!cell) throw new Error(`no cell of ${peer}`);
  return cell;
}

describe('npm run bench', () => {
  it('measures peers side by side, keeps the figures and marks a peer that does the wrong thing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const json = join(folder, 'figures.json');
    try {
      const { code, stdout, stderr } = await runBench(
        ...['--quick', '--seconds', '0.2', '--only', 'short', '--builtin', 'floor,direct'],
        ...['--peer', `plain='${process.execPath}' '${PLAIN_PROXY}' {port} {decoder}`],
        ...['--base', 'floor', '--json', json],
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('short 1/1') });
      expect(stdout).toContain('| requests a second (/s) |');

      const report = JSON.parse(readFileSync(json, 'utf8')) as BenchReport;
      expect(report.peers.map(({ name }) => name)).toEqual(['plain', 'floor', 'direct']);
      expect(report).toMatchObject({ base: 'floor', settings: { rounds: 1, seconds: 0.2 } });
      expect(report.machine.node).toBe(process.version);
      expect(cellOf(report, 'floor').problems).toEqual([]);
      expect(cellOf(report, 'floor').medians['rate']).toBeGreaterThan(0);
      expect(cellOf(report, 'direct').problems).toEqual([]);
      expect(cellOf(report, 'plain').problems).toContainEqual(
        expect.stringMatching(/decodes without parameters/),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('explains itself', async () => {
    const { code, stdout } = await runBench('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--peer NAME=COMMAND');
  });

  it('refuses a workload that it does not know, in one line', async () => {
    const { code, stderr } = await runBench('--only', 'nonsense');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'bench: --only: no workload nonsense\n' });
  });
});
