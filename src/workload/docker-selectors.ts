import type { SelectorForm } from './unix-selectors.ts';

/** What the engine says about a container. */
export interface ContainerFacts {
  /** Of its first process, as the engine sees it. */
  readonly pid: number;
  /** As it was given when the container was started. */
  readonly image: string;
  /** Of the image, `sha256:<hex>`. */
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `NAME=value` each. */
  readonly environment: readonly string[];
}

export const DOCKER_PREFIX = 'docker:';
/** Selectors whose values may be secrets: shown only where an entry names them, so that no log tells more. */
export const SECRET_PREFIX = 'docker:env:';

const LABEL = 'docker:label:';
const ENVIRONMENT = SECRET_PREFIX;
const IMAGE = 'docker:image:';
const IMAGE_ID = 'docker:image_id:';
const VALUE_CHARS_MAX = 4096;
/** Of one container; what is over that is left out. */
const FACTS_MAX = 1000;

export const DOCKER_SELECTOR_FORMS: readonly SelectorForm[] = [
  { prefix: LABEL, example: `${LABEL}com.example.app:orders`, isValue: isLabel },
  { prefix: ENVIRONMENT, example: `${ENVIRONMENT}ROLE=orders`, isValue: isAssignment },
  {
    prefix: IMAGE_ID,
    example: `${IMAGE_ID}sha256:e3b0…`,
    isValue: (value) => /^sha256:[0-9a-f]{64}$/.test(value),
  },
  { prefix: IMAGE, example: `${IMAGE}registry.example.org/orders:1`, isValue: isImage },
];

/** One selector for each fact that an entry could name. */
export function dockerSelectors({ image, imageId, labels, environment }: ContainerFacts): readonly string[] {
  const all = [
    [IMAGE, image],
    [IMAGE_ID, imageId],
    ...Object.entries(labels)
      .slice(0, FACTS_MAX)
      // Of a name with a colon it could not be said where it ends.
      .flatMap(([name, value]) => (name.includes(':') ? [] : [[LABEL, `${name}:${value}`] as const])),
    ...environment.slice(0, FACTS_MAX).map((assignment) => [ENVIRONMENT, assignment] as const),
  ] as const;
  return all.flatMap(([prefix, value]) => {
    const form = DOCKER_SELECTOR_FORMS.find((one) => one.prefix === prefix);
    return form?.isValue(value) === true ? [`${prefix}${value}`] : [];
  });
}

function isLabel(value: string): boolean {
  return /^[^:\s]+:/.test(value) && isPlain(value);
}

function isAssignment(value: string): boolean {
  return /^[^=\s]+=/.test(value) && isPlain(value);
}

function isImage(value: string): boolean {
  return value !== '' && !/\s/.test(value) && isPlain(value);
}

function isPlain(value: string): boolean {
  return value.length <= VALUE_CHARS_MAX && !/\p{Cc}/u.test(value);
}
