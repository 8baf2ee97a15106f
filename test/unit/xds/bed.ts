import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../../../src/proto/index.ts';
import { contentVersion, type Resource, type ResourceView } from '../../../src/xds/index.ts';

export const TYPE_URL = 'type.googleapis.com/test.Thing';

export function resource(name: string, content: string): Resource {
  const value = Buffer.from(content);
  return { name, version: contentVersion(value), body: { type_url: TYPE_URL, value } };
}

/** A view of contents by name; a content of `pending` is one that is still being made. */
export function viewOf(contents: Readonly<Record<string, string>>): ResourceView {
  const all = Object.entries(contents)
    .filter(([, content]) => content !== 'pending')
    .map(([name, content]) => resource(name, content));
  return {
    all: () => all,
    get: (name) => (contents[name] === 'pending' ? 'pending' : all.find((one) => one.name === name)),
  };
}

export function versionOf(content: string): string {
  return contentVersion(Buffer.from(content));
}

export function sotw(request: Partial<DiscoveryRequest>): DiscoveryRequest {
  return {
    version_info: '',
    node: null,
    resource_names: [],
    type_url: TYPE_URL,
    response_nonce: '',
    error_detail: null,
    ...request,
  };
}

export function delta(request: Partial<DeltaDiscoveryRequest>): DeltaDiscoveryRequest {
  return {
    node: null,
    type_url: TYPE_URL,
    resource_names_subscribe: [],
    resource_names_unsubscribe: [],
    initial_resource_versions: {},
    response_nonce: '',
    error_detail: null,
    ...request,
  };
}

export const REFUSED = { code: 3, message: 'does not load' };
