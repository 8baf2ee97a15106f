#!/usr/bin/env node
// The command of an installed package. It is apart from `main.ts` and imports nothing, so that an old Node gets
// one sentence in place of the first module that it does not have.
const NODE_MAJOR_MIN = 24;

const { node } = process.versions;
if (Number(node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `sallyport: this is Node ${node}, and Node ${NODE_MAJOR_MIN} or newer is needed (hint: install a current Node)\n`,
  );
  process.exitCode = 3;
} else {
  await import('./main.ts');
}
