import { performHandshake, performTcp } from './acts/connection.ts';
import { performHttp } from './acts/http.ts';
import { performOutage } from './acts/outage.ts';
import { performPolicyEdit } from './acts/policy-edit.ts';
import { performRotation } from './acts/rotation.ts';
import type { Lab } from './lab.ts';
import type { Got, LabRow, RowResult } from './lab-row.ts';

/** Does one row and compares. Rows are independent, but those of the outage follow each other. */
export async function performRow(lab: Lab, row: LabRow): Promise<RowResult> {
  const got = await perform(lab, row);
  const { expected } = row;
  const isAsExpected =
    got.status === expected.status &&
    got.reason === expected.reason &&
    got.policy === expected.policy &&
    got.rule === expected.rule &&
    got.problems.length === 0;
  return { row, got, isAsExpected };
}

function perform(lab: Lab, { act }: LabRow): Promise<Got> {
  switch (act.kind) {
    case 'http':
      return performHttp(lab, act);
    case 'tcp':
      return performTcp(lab, act);
    case 'handshake':
      return performHandshake(lab, act);
    case 'rotation':
      return performRotation(lab);
    case 'policy_edit':
      return performPolicyEdit(lab, act);
    case 'outage':
      return performOutage(lab, act);
  }
}
