import { SallyportError } from '../base/index.ts';
import { readSpiffeId } from '../identity/index.ts';
import { DOCKER_SELECTOR_FORMS } from './docker-selectors.ts';
import { type SelectorForm, UNIX_SELECTOR_FORMS } from './unix-selectors.ts';

/** What selectors are made of; `grpc`'s Caller is one. */
export interface SelectorSource {
  readonly transport: 'unix' | 'tcp' | 'mtls';
  /** The name of the listener. */
  readonly listener: string;
  /** URI names of the verified client certificate. */
  readonly peerUris: readonly string[];
}

const SOCKET = 'sallyport:socket:';
const MTLS = 'sallyport:mtls:';

/**
 * What its connection proves of a caller, as selectors. Plain TCP proves nothing, and neither does a certificate with
 * several URI names: which of them is meant is unclear.
 */
export function selectorsOf(caller: SelectorSource): readonly string[] {
  switch (caller.transport) {
    case 'unix':
      return [`${SOCKET}${caller.listener}`];
    case 'mtls': {
      const [uri, ...more] = caller.peerUris;
      return uri === undefined || more.length > 0 || !isClientId(uri) ? [] : [`${MTLS}${uri}`];
    }
    case 'tcp':
      return [];
  }
}

/** The name of the socket that a selector asks for; undefined for selectors of other kinds. */
export function socketOfSelector(selector: string): string | undefined {
  return selector.startsWith(SOCKET) ? selector.slice(SOCKET.length) : undefined;
}

const SELECTOR_FORMS: readonly SelectorForm[] = [
  {
    prefix: SOCKET,
    example: `${SOCKET}orders`,
    isValue: (value) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value),
  },
  { prefix: MTLS, example: `${MTLS}spiffe://example.org/ns/web/sa/frontend`, isValue: isClientId },
  ...UNIX_SELECTOR_FORMS,
  ...DOCKER_SELECTOR_FORMS,
];

/** The selector as it is compared. Throws `ERR_ENTRY_SELECTOR` for one that no caller could ever show. */
export function parseSelector(text: string): string {
  const form = SELECTOR_FORMS.find(({ prefix }) => text.startsWith(prefix));
  if (form === undefined) {
    throw new SallyportError('ERR_ENTRY_SELECTOR', `\`${text.slice(0, 200)}\` is not a selector known here`, {
      hint: `write ${SELECTOR_FORMS.map(({ example }) => `\`${example}\``).join(' or ')}`,
    });
  }
  if (!form.isValue(text.slice(form.prefix.length))) {
    throw new SallyportError(
      'ERR_ENTRY_SELECTOR',
      `\`${text.slice(0, 200)}\` holds a value that no caller can have`,
      { hint: `write such as \`${form.example}\`` },
    );
  }
  return text;
}

function isClientId(text: string): boolean {
  const id = readSpiffeId(text);
  return id !== undefined && id.path !== '';
}
