import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../base/index.ts';
import type { Lab, LabReply } from '../lab.ts';
import { MOUNTED_DATA } from '../lab-files.ts';
import type { Door, Got, PolicyEditAct } from '../lab-row.ts';
import { MOUNTED_POLICIES_FOLDER, POLICIES_FOLDER } from '../settings.ts';
import { EDITED_POLICY, MOUNTED_POLICY, TOGGLED_PATH, toggledPolicyText } from '../toggled-policy.ts';
import { statusText, verdictOf } from './http.ts';

const ORDERS: Door = { service: 'frontend', port: 'orders' };
const OBEYED_MILLIS_MAX = 1000;
const GIVE_UP_MILLIS = 5000;
const POLL_MILLIS = 20;

/** Closes the path by an edit, waits until that is obeyed, and opens it again in the same way. */
export async function performPolicyEdit(lab: Lab, act: PolicyEditAct): Promise<Got> {
  const before = await lab.call(ORDERS, { path: TOGGLED_PATH });
  const sallyport = lab.service('sallyport');
  await edit(lab, act.how, true);
  const closed = await untilStatus(lab, 403);
  const verdict = await verdictOf(lab, closed.last);
  await edit(lab, act.how, false);
  const opened = await untilStatus(lab, 200);
  return {
    ...verdict,
    note: `obeyed after ${Math.round(closed.millis)} ms`,
    problems: [
      ...(before.reply?.status === 200 ? [] : [`before the edit: ${statusText(before.reply?.status)}`]),
      ...(closed.millis <= OBEYED_MILLIS_MAX ? [] : ['obeyed too late']),
      ...(opened.last.reply?.status === 200 && opened.millis <= OBEYED_MILLIS_MAX
        ? []
        : ['the way back was obeyed too late']),
      ...(sallyport.hasEnded() ? ['Sallyport was started anew'] : []),
    ],
  };
}

async function untilStatus(lab: Lab, wanted: number): Promise<{ last: LabReply; millis: number }> {
  const start = lab.clock.monotonicMillis();
  for (;;) {
    const last = await lab.call(ORDERS, { path: TOGGLED_PATH });
    const millis = lab.clock.monotonicMillis() - start;
    if (last.reply?.status === wanted || millis > GIVE_UP_MILLIS) {
      return { last, millis };
    }
    await sleep(lab.clock, POLL_MILLIS);
  }
}

async function edit(lab: Lab, how: PolicyEditAct['how'], isClosed: boolean): Promise<void> {
  const root = lab.runtime.hostConfigFolder;
  const edited = join(root, POLICIES_FOLDER, EDITED_POLICY.file);
  const text = (name: string): string => toggledPolicyText(name, isClosed, lab.runtime.places);
  switch (how) {
    case 'write_in_place':
      return writeFile(edited, text(EDITED_POLICY.name));
    case 'rename_over':
      // Editors name such a file so that readers of the folder pass over it.
      await writeFile(`${edited}.tmp`, text(EDITED_POLICY.name));
      return rename(`${edited}.tmp`, edited);
    case 'data_symlink':
      return swapData(
        join(root, MOUNTED_POLICIES_FOLDER),
        isClosed ? '..closed' : '..opened',
        text(MOUNTED_POLICY.name),
      );
  }
}

/** As the kubelet does it: a new folder beside the old one, and a link that is replaced at once. */
async function swapData(mounted: string, version: string, text: string): Promise<void> {
  await mkdir(join(mounted, version), { recursive: true });
  await writeFile(join(mounted, version, MOUNTED_POLICY.file), text);
  await symlink(version, join(mounted, `${MOUNTED_DATA}_tmp`));
  await rename(join(mounted, `${MOUNTED_DATA}_tmp`), join(mounted, MOUNTED_DATA));
}
