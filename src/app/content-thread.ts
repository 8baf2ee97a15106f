/** A thread that reads and checks the folders, so that the event loop does not: posts them as a parcel. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/index.ts';
import { type ContentInput, readContent } from './content.ts';
import { packParcel } from './parcel.ts';
import { postableReading } from './postable-reading.ts';

const input = workerData as Omit<ContentInput, 'clock'>;
const parcel = packParcel(postableReading(await readContent({ ...input, clock: systemClock })));
parentPort?.postMessage(
  parcel,
  parcel.pieces.map(({ buffer }) => buffer),
);
