import type { StructObject } from './struct-value.ts';
import { WireWriter } from './wire-writer.ts';
import { writeStruct } from './write-struct.ts';

export interface HeaderToSet {
  readonly name: string;
  readonly value: string;
}

/**
 * What becomes of a header that is there already. `append` adds a line, `overwriteIfExists` never adds one.
 */
export type HeaderAction = 'append' | 'addIfAbsent' | 'overwrite' | 'overwriteIfExists';

export interface HeaderMutation extends HeaderToSet {
  readonly action: HeaderAction;
}

/** What a `CheckResponse` says. Envoy looks at the status code alone: 0 is an allow, whatever else is there. */
export type CheckReply =
  | {
      readonly kind: 'ok';
      /** For the upstream; each takes the place of what the client sent. Names are unique. */
      readonly setHeaders: readonly HeaderToSet[];
      readonly removeHeaders: readonly string[];
      readonly setQueryParameters: readonly HeaderToSet[];
      readonly removeQueryParameters: readonly string[];
      /** For the client, on the answer of the upstream. */
      readonly responseHeaders: readonly HeaderMutation[];
      readonly metadata: StructObject;
    }
  | {
      /** `error` is no verdict: Envoy 1.37 and newer then obey `failure_mode_allow`. */
      readonly kind: 'denied' | 'error';
      readonly code: DenialCode;
      readonly message: string;
      readonly httpStatus: number;
      /** For the client. */
      readonly headers: readonly HeaderToSet[];
      readonly body: string;
      readonly metadata: StructObject;
    };

/** gRPC's PERMISSION_DENIED, UNAVAILABLE and UNAUTHENTICATED; never 0, which would allow. */
export type DenialCode = 7 | 14 | 16;

const writer = new WireWriter();

/** The bytes of an `envoy.service.auth.v3.CheckResponse`; never empty, and `status` is always there. */
export function writeCheckResponse(reply: CheckReply): Buffer {
  writer.begin();
  // Fields come in reverse order, see WireWriter.
  if (reply.kind === 'error') {
    writeDenied(5, reply);
  }
  writeStruct(writer, 4, reply.metadata);
  if (reply.kind === 'ok') {
    writeOk(reply);
  } else if (reply.kind === 'denied') {
    writeDenied(2, reply);
  }
  const status = writer.open();
  if (reply.kind !== 'ok') {
    writer.string(2, reply.message);
    writer.unsigned(1, reply.code);
  }
  writer.close(1, status);
  return writer.finish();
}

function writeOk(reply: CheckReply & { readonly kind: 'ok' }): void {
  const mark = writer.open();
  writeStrings(8, reply.removeQueryParameters);
  writeQueryParameters(7, reply.setQueryParameters);
  writeHeaders(6, reply.responseHeaders);
  writeStrings(5, reply.removeHeaders);
  writeHeaders(2, reply.setHeaders);
  writer.close(3, mark);
}

function writeDenied(field: number, reply: CheckReply & { readonly kind: 'denied' | 'error' }): void {
  const mark = writer.open();
  writer.string(3, reply.body);
  writeHeaders(2, reply.headers);
  const status = writer.open();
  writer.unsigned(1, reply.httpStatus);
  writer.close(1, status);
  writer.close(field, mark);
}

function writeStrings(field: number, texts: readonly string[]): void {
  for (const text of [...texts].reverse()) {
    writer.string(field, text);
  }
}

function writeQueryParameters(field: number, parameters: readonly HeaderToSet[]): void {
  for (const { name, value } of [...parameters].reverse()) {
    const mark = writer.open();
    writer.string(2, value);
    writer.string(1, name);
    writer.close(field, mark);
  }
}

/**
 * HeaderValueOption: Envoy up to 1.36 overwrites by `append: false`, newer ones by `append_action`; without
 * both, the client's own value stays beside ours in one of them.
 */
function writeHeaders(
  field: number,
  headers: readonly (HeaderToSet & { readonly action?: HeaderAction })[],
): void {
  for (const { name, value, action = 'overwrite' } of [...headers].reverse()) {
    const option = writer.open();
    if (value === '') {
      writer.unsigned(4, 1);
    }
    const number = HEADER_ACTIONS.indexOf(action);
    if (number > 0) {
      writer.unsigned(3, number);
    }
    writeAppend(action);
    const header = writer.open();
    writer.string(2, value);
    writer.string(1, name);
    writer.close(1, header);
    writer.close(field, option);
  }
}

/** `append` says only two of the four; where it is there, newer Envoys look at nothing else. */
function writeAppend(action: HeaderAction): void {
  if (action === 'append' || action === 'overwrite') {
    const mark = writer.open();
    if (action === 'append') {
      writer.unsigned(1, 1);
    }
    writer.close(2, mark);
  }
}

/** In the order of `HeaderAppendAction`. */
export const HEADER_ACTIONS: readonly HeaderAction[] = [
  'append',
  'addIfAbsent',
  'overwrite',
  'overwriteIfExists',
];
