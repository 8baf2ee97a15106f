import { z } from 'zod';
import { type Checked, LIMITS } from '../base/index.ts';
import { checkShape, type ManifestObject } from '../manifest/index.ts';
import { foreign, foreignObject } from './foreign-object.ts';
import { labelMap } from './label-map.ts';
import { readTraffic, WAYPOINT_FOR_LABEL, type WaypointTraffic } from './waypoint-traffic.ts';

/** A Gateway API Gateway as far as policies hang on it. */
export interface GatewayObject {
  readonly object: ManifestObject;
  readonly className: string;
  /** What a waypoint is for; undefined for a gateway. */
  readonly waypointFor: WaypointTraffic | undefined;
  /** From which namespaces services may use it as their waypoint. */
  readonly allowed: AllowedNamespaces;
}

export type AllowedNamespaces =
  | { readonly from: 'All' | 'Same' | 'None' }
  | { readonly from: 'Selector'; readonly labels: ReadonlyMap<string, string> };

/** The class of Istio's waypoints; what carries the label of one is one too, whatever its class is called. */
const WAYPOINT_CLASS = 'istio-waypoint';

const namespacesSchema = foreign({
  from: z.enum(['All', 'Same', 'Selector', 'None']).optional(),
  selector: foreign({
    matchLabels: labelMap.optional(),
    matchExpressions: z.array(z.unknown()).optional(),
  }).optional(),
});

const gatewaySchema = foreignObject({
  spec: foreign({
    gatewayClassName: z.string().min(1).max(253),
    listeners: z
      .array(
        foreign({
          protocol: z.string().max(255),
          allowedRoutes: foreign({ namespaces: namespacesSchema.optional() }).optional(),
        }),
      )
      .max(LIMITS.serviceValues)
      .optional(),
  }),
});

export function readGateway(object: ManifestObject): Checked<GatewayObject> {
  const { value, diagnostics } = checkShape(object, gatewaySchema);
  if (value === undefined) {
    return { value: undefined, diagnostics };
  }
  const { gatewayClassName, listeners = [] } = value.spec;
  const traffic = readTraffic(object, object.labels.get(WAYPOINT_FOR_LABEL));
  const tunnel = listeners.find(({ protocol }) => protocol === 'HBONE');
  return {
    value: {
      object,
      className: gatewayClassName,
      waypointFor: traffic.value ?? (gatewayClassName === WAYPOINT_CLASS ? 'service' : undefined),
      allowed: allowedBy(tunnel?.allowedRoutes?.namespaces),
    },
    diagnostics: [...diagnostics, ...traffic.diagnostics],
  };
}

/** A selector with expressions is not worked out: it allows nobody, so that nothing is bound by mistake. */
function allowedBy(namespaces: z.infer<typeof namespacesSchema> | undefined): AllowedNamespaces {
  const from = namespaces?.from ?? 'Same';
  if (from !== 'Selector') {
    return { from };
  }
  const { matchLabels, matchExpressions = [] } = namespaces?.selector ?? {};
  return matchLabels === undefined || matchExpressions.length > 0
    ? { from: 'None' }
    : { from, labels: matchLabels };
}
