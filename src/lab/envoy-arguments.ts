/** How every runtime starts an Envoy: several on one machine, and access log lines as they happen. */
export function envoyArguments(configFile: string): readonly string[] {
  return [
    '--config-path',
    configFile,
    '--disable-hot-restart',
    '--concurrency',
    '1',
    '--file-flush-interval-msec',
    '50',
    '--log-level',
    'warning',
  ];
}
