import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from '../options.js';
import { build, findBuilder, type BuilderName, type BuildPlan } from './builder.js';
import { copyContext } from './context.js';
import { makeStandIns } from './stand-in.js';
import { Store } from './store.js';
import { mustRun } from './tool.js';

const TAG = 'localhost/tandem:test';
const NO_IMAGE = `sha256:${'0'.repeat(64)}`;
const NPM_OWN = 'https://registry.npmjs.org/';

/** An image, and what runs it. */
export interface Made {
  readonly image: string;
  readonly tool: 'docker' | 'podman';
  /** Of the store where it lies. */
  readonly flags: readonly string[];
  remove(): Promise<void>;
}

/**
 * Builds the image, or takes the one that is named.
 *
 * @param root of the repository @param folder for what is made
 * @throws Error when the build fails, or something that it needs is missing
 */
export async function makeImage(
  root: string,
  folder: string,
  options: Options,
  say: (line: string) => void,
): Promise<Made> {
  const { image, isStandIn } = options;
  const wanted = isStandIn ? (options.builder ?? 'buildah') : options.builder;
  if (isStandIn && wanted !== 'buildah') throw new Error('--stand-in-base is built with buildah');
  const builder = await findBuilder(wanted);
  const tool = builder === 'docker' ? 'docker' : 'podman';
  if (image !== undefined) return { image, tool, flags: [], remove: async () => undefined };
  if (builder === 'docker') {
    const args = [...(await registry()), ...options.buildArgs];
    await buildOnce(builder, [], { context: copyContext(root, folder), tag: TAG, args }, say);
    return { image: TAG, tool, flags: [], remove: async () => undefined };
  }
  mkdirSync(join(folder, 'store'));
  const store = await Store.make(join(folder, 'store'));
  try {
    await buildInStore(builder, store, { root, folder, options }, say);
  } catch (error) {
    await store.remove();
    throw error;
  }
  return { image: TAG, tool, flags: store.flags, remove: () => store.remove() };
}

async function buildInStore(
  builder: BuilderName,
  store: Store,
  { root, folder, options }: { root: string; folder: string; options: Options },
  say: (line: string) => void,
): Promise<void> {
  const bases = options.isStandIn ? await makeStandIns(store, folder) : [];
  if (options.isStandIn) say('ok     stand-ins for the base images');
  const args = [...bases, ...(await registry()), ...options.buildArgs];
  const context = copyContext(root, folder);
  const plan = { context, tag: TAG, args, isLocal: options.isStandIn };
  if (options.isStandIn) await refusesOtherDigest(builder, store, plan);
  await buildOnce(builder, store.flags, plan, say);
}

async function buildOnce(
  builder: BuilderName,
  flags: readonly string[],
  plan: BuildPlan,
  say: (line: string) => void,
): Promise<void> {
  say(`       ${builder} builds the image: some minutes`);
  await build(builder, flags, plan);
  say(`ok     built with ${builder}`);
}

/** A digest that no image has must end the build: else the argument would pin nothing. */
async function refusesOtherDigest(
  builder: BuilderName,
  store: Store,
  plan: BuildPlan,
): Promise<void> {
  const args = [...(plan.args ?? []), `NODE_DIGEST=${NO_IMAGE}`];
  const ended = await build(builder, store.flags, { ...plan, args }).then(
    () => 'it built',
    (error: Error) => error.message,
  );
  if (!ended.includes(NO_IMAGE)) throw new Error(`a digest that no image has: ${ended}`);
}

/** Where this machine's npm gets its packages. */
async function registry(): Promise<string[]> {
  const url = (await mustRun(['npm', 'config', 'get', 'registry'])).trim();
  return url === NPM_OWN ? [] : [`NPM_CONFIG_REGISTRY=${url}`];
}
