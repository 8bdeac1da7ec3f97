import type { Peer } from '../peers/peer.js';
import type { Curve, Setting } from './curve.js';
import type { GrowthPeer } from './options.js';

/** Those that take part in a curve, begun at another one each round, so that no peer always follows the same one. */
export function takingPart(
  curve: Curve,
  peers: readonly GrowthPeer[],
  round: number,
): readonly GrowthPeer[] {
  const ready = peers.filter(({ peer, args, isTandem }) => {
    if (peer.skip.includes(curve.name)) return false;
    // Clients that speak to the engines themselves are only there for others to be compared with.
    if (!peer.command) return curve.figures.some(({ added }) => added);
    const isReady = isTandem || peer.name === 'floor' || args[curve.name] !== undefined;
    return isReady || !curve.needsArguments;
  });
  const at = round % Math.max(1, ready.length);
  return [...ready.slice(at), ...ready.slice(0, at)];
}

/** The peer with all that it is told for this curve. */
export function equip({ peer, args, isTandem }: GrowthPeer, curve: Curve, setting: Setting): Peer {
  if (!peer.command) return peer;
  const own = isTandem ? setting.flags : [];
  const words = [...peer.command, ...own, ...(args[curve.name] ?? [])];
  return { ...peer, command: words.map((word) => fill(word, setting.places)) };
}

function fill(word: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((text, [place, value]) => text.replace(place, value), word);
}
