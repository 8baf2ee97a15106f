import { isLabelValue, isQualifiedName, textMap } from '../manifest/index.ts';

/** Labels, or the labels that a selector asks for, as Kubernetes allows them. */
export const labelMap = textMap.superRefine((labels, context) => {
  for (const [key, value] of labels) {
    if (!isQualifiedName(key) || !isLabelValue(value)) {
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `${isQualifiedName(key) ? 'value' : 'key'} is not one that Kubernetes allows in a label`,
        params: { code: 'ERR_MANIFEST_METADATA' },
      });
    }
  }
});
