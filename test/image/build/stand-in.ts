import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { realpathSync } from 'node:fs';
import { build } from './builder.js';
import type { Store } from './store.js';
import { mustRun, succeeds } from './tool.js';

const SUITE = 'trixie';
const NODE = 'localhost/stand-in/node:24';
const RUNTIME = 'localhost/stand-in/runtime:nonroot';

/** Debian, Node and npm. */
const NODE_FILE = `FROM scratch
ADD rootfs.tar /
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY host-ca.crt /etc/ssl/host-ca.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/host-ca.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
`;

/** What Node is linked with, and Node: no shell, as in the real one. */
const RUNTIME_FILE = `FROM scratch
ADD runtime.tar /
COPY node /nodejs/bin/node
USER 65532
ENTRYPOINT ["/nodejs/bin/node"]
`;

/**
 * Images that look like the bases of the Dockerfile as far as it can tell, made of Debian's packages, of the Node that runs
 * this and of the npm on PATH.
 *
 * @param folder that is empty
 * @returns NAME=VALUE for the Dockerfile, digests included
 * @throws Error that says the mend when something is missing
 */
export async function makeStandIns(store: Store, folder: string): Promise<string[]> {
  await mustHaveTools();
  const context = join(folder, 'stand-in');
  mkdirSync(context);
  copyFileSync(process.execPath, join(context, 'node'));
  const npm = (await mustRun(['sh', '-c', 'command -v npm'])).trim();
  cpSync(resolve(dirname(realpathSync(npm)), '..'), join(context, 'npm'), { recursive: true });
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  if (authorities === undefined) writeFileSync(join(context, 'host-ca.crt'), '');
  else copyFileSync(authorities, join(context, 'host-ca.crt'));
  const debian = (file: string, ...flags: string[]): Promise<string> =>
    mustRun(['mmdebstrap', '--quiet', ...flags, SUITE, join(context, file)]);
  await debian('rootfs.tar', '--variant=essential', '--include=ca-certificates,libstdc++6');
  await debian('runtime.tar', '--variant=extract', '--include=base-files,libc6,libstdc++6');
  const stages = [
    { name: 'NODE', tag: NODE, text: NODE_FILE },
    { name: 'RUNTIME', tag: RUNTIME, text: RUNTIME_FILE },
  ] as const;
  const args: string[] = [];
  for (const { name, tag, text } of stages) {
    writeFileSync(join(context, name), text);
    await build('buildah', store.flags, { context, file: name, tag, isLocal: true });
    args.push(`${name}_IMAGE=${tag}`, `${name}_DIGEST=${await digestOf(store, tag)}`);
  }
  return args;
}

async function digestOf(store: Store, tag: string): Promise<string> {
  const listed = ['buildah', ...store.flags, 'images', '--format={{.Digest}}', tag] as const;
  return (await mustRun(listed)).trim();
}

async function mustHaveTools(): Promise<void> {
  const missing: string[] = process.getuid?.() === 0 ? [] : ['root'];
  for (const tool of ['buildah', 'mmdebstrap']) {
    if (!(await succeeds([tool, '--version']))) missing.push(tool);
  }
  if (missing.length === 0) return;
  throw new Error(
    `--stand-in-base needs ${missing.join(', ')}: on Debian, as root, apt-get install buildah mmdebstrap podman`,
  );
}
