import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { createLineLog } from '../../../src/lab/index.ts';

const whole = (line: string) => line;
const NOW = { timeoutMillis: 0 };

describe('createLineLog', () => {
  it('puts lines together that arrive cut anywhere', () => {
    const log = createLineLog(systemClock);
    for (const chunk of ['on', 'e\ntw', 'o\n', '\nthr', 'ee']) {
      log.write(chunk);
    }
    expect(log.lines()).toEqual(['one', 'two', '']);
    log.write('\n');
    expect(log.lines()).toEqual(['one', 'two', '', 'three']);
  });

  it('finds the first line that is taken, and after a mark the first after it', async () => {
    const log = createLineLog(systemClock);
    log.write('a1\nb\na2\n');
    const pick = (line: string) => (line.startsWith('a') ? line : undefined);
    expect(await log.find(pick, NOW)).toBe('a1');
    expect(await log.find(pick, { ...NOW, after: 1 })).toBe('a2');
    expect(await log.find(pick, { ...NOW, after: log.mark() })).toBeUndefined();
  });

  it('waits for a line that is yet to come', async () => {
    const log = createLineLog(systemClock);
    setTimeout(() => log.write('late\n'), 30);
    expect(await log.find(whole, { timeoutMillis: 2000 })).toBe('late');
  });

  it('keeps 50,000 lines, and marks stay right when older ones are dropped', async () => {
    const log = createLineLog(systemClock);
    log.write('old\n'.repeat(50_000));
    expect(log.lines()).toHaveLength(50_000);
    const mark = log.mark();
    log.write('new\n');
    expect(log.lines()).toHaveLength(50_000);
    expect(await log.find(whole, { ...NOW, after: mark })).toBe('new');
  });
});
