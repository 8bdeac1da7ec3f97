import type { SimulatorConfig } from './simulator.settings.js';

/** How this simulator was started; this class is also the injection token. */
export class SimulatorOptions {
  constructor(
    readonly config: SimulatorConfig,
    /** Called when malformed hand-over parameters kill the engine. */
    readonly onEngineDeath?: () => void,
  ) {}
}
