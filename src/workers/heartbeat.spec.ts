import { beforeEach, describe, expect, it } from '@jest/globals';
import { Heartbeat } from './heartbeat.js';

describe(Heartbeat.name, () => {
  const settings = { everyMs: 100, silentAfter: 2, deadAfter: 4 };
  let told: string[];
  let asked: number;
  let answer: () => Promise<void>;
  let heartbeat: Heartbeat;
  beforeEach(() => {
    told = [];
    asked = 0;
    const ping = (): Promise<void> => {
      asked += 1;
      return new Promise((resolve) => {
        answer = async () => {
          resolve();
          await Promise.resolve();
        };
      });
    };
    heartbeat = new Heartbeat(ping, settings, {
      silent: (ms) => told.push(`silent ${ms}`),
      answers: () => told.push('answers'),
      dead: (ms) => told.push(`dead ${ms}`),
    });
  });

  const turns = (count: number): void => {
    for (let i = 0; i < count; i++) heartbeat.turn();
  };

  it('asks again once it got an answer, and says nothing then', async () => {
    for (let i = 0; i < 5; i++) {
      turns(2);
      await answer();
    }
    expect([asked, told, heartbeat.isSilent]).toEqual([5, [], false]);
  });

  it('says once that there is no answer, and once that there is again', async () => {
    turns(4);
    expect([asked, told, heartbeat.isSilent]).toEqual([1, ['silent 200'], true]);
    await answer();
    expect([told, heartbeat.isSilent]).toEqual([['silent 200', 'answers'], false]);
  });

  it('gives up once', () => {
    turns(20);
    expect([asked, told]).toEqual([1, ['silent 200', 'dead 400']]);
  });

  it('starts anew after an answer', async () => {
    turns(4);
    await answer();
    turns(4);
    expect(told).toEqual(['silent 200', 'answers', 'silent 200']);
  });

  it('leaves it to others to notice an end', async () => {
    const ended = new Heartbeat(() => Promise.reject(new Error('ended')), settings, {
      silent: () => told.push('silent'),
      answers: () => told.push('answers'),
      dead: () => told.push('dead'),
    });
    ended.turn();
    await Promise.resolve();
    expect(told).toEqual([]);
  });
});
