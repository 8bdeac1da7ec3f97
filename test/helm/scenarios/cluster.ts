import type { ClusterScenario } from '../scenario.js';
import { RIGHTS } from './rights.js';
import { SERVER_DRY_RUN } from './server-dry-run.js';
import { SERVER_LIFE } from './server-life.js';

/** What is tried against a real API server with every chart. */
export const CLUSTER: readonly ClusterScenario[] = [...SERVER_DRY_RUN, ...SERVER_LIFE, ...RIGHTS];
