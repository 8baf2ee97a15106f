import { openState } from '../../../src/store/index.ts';

/** Opens the state folder of its first argument, says so, and holds it until it is killed. */
try {
  openState(process.argv[2] ?? '');
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`${error instanceof Error && 'code' in error ? error.code : error}\n`);
}
