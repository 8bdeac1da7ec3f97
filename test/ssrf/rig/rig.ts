import { createSelfSigned } from '../../../src/tls/self-signed.js';
import { CountingEngine, hostPort, type EngineOptions } from './engine.js';
import { Ledger } from './ledger.js';
import { canListen, freePorts, HOSTS, placesOf, type Places, type Ports } from './places.js';

const KUBELET = 10_250;
const HTTP = 80;

/** Engines, canaries and the decoder: everything that a sidecar of this suite could reach. */
export class Rig {
  readonly ledger = new Ledger();
  readonly places: Places;
  /** Whether this machine has IPv6. */
  hasIpv6 = false;
  /** The port of A where a prefiller speaks TLS with a certificate that nobody trusts. */
  tlsPort = 0;
  decoderPort = 0;
  private readonly engines: CountingEngine[] = [];

  private constructor(readonly ports: Ports) {
    this.places = placesOf(ports);
  }

  static async start(): Promise<Rig> {
    const hosts = Object.values(HOSTS).filter((host) => host !== HOSTS.A6);
    const hasIpv6 = await canListen(0, HOSTS.A6);
    const all = hasIpv6 ? [...hosts, HOSTS.A6] : hosts;
    const [P, P1, Q, DEADPORT, tls, decoder] = await freePorts(6, all);
    const rig = new Rig({ P: P!, P1: P1!, Q: Q!, DEADPORT: DEADPORT! });
    rig.hasIpv6 = hasIpv6;
    try {
      await rig.startEngines(decoder!);
      await rig.startTls(tls!);
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  /** `host:port` of every engine. */
  get labels(): string[] {
    return this.engines.map(({ label }) => label);
  }

  /** @throws Error when there is none */
  engine(host: string, port: number): CountingEngine {
    const found = this.engines.find(({ label }) => label === hostPort(host, port));
    if (!found) throw new Error(`no engine at ${hostPort(host, port)}`);
    return found;
  }

  /** Gives all engines their usual answer again and forgets what they saw. */
  reset(): void {
    for (const engine of this.engines) engine.answer = undefined;
    this.ledger.clear();
  }

  async stop(): Promise<void> {
    await Promise.all(this.engines.map((engine) => engine.stop()));
  }

  private async startEngines(decoderPort: number): Promise<void> {
    const { P, P1, Q } = this.ports;
    const { A, B, A6, NEW, D, HOSTNET, OTHERNS, UNSELECTED, SELF } = HOSTS;
    for (const host of [A, B, NEW, HOSTNET, ...(this.hasIpv6 ? [A6] : [])]) {
      await this.add({ host, port: P, role: 'prefiller' });
      await this.add({ host, port: P1, role: 'prefiller' });
    }
    await this.add({ host: A, port: Q, role: 'prefiller' });
    // Also where a reader goes that takes an odd spelling of an address for this machine.
    for (const host of [D, OTHERNS, UNSELECTED, SELF]) {
      for (const port of [P, P1, Q]) await this.add({ host, port, role: 'canary' });
    }
    for (const host of [D, SELF]) {
      if (await canListen(HTTP, host)) await this.add({ host, port: HTTP, role: 'canary' });
    }
    if (await canListen(KUBELET, HOSTNET)) {
      await this.add({ host: HOSTNET, port: KUBELET, role: 'canary' });
    }
    await this.add({ host: SELF, port: decoderPort, role: 'decoder' });
    this.decoderPort = decoderPort;
  }

  private async startTls(port: number): Promise<void> {
    const tls = await createSelfSigned([HOSTS.A]);
    await this.add({ host: HOSTS.A, port, role: 'prefiller', tls });
    this.tlsPort = port;
  }

  private async add(options: EngineOptions): Promise<void> {
    this.engines.push(await CountingEngine.start(options, this.ledger));
  }
}
