import { parseIpRange } from '../../base/index.ts';
import { isPathTemplate, parsePathTemplate, type TemplateError } from '../match/path-template.ts';
import { parsePort } from '../match/port.ts';
import { type FieldProblem, quoted } from './field.ts';

/** The values that fields of a policy take; each check answers what is wrong, or nothing. */

export function ipProblem(text: string): FieldProblem | undefined {
  return parseIpRange(text) === undefined
    ? {
        code: 'ERR_POLICY_IP',
        message: `${quoted(text)} is neither an IP address nor a CIDR range`,
        hint: 'write `10.1.2.3`, `10.1.0.0/16` or `2001:db8::/32`, without leading zeros or zone',
      }
    : undefined;
}

export function portProblem(text: string): FieldProblem | undefined {
  return parsePort(text) === undefined
    ? {
        code: 'ERR_POLICY_PORT',
        message: `${quoted(text)} is not a port`,
        hint: 'write a whole number from 0 to 65535 in quotes; a port has no wildcard',
      }
    : undefined;
}

export function serviceAccountProblem(text: string): FieldProblem | undefined {
  const parts = text.split('/');
  if (text.length > 320 || parts.length > 2 || parts.includes('') || text.includes('*')) {
    return {
      code: 'ERR_POLICY_SERVICE_ACCOUNT',
      message: `${quoted(text)} is not a service account`,
      hint: 'write `name` for the namespace of the policy, or `namespace/name`, without wildcards',
    };
  }
  return undefined;
}

export function trustDomainProblem(text: string): FieldProblem | undefined {
  const star = text.indexOf('*');
  const isInside = star > 0 && star < text.length - 1;
  if (text.includes('/') || isInside || star !== text.lastIndexOf('*')) {
    return {
      code: 'ERR_POLICY_TRUST_DOMAIN',
      message: `${quoted(text)} is not a trust domain`,
      hint: 'one `*` may stand at the start or at the end, and no `/` anywhere',
    };
  }
  return undefined;
}

export function pathProblem(text: string): FieldProblem | undefined {
  if (!isPathTemplate(text)) {
    return /[{}]/.test(text) ? { ...TEMPLATE, message: TEMPLATE_MESSAGES.stray_brace } : undefined;
  }
  const parsed = parsePathTemplate(text);
  return typeof parsed === 'string' ? { ...TEMPLATE, message: TEMPLATE_MESSAGES[parsed] } : undefined;
}

const TEMPLATE = {
  code: 'ERR_POLICY_PATH_TEMPLATE',
  hint: 'write whole segments, such as `/orders/{*}/items` or `/static/{**}`',
} as const;

const TEMPLATE_MESSAGES: Readonly<Record<TemplateError, string>> = {
  no_leading_slash: 'a path template has to begin with `/`',
  empty_segment: 'a path template must not have an empty segment',
  stray_brace: '`{` and `}` stand only in `{*}` and `{**}`, each a whole segment',
  after_rest: '`{**}` has to be the last operator of a path template',
  character: 'a segment of a path template holds a character that Envoy does not take there',
};
