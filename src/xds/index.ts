export { pushDelta, takeDelta } from './delta.ts';
export { contentVersion, type Resource, type ResourceView } from './resource.ts';
export { pushSotw, takeSotw } from './sotw.ts';
export {
  newStream,
  type Pushed,
  type Sent,
  type StreamEvent,
  type StreamState,
  type Taken,
} from './stream-state.ts';
export { bytesOf, readNames } from './subscription.ts';
