/** What `work` costs of the processor, in milliseconds: other processes beside it do not make it slower. */
export function cpuMillis(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
