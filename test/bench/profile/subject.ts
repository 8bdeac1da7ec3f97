import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BENCH_FOLDER } from '../peers/build-floor.js';
import { type Peer, routerPeer, sidecarPeer } from '../peers/peer.js';
import { pause } from '../wire/clock.js';
import { type CpuProfile, SAMPLE_US } from './cpu-profile.js';

/** The root of this checkout. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const PRELOAD = new URL('./preload.mjs', import.meta.url).href;
/** Programs that can be profiled, with the arguments that the bench gives them. */
export const SUBJECTS = {
  sidecar: {
    peer: sidecarPeer,
    flags:
      'sidecar --secure-proxy=false --metrics-port=0 --bind-address=127.0.0.1 --port={port} --model-server-port={decoder}',
  },
  router: {
    peer: routerPeer,
    flags:
      'router --host=127.0.0.1 --port={port} --prometheus-port={metrics} --worker-urls {workers}',
  },
};
const WITHIN_MS = 60_000;

/** A program with a profiler in it, and the two signals that it takes. */
export class ProfiledProgram {
  readonly peer: Peer;
  private readonly file: string;

  /**
   * Makes a copy of what was built, with source maps.
   *
   * @param extra its further arguments
   */
  constructor(name: keyof typeof SUBJECTS, file: string, extra: readonly string[]) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
    for (const path of [file, `${file}.pid`]) rmSync(path, { force: true });
    const { peer, flags } = SUBJECTS[name];
    const program = join(copyWithSourceMaps(), 'bin/tandem');
    const settings = [
      `NODE_OPTIONS=--import=${PRELOAD}`,
      `PROFILE_TO=${file}`,
      `PROFILE_EVERY_US=${SAMPLE_US}`,
    ];
    this.peer = peer('tandem', ['env', ...settings, program, ...flags.split(' '), ...extra]);
  }

  start(): void {
    process.kill(this.pid, 'SIGUSR2');
  }

  /** Ends the profile and waits for it. */
  async stop(): Promise<CpuProfile> {
    process.kill(this.pid, 'SIGUSR2');
    for (let waited = 0; !existsSync(this.file); waited += 100) {
      if (waited > WITHIN_MS) throw new Error('the profiler wrote nothing');
      await pause(100);
    }
    return JSON.parse(readFileSync(this.file, 'utf8')) as CpuProfile;
  }

  /** CPU microseconds of the main thread so far, as the scheduler counts them; NaN where it does not. */
  mainThreadUs(): number {
    const file = `/proc/${this.pid}/task/${this.pid}/schedstat`;
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1000 : Number.NaN;
  }

  private get pid(): number {
    return Number(readFileSync(`${this.file}.pid`, 'utf8'));
  }
}

/** The program as it is shipped, in a folder of its own, but for the maps beside its files. */
function copyWithSourceMaps(): string {
  const folder = join(BENCH_FOLDER, 'profile/tandem');
  const bundle = join(folder, 'dist/bundle');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  mkdirSync(bundle, { recursive: true });
  copyFileSync(join(ROOT, 'bin/tandem'), join(folder, 'bin/tandem'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  if (!existsSync(join(folder, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const args = ['scripts/bundle.mjs', `--outdir=${bundle}`, '--sourcemap'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`bundle.mjs: ${stderr.trim().split('\n').at(-1)}`);
  return folder;
}
