import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../config/load-settings.js';
import { pickerSettings } from './picker.settings.js';
import { servingOf } from './serving.js';

function serving(...argv: string[]): ReturnType<typeof servingOf> {
  const { config, given } = loadSettings(pickerSettings, { argv, env: {} });
  return servingOf(config, given);
}

describe(servingOf.name, () => {
  it('has the ports and the TLS of llm-d', () => {
    expect(serving()).toMatchObject({
      ...{ isSeed: false, address: '::', secure: true },
      ...{ grpcPort: 9002, healthPort: 9003, metricsPort: 9090 },
    });
  });

  it.each([
    '--static-hosts=a:1',
    '--static-backends=a:1',
    '--routing-logic=random',
    '--port=50051',
  ])('has those of the ext_proc service with %s', (flag) => {
    expect(serving(flag)).toMatchObject({
      ...{ isSeed: true, secure: false },
      ...{ grpcPort: 50_051, healthPort: 0, metricsPort: 0 },
    });
  });

  it('takes what is given before all defaults', () => {
    const flags = ['--grpc-port=1', '--secure-serving=true', '--host=::1', '--metrics-port=2'];
    expect(serving('--static-hosts=a:1', ...flags)).toMatchObject({
      ...{ grpcPort: 1, portSetting: '--grpc-port', secure: true, address: '::1', metricsPort: 2 },
    });
  });

  it.each([
    [['--grpc-port=9090'], '--metrics-port=9090 is the port of --grpc-port too'],
    [['--grpc-health-port=9002'], '--grpc-health-port=9002 is the port of --grpc-port too'],
    [['--port=7', '--metrics-port=7'], '--metrics-port=7 is the port of --port too'],
  ])('refuses one port for two uses: %j', (flags, message) => {
    expect(() => serving(...flags)).toThrow(message);
  });

  it('lets the system choose several', () => {
    const flags = ['--grpc-port=0', '--metrics-port=0', '--grpc-health-port=0'];
    expect(serving(...flags)).toMatchObject({ grpcPort: 0, healthPort: 0, metricsPort: 0 });
  });
});
