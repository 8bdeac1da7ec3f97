import { describe, expect, it } from '@jest/globals';
import { sidecarPeer } from '../peers/peer.js';
import { type Curve, plainSetting } from './curve.js';
import type { GrowthPeer } from './options.js';
import { equip, takingPart } from './taking-part.js';

const CURVE: Curve = {
  name: 'pods',
  title: '',
  axis: 'pods',
  sizes: [1],
  quickSizes: [1],
  figures: [],
  needsArguments: true,
  prepare: () => plainSetting(['--protect']),
  measure: () => Promise.resolve({ values: {}, problems: [] }),
};

const peer = (name: string, args: GrowthPeer['args'] = {}, isTandem = false): GrowthPeer => ({
  peer: sidecarPeer(name, [name, '--config={file}']),
  args,
  isTandem,
});

describe(takingPart.name, () => {
  it('leaves out peers that would need to be told more', () => {
    const peers = [
      peer('tandem', {}, true),
      peer('go'),
      peer('rs', { pods: ['--x'] }),
      peer('floor'),
    ];
    const names = (round: number) => takingPart(CURVE, peers, round).map((one) => one.peer.name);
    expect(names(0)).toEqual(['tandem', 'rs', 'floor']);
    expect(names(1)).toEqual(['rs', 'floor', 'tandem']);
    expect(takingPart({ ...CURVE, needsArguments: false }, peers, 0)).toHaveLength(4);
  });

  it('needs the clients that speak to the engines only where others are compared with them', () => {
    const direct = { peer: sidecarPeer('direct'), args: {}, isTandem: false };
    const figures = [{ key: 'ttft', label: '', unit: '', added: true }];
    expect(takingPart(CURVE, [direct], 0)).toEqual([]);
    expect(takingPart({ ...CURVE, figures }, [direct], 0)).toEqual([direct]);
  });
});

describe(equip.name, () => {
  it('adds what the curve and the user have for a peer', async () => {
    const setting = { ...(await plainSetting(['--protect'])), places: { '{file}': '/tmp/x' } };
    const command = (one: GrowthPeer) => equip(one, CURVE, setting).command;
    expect(command(peer('tandem', {}, true))).toEqual(['tandem', '--config=/tmp/x', '--protect']);
    expect(command(peer('go', { pods: ['--f={file}'] }))).toEqual([
      'go',
      '--config=/tmp/x',
      '--f=/tmp/x',
    ]);
  });
});
