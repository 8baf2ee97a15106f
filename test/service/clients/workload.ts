import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { cleanUp } from '../grpc/bed.ts';

/** Who somebody is: the certificate in hand was verified with the trust beside it. */
export interface Standing {
  readonly spiffeId: string;
  readonly serial: string;
  readonly roots: number;
}

/** What both ends of a connection say: each `<SPIFFE ID> <serial>`. */
export interface Meeting {
  readonly peer: string;
  readonly takenFor: string;
}

export interface Token {
  readonly token: string;
  readonly spiffeId: string;
  readonly audience: readonly string[];
}

/** A SPIFFE workload in a process of its own, made with a library that nobody here wrote. */
export interface Workload {
  /** Fetches certificate and trust once and holds on to them under this name. */
  keep(name: string): Promise<Standing>;
  /** The same, and follows every update. */
  follow(name: string): Promise<Standing>;
  show(name: string): Promise<Standing>;
  /** From now on remembers the serial of every certificate that is pushed. */
  watch(): Promise<unknown>;
  updates(): Promise<{ readonly serials: readonly string[] }>;
  /** Opens a port for mutual TLS that tells each client who it is taken for. */
  serve(name: string): Promise<{ readonly port: number }>;
  dial(name: string, port: number): Promise<Meeting>;
  /** Fetches a JWT-SVID and has it judged by the Workload API. */
  token(audience: string): Promise<Token>;
  /** Verifies a JWT-SVID on its own, with the keys of the JWT bundle. */
  judge(audience: string, token: string): Promise<{ readonly spiffeId: string }>;
}

/** Starts the program; every command rejects with what the library says when it fails. */
export function startWorkload([command, ...args]: readonly [string, ...string[]], socket: string): Workload {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, SPIFFE_ENDPOINT_SOCKET: `unix://${socket}` },
  });
  cleanUp(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (part: Buffer) => {
    errors = `${errors}${part.toString()}`.slice(-4096);
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (words: readonly (string | number)[]): Promise<unknown> => {
    child.stdin.write(`${words.join(' ')}\n`);
    const { value, done } = await answers.next();
    expect(done, `${command} ended: ${errors}`).not.toBe(true);
    const answer: unknown = JSON.parse(String(value));
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      throw new Error(String(answer.error));
    }
    return answer;
  };
  /** One command after the other. */
  const inTurn = <T>(...words: readonly (string | number)[]): Promise<T> => {
    const turn = last.then(() => ask(words));
    last = turn.catch(() => undefined);
    return turn as Promise<T>;
  };
  return {
    keep: (name) => inTurn('keep', name),
    follow: (name) => inTurn('follow', name),
    show: (name) => inTurn('show', name),
    watch: () => inTurn('watch'),
    updates: () => inTurn('updates'),
    serve: (name) => inTurn('serve', name),
    dial: (name, port) => inTurn('dial', name, port),
    token: (audience) => inTurn('token', audience),
    judge: (audience, token) => inTurn('judge', audience, token),
  };
}
