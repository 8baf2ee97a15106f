import { describe, expect, it } from 'vitest';
import { containerGroupsOf } from '../../../src/workload/container-id.ts';

const ID = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

const containerIdOf = (cgroups: string) => containerGroupsOf(cgroups)?.id;

describe('containerGroupsOf', () => {
  it.each([
    ['version 1, cgroupfs', `9:name=systemd:/docker/${ID}\n8:pids:/docker/${ID}\n0::/docker/${ID}\n`],
    ['version 1, systemd', `4:memory:/system.slice/docker-${ID}.scope\n`],
    ['version 2, systemd', `0::/system.slice/docker-${ID}.scope\n`],
    ['version 2, cgroupfs', `0::/docker/${ID}\n`],
    ['version 2, of a container beside ours', `0::/../docker-${ID}.scope\n`],
    ['rootless', `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope\n`],
    ['Podman', `0::/machine.slice/libpod-${ID}.scope/container\n`],
    ['a group made inside', `0::/docker/${ID}/init.scope\n`],
    ['some hierarchies alone', `5:devices:/user.slice\n4:memory:/docker/${ID}\n0::/\n`],
    ['controllers with a comma', `3:cpu,cpuacct:/docker/${ID}\n`],
  ])('%s', (_, text) => {
    expect(containerIdOf(text)).toBe(ID);
  });

  it('is the outermost one: a container can make groups of any name below its own', () => {
    expect(containerIdOf(`0::/docker/${ID}/docker/${OTHER}\n`)).toBe(ID);
    expect(containerIdOf(`0::/docker/${ID}/docker-${OTHER}.scope\n`)).toBe(ID);
  });

  it('tells the groups of the container, without what is below', () => {
    const text = `4:memory:/docker/${ID}/init.scope\n3:cpu:/\n0::/a.slice/docker-${ID}.scope\n`;
    expect(containerGroupsOf(text)?.groups).toEqual([
      `4:memory:/docker/${ID}`,
      `0::/a.slice/docker-${ID}.scope`,
    ]);
  });

  it.each([
    ['no container', '0::/user.slice/session-1.scope\n'],
    ['nothing', ''],
    ['hierarchies that differ', `4:memory:/docker/${ID}\n3:cpu:/docker/${OTHER}\n`],
    ['an id that is too short', `0::/docker/${ID.slice(1)}\n`],
    ['an id that is too long', `0::/docker/${ID}0\n`],
    ['another kind of scope', `0::/system.slice/other-${ID}.scope\n`],
    ['upper case', `0::/docker/${ID.toUpperCase()}\n`],
  ])('is unknown for %s', (_, text) => {
    expect(containerIdOf(text)).toBeUndefined();
  });
});
