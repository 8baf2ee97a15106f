import { describe, expect, it } from 'vitest';
import { LAB_ROWS, SERVICE_PORTS } from '../../../src/lab/index.ts';

describe('the table of the lab', () => {
  it('names each row once', () => {
    const ids = LAB_ROWS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(LAB_ROWS.map(({ title }) => title)).size).toBe(ids.length);
  });

  it('sends through doors that there are', () => {
    for (const { act } of LAB_ROWS) {
      if ('through' in act) {
        expect(SERVICE_PORTS[act.through.service]).toContain(act.through.port);
      }
    }
  });

  it('ends with the outage in its order, for nothing can be judged in between', () => {
    const steps = LAB_ROWS.flatMap(({ act }) => (act.kind === 'outage' ? [act.step] : []));
    expect(steps).toEqual(['verdict_while_stopped', 'tls_while_stopped', 'verdict_after_restart']);
    expect(LAB_ROWS.slice(-3).every(({ act }) => act.kind === 'outage')).toBe(true);
  });

  it('names a rule only with a policy', () => {
    for (const { expected } of LAB_ROWS) {
      expect(expected.rule === undefined).toBe(expected.policy === undefined);
    }
  });
});
