/** A path with `{*}` (one segment) or `{**}` (any number of characters). Istio specification, 1.5. */
export interface PathTemplate {
  readonly kind: 'template';
  /** Between slashes, up to `{**}`; undefined is any one segment. The last may be empty. */
  readonly head: readonly (string | undefined)[];
  /** What stands behind `{**}`, from the slash on; undefined without one. */
  readonly tail: string | undefined;
}

export type TemplateError = 'no_leading_slash' | 'empty_segment' | 'stray_brace' | 'after_rest' | 'character';

export function isPathTemplate(value: string): boolean {
  return value.includes('{*}') || value.includes('{**}');
}

/**
 * Reads a template. Stricter than Istio, whose check lets `{*}`, `//{*}` and `/{*}//` pass although
 * Envoy ends itself on them.
 */
export function parsePathTemplate(value: string): PathTemplate | TemplateError {
  if (!value.startsWith('/')) {
    return 'no_leading_slash';
  }
  const parts = value.slice(1).split('/');
  const head: (string | undefined)[] = [];
  let tail: string | undefined;
  for (const [index, part] of parts.entries()) {
    const isOperator = part === '{*}' || part === '{**}';
    if (isOperator && tail !== undefined) {
      return 'after_rest';
    }
    if (part === '{*}') {
      head.push(undefined);
    } else if (part === '{**}') {
      tail = '';
    } else if (part === '' && index < parts.length - 1) {
      return 'empty_segment';
    } else if (/[{}]/.test(part)) {
      return 'stray_brace';
    } else if (!/^[A-Za-z0-9\-._~%!$&'()+,;:@=]*$/.test(part)) {
      return 'character';
    } else if (tail === undefined) {
      head.push(part);
    } else {
      tail += `/${part}`;
    }
  }
  return { kind: 'template', head, tail };
}

/** The text that every path of the template begins with. */
export function literalPrefix({ head, tail }: PathTemplate): string {
  let prefix = '/';
  for (const [index, segment] of head.entries()) {
    if (segment === undefined) {
      return prefix;
    }
    prefix += tail === undefined && index === head.length - 1 ? segment : `${segment}/`;
  }
  return prefix;
}

/** Whether the whole path is of the template's form. In linear time: the template has at most one `{**}`. */
export function templateMatcher({ head, tail }: PathTemplate): (path: string) => boolean {
  // In front of the first slash stands nothing.
  const segments = ['', ...head];
  return (path) => {
    const parts = path.split('/', segments.length);
    if (parts.length < segments.length || !parts.every((part, index) => takes(segments[index], part))) {
      return false;
    }
    const rest = path.slice(parts.join('/').length);
    return tail === undefined ? rest === '' : REST.test(rest) && rest.slice(1).endsWith(tail);
  };
}

// `*` may not stand in a template's literal, but an operator takes it (tried).
const SEGMENT = /^[A-Za-z0-9\-._~%!$&'()+,;:@=*]+$/;
const REST = /^\/[A-Za-z0-9\-._~%!$&'()+,;:@=*/]*$/;

function takes(segment: string | undefined, part: string): boolean {
  return segment === undefined ? SEGMENT.test(part) : segment === part;
}
