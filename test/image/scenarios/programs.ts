import { PROGRAMS as NAMES } from '../../../src/config/programs.js';
import { must, mustBe } from '../../envoy/scenario.js';
import type { Scenario } from '../scenario.js';

/** What a process may do, and what it may write to. */
const FACTS = `const { readFileSync, writeFileSync } = require('node:fs');
const status = readFileSync('/proc/self/status', 'utf8');
const fact = (name) => status.match(new RegExp('^' + name + ':\\\\s*(\\\\S+)', 'm'))?.[1];
const writes = ['/', '/app', '/app/.cache/compiled', '/tmp', '/run', '/var', '/home'].filter((folder) => {
  try { writeFileSync(folder + '/probe', ''); return true; } catch { return false; }
});
console.log(JSON.stringify({
  ids: process.getuid() + ':' + process.getgid(),
  capabilities: fact('CapEff'), privileges: fact('NoNewPrivs'), writes,
  env: Object.keys(process.env),
}));`;
/** Those of the image and of its base, and what container tools set. */
const ENV = [
  'HOME',
  'HOSTNAME',
  'NODE_COMPILE_CACHE',
  'NODE_ENV',
  'PATH',
  'SSL_CERT_FILE',
  'TERM',
  'container',
];

/** Each program of the image, by its first argument. */
export const PROGRAMS: readonly Scenario[] = [
  {
    name: 'hardened: no capability, no writable folder, no environment of ours but two',
    run: async ({ runner }) => {
      const facts = JSON.parse(await runner.script(FACTS)) as Record<string, unknown>;
      mustBe(facts['ids'], runner.user, 'user and group');
      mustBe(facts['capabilities'], '0000000000000000', 'capabilities');
      mustBe(facts['privileges'], '1', 'NoNewPrivs');
      mustBe(facts['writes'], [], 'folders that can be written');
      const odd = (facts['env'] as string[]).filter((name) => !ENV.includes(name));
      mustBe(odd, [], 'variables');
    },
  },
  ...NAMES.map((name): Scenario => ({
    name: `${name}: --help, --version`,
    run: async ({ runner }) => {
      const help = await runner.end([name, '--help']);
      mustBe([help.code, help.stderr], [0, ''], 'how --help ends');
      must(help.stdout.startsWith(`Usage: tandem ${name}`), help.stdout.slice(0, 200));
      const version = await runner.end([name, '--version']);
      mustBe([version.code, version.stderr], [0, ''], 'how --version ends');
      must(/^tandem \d+\.\d+\.\d+\n$/.test(version.stdout), version.stdout);
    },
  })),
  {
    name: 'arguments: flags alone mean the sidecar, mistakes end with 1 and one line',
    run: async ({ runner }) => {
      const help = await runner.end(['--help']);
      must(help.stdout.startsWith('Usage: tandem sidecar'), help.stdout.slice(0, 200));
      for (const args of [['rooter'], ['picker', '--no-such-flag'], ['--port=x']]) {
        const { code, stdout, stderr } = await runner.end(args);
        mustBe([code, stdout], [1, ''], `how ${args.join(' ')} ends`);
        mustBe(stderr.trimEnd().split('\n').length, 1, `lines (${stderr})`);
      }
    },
  },
];
