/** What held up the event loop of this thread while it was watched, milliseconds. */
export interface LoopReport {
  /** By the clock: other processes that took the processor count, too. */
  readonly longestMillis: number;
  /** Of processor time that this thread itself used at a stretch. */
  readonly longestBusyMillis: number;
  readonly stallsOver20: number;
}

/** Looks every millisecond how late it is. */
export function watchLoop(): () => LoopReport {
  let longestMillis = 0;
  let longestBusyMillis = 0;
  let stallsOver20 = 0;
  let last = performance.now();
  let busy = busyMillis();
  const watch = setInterval(() => {
    const now = performance.now();
    const busyNow = busyMillis();
    longestMillis = Math.max(longestMillis, now - last - 1);
    longestBusyMillis = Math.max(longestBusyMillis, busyNow - busy);
    stallsOver20 += now - last - 1 > 20 ? 1 : 0;
    last = now;
    busy = busyNow;
  }, 1);
  return () => {
    clearInterval(watch);
    return { longestMillis, longestBusyMillis, stallsOver20 };
  };
}

function busyMillis(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
