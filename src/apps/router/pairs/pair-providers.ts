import { ConcurrentPairs } from './concurrent-pairs.service.js';
import { DecodeLegs } from './decode-leg.service.js';
import { PairConnector } from './pair-connector.js';
import { PairDispatcher } from './pair-dispatcher.service.js';
import { PairHeads } from './pair-heads.js';
import { PairWays } from './pair-ways.service.js';
import { PrefillLegs } from './prefill-leg.service.js';
import { Stages } from './stages.service.js';

/** All that serves requests by a prefill worker and a decode worker. */
export const PAIR_PROVIDERS = [
  ConcurrentPairs,
  DecodeLegs,
  PairConnector,
  PairDispatcher,
  PairHeads,
  PairWays,
  PrefillLegs,
  Stages,
];
