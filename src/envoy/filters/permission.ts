import { formatIpAddress, type IpRange } from '../../base/index.ts';
import type { Condition, Match, PathTemplate } from '../../policy/index.ts';
import { type JsonObject, typed } from '../typed.ts';
import { filterMetadataMatch } from './metadata-match.ts';
import { headerMatch, textMatch } from './text-match.ts';

/** The attributes that Envoy's rules ask for on the side of what is asked for. */
export type PermissionMatch = Extract<
  Match,
  { subject: 'host' | 'method' | 'path' | 'port' | 'destinationIp' | 'sni' | 'metadata' }
>;

/** A Permission that holds when all of the conditions do; without any, always. */
export function allPermissions(
  conditions: readonly (Condition & { readonly match: PermissionMatch })[],
): JsonObject {
  return conditions.length === 0
    ? { any: true }
    : { and_rules: { rules: conditions.map(({ match, negated }) => permission(match, negated)) } };
}

function permission(match: PermissionMatch, negated: boolean): JsonObject {
  const positive = { or_rules: { rules: values(match) } };
  return negated ? { not_rule: positive } : positive;
}

/** One Permission for each value. */
function values(match: PermissionMatch): readonly JsonObject[] {
  switch (match.subject) {
    case 'host':
      return match.values.map((value) => ({ header: headerMatch(':authority', value, true) }));
    case 'method':
      return match.values.map((value) => ({ header: headerMatch(':method', value) }));
    case 'path':
      return match.values.map((value) =>
        value.kind === 'template' ? uriTemplate(value) : { url_path: { path: textMatch(value) } },
      );
    case 'port':
      return match.values.map((port) => ({ destination_port: port }));
    case 'destinationIp':
      return match.values.map((range) => ({ destination_ip: cidrRange(range) }));
    case 'sni':
      return match.values.map((value) => ({ requested_server_name: textMatch(value) }));
    case 'metadata':
      return [filterMetadataMatch(match.filter, match.key, match.values)];
    default:
      return match satisfies never;
  }
}

/** A CidrRange. */
export function cidrRange({ family, bits, prefixLength }: IpRange): JsonObject {
  return { address_prefix: formatIpAddress({ family, bits }), prefix_len: prefixLength };
}

function uriTemplate(template: PathTemplate): JsonObject {
  const rest = template.tail === undefined ? [] : [`**${template.tail}`];
  const segments = [...template.head.map((segment) => segment ?? '*'), ...rest];
  return {
    uri_template: {
      name: 'uri-template',
      typed_config: typed('envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig', {
        path_template: `/${segments.join('/')}`,
      }),
    },
  };
}
