import { Command } from 'commander';
import { sallyportVersion } from '../../app/index.ts';

/** `sallyport version` */
export function versionCommand(): Command {
  return new Command('version').description('print the version').action(() => {
    process.stdout.write(`sallyport ${sallyportVersion()} (node ${process.versions.node})\n`);
  });
}
