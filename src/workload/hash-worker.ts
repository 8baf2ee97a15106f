/** A thread that hashes one open file, so that the event loop does not: posts the SHA-256 in hex. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const CHUNK_BYTES = 1024 * 1024;

const { fd, bytes } = workerData as { readonly fd: number; readonly bytes: number };
const chunk = Buffer.alloc(CHUNK_BYTES);
const hash = createHash('sha256');
for (let at = 0; at < bytes; ) {
  const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, bytes - at), at);
  if (read === 0) {
    throw new Error('the file ended early');
  }
  hash.update(chunk.subarray(0, read));
  at += read;
}
parentPort?.postMessage(hash.digest('hex'));
