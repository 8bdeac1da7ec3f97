import { addressTarget, type Target } from '../endpoint/target.js';

/** Clients name the ports: lists are kept for so many. */
const MAX_PORTS = 16;

/** Targets of pods, by port. A pod that comes or goes costs the same however many there are. */
export class PodTargets {
  /** Pod name → where it stands in {@link ips} and in each list. */
  private readonly places = new Map<string, number>();
  private readonly names: string[] = [];
  private readonly ips: string[] = [];
  private readonly byPort = new Map<number, Target[]>();

  /** @returns in no order; the list changes with the pods and is not to be kept */
  at(port: number): readonly Target[] {
    let targets = this.byPort.get(port);
    if (!targets) {
      targets = this.ips.map((ip) => addressTarget(ip, port));
      if (this.byPort.size >= MAX_PORTS) this.byPort.clear();
      this.byPort.set(port, targets);
    }
    return targets;
  }

  /** Must not be there yet. */
  add(name: string, ip: string): void {
    this.places.set(name, this.ips.length);
    this.names.push(name);
    this.ips.push(ip);
    for (const [port, targets] of this.byPort) targets.push(addressTarget(ip, port));
  }

  /** Does nothing where there is no such pod. */
  remove(name: string): void {
    const place = this.places.get(name);
    if (place === undefined) return;
    this.places.delete(name);
    const last = this.names.at(-1)!;
    if (last !== name) this.places.set(last, place);
    for (const list of [this.names, this.ips, ...this.byPort.values()])
      removeAt<unknown>(list, place);
  }
}

/** The last one takes its place. */
function removeAt<T>(list: T[], place: number): void {
  const last = list.pop()!;
  if (place < list.length) list[place] = last;
}
