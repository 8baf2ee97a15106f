/** A path with `{*}` (one segment) or `{**}` (any number of characters). Istio specification, 1.5. */
export interface PathTemplate {
  readonly kind: 'template';
  /** Between slashes, the one in front left out; the last may be an empty literal. */
  readonly segments: readonly TemplateSegment[];
}

export type TemplateSegment = { readonly literal: string } | { readonly any: 'segment' | 'rest' };

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
  const segments: TemplateSegment[] = [];
  let hasRest = false;
  for (const [index, part] of parts.entries()) {
    if (part === '{*}' || part === '{**}') {
      if (hasRest) {
        return 'after_rest';
      }
      hasRest = part === '{**}';
      segments.push({ any: hasRest ? 'rest' : 'segment' });
    } else if (part === '' && index < parts.length - 1) {
      return 'empty_segment';
    } else if (/[{}]/.test(part)) {
      return 'stray_brace';
    } else if (!/^[A-Za-z0-9\-._~%!$&'()+,;:@=]*$/.test(part)) {
      return 'character';
    } else {
      segments.push({ literal: part });
    }
  }
  return { kind: 'template', segments };
}

/** The text that every path of the template begins with. */
export function literalPrefix(template: PathTemplate): string {
  let prefix = '/';
  for (const [index, segment] of template.segments.entries()) {
    if (!('literal' in segment)) {
      return prefix;
    }
    prefix += index === template.segments.length - 1 ? segment.literal : `${segment.literal}/`;
  }
  return prefix;
}

/** Whether the whole path is of the template's form. One pass: the template has at most one `{**}`. */
export function templateMatcher(template: PathTemplate): (path: string) => boolean {
  const at = template.segments.findIndex((segment) => 'any' in segment && segment.any === 'rest');
  if (at < 0) {
    return (path) => path.startsWith('/') && segmentsMatch(template.segments, path.slice(1).split('/'));
  }
  const head = template.segments.slice(0, at);
  const tail = template.segments.slice(at + 1);
  // Behind `{**}` stand literals alone.
  const suffix = tail.map((segment) => `/${'literal' in segment ? segment.literal : ''}`).join('');
  return (path) => {
    if (!path.startsWith('/') || !path.endsWith(suffix)) {
      return false;
    }
    const start = skipSegments(path, head.length);
    const end = path.length - suffix.length;
    return (
      start !== undefined &&
      start <= end &&
      segmentsMatch(
        head,
        path
          .slice(1, Math.max(1, start - 1))
          .split('/')
          .slice(0, head.length),
      ) &&
      REST.test(path.slice(start, end))
    );
  };
}

// `*` may not stand in a template's literal, but an operator takes it (tried).
const SEGMENT = /^[A-Za-z0-9\-._~%!$&'()+,;:@=*]+$/;
const REST = /^[A-Za-z0-9\-._~%!$&'()+,;:@=*/]*$/;

function segmentsMatch(segments: readonly TemplateSegment[], parts: readonly string[]): boolean {
  return (
    segments.length === parts.length &&
    segments.every((segment, index) => {
      const part = parts[index] ?? '';
      return 'literal' in segment ? segment.literal === part : SEGMENT.test(part);
    })
  );
}

/** The index behind the slash that follows `count` segments; undefined when there are fewer. */
function skipSegments(path: string, count: number): number | undefined {
  let index = 1;
  for (let done = 0; done < count; done++) {
    const slash = path.indexOf('/', index);
    if (slash < 0) {
      return undefined;
    }
    index = slash + 1;
  }
  return index;
}
