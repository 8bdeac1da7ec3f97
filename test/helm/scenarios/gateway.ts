import type { Scenario } from '../scenario.js';
import { GATEWAY_DRAIN } from './gateway-drain.js';
import { GATEWAY_TRAFFIC } from './gateway-traffic.js';

/** What tandem-gateway renders, at work. */
export const GATEWAY: readonly Scenario[] = [...GATEWAY_TRAFFIC, ...GATEWAY_DRAIN];
