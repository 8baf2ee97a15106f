import { type IpAddress, parseIpAddress } from '../base/index.ts';
import type { Attributes } from './attributes.ts';
import { asciiLowerCase } from './match/ascii-case.ts';

/** One request under evaluation: its attributes, and what rules need of them worked out once. */
export interface Evaluation {
  readonly attributes: Attributes;
  /** Undefined when unknown or no IP address. */
  readonly sourceIp: IpAddress | undefined;
  readonly remoteIp: IpAddress | undefined;
  readonly destinationIp: IpAddress | undefined;
  /** Lower case; undefined on TCP. */
  readonly host: string | undefined;
}

export function startEvaluation(attributes: Attributes): Evaluation {
  return new LazyEvaluation(attributes);
}

/** Most rules look at few attributes, so each is worked out when the first one asks. */
class LazyEvaluation implements Evaluation {
  readonly attributes: Attributes;
  #sourceIp: IpAddress | undefined | null = null;
  #remoteIp: IpAddress | undefined | null = null;
  #destinationIp: IpAddress | undefined | null = null;
  #host: string | undefined | null = null;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  get sourceIp(): IpAddress | undefined {
    if (this.#sourceIp === null) {
      this.#sourceIp = read(this.attributes.source.address);
    }
    return this.#sourceIp;
  }

  get remoteIp(): IpAddress | undefined {
    if (this.#remoteIp === null) {
      this.#remoteIp = read(this.attributes.source.remoteAddress);
    }
    return this.#remoteIp;
  }

  get destinationIp(): IpAddress | undefined {
    if (this.#destinationIp === null) {
      this.#destinationIp = read(this.attributes.destination.address);
    }
    return this.#destinationIp;
  }

  get host(): string | undefined {
    if (this.#host === null) {
      const host = this.attributes.http?.host;
      this.#host = host === undefined ? undefined : asciiLowerCase(host);
    }
    return this.#host;
  }
}

function read(address: string | undefined): IpAddress | undefined {
  return address === undefined ? undefined : parseIpAddress(address);
}
