export { type DeltaInput, deltaRequest, deltaUpdate } from './delta.ts';
export { contentVersion, type Resource, type ResourceView } from './resource.ts';
export { type SotwInput, sotwRequest, sotwUpdate } from './sotw.ts';
export { newStream, type Sent, type Step, type StreamEvent, type StreamState } from './stream-state.ts';
export { readNames } from './subscription.ts';
