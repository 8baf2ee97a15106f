import { TRUST_DOMAIN } from './identities.ts';
import type { Places } from './places.ts';
import { AUTHORIZER_SOCKETS, agentSocket, PROXY_NAMES } from './proxies.ts';

/** The folders of the config folder that hold manifests. */
export const POLICIES_FOLDER = 'policies';
/** Laid out as Kubernetes mounts a ConfigMap: files are links through `..data`. */
export const MOUNTED_POLICIES_FOLDER = 'mounted-policies';
export const WORKLOADS_FOLDER = 'workloads';
export const ENTRIES_FOLDER = 'entries';

/** The text of `sallyport.yaml`. `socketOwner` is numeric; undefined leaves the sockets to who runs Sallyport. */
export function settingsText(places: Places, socketOwner: string | undefined): string {
  const { config, sockets, state } = places.folders;
  const { host, port } = places.bind('sallyport', 'admin');
  const access =
    socketOwner === undefined ? 'mode: "0600"' : `mode: "0660", owner: ${JSON.stringify(socketOwner)}`;
  const agents = PROXY_NAMES.map(
    (name) => `    - { name: ${name}, address: "unix://${sockets}/${agentSocket(name)}", ${access} }`,
  );
  const isLoopback = host === '127.0.0.1';
  return `# The settings of the lab's Sallyport.
trustDomain: ${TRUST_DOMAIN}
# Made by Sallyport itself, for a mounted volume is often open to others.
stateDir: ${JSON.stringify(`${state}/sallyport`)}
listeners:
  authz:
    - { name: sidecars, address: "unix://${sockets}/${AUTHORIZER_SOCKETS.orders}", profile: sidecar, ${access} }
    - { name: gateways, address: "unix://${sockets}/${AUTHORIZER_SOCKETS.edge}", profile: gateway, ${access} }
  # One socket for each workload: which one a caller comes in by says who it is.
  agents:
${agents.join('\n')}
  admin: { address: "${host}:${port}"${isLoopback ? '' : ', insecure: true'} }
policies: [${JSON.stringify(`${config}/${POLICIES_FOLDER}`)}, ${JSON.stringify(`${config}/${MOUNTED_POLICIES_FOLDER}`)}]
workloads: [${JSON.stringify(`${config}/${WORKLOADS_FOLDER}`)}]
entries: [${JSON.stringify(`${config}/${ENTRIES_FOLDER}`)}]
profiles:
  # The lab's Envoys tell with each call what a Check has no field for, and only they reach the sockets above.
  sidecar: { trustCallMetadata: true }
  gateway: { trustCallMetadata: true }
keys:
  # The lab's issuer is a neighbour that speaks plain HTTP; a real one is neither.
  allowHttp: true
  allowCidrs: [127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]
`;
}
