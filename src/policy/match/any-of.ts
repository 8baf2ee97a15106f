export type Matcher<Subject> = (subject: Subject) => boolean;

/** Whether one of them says yes; of one alone that one itself, for most conditions have one value. */
export function anyOf<Subject>(matchers: readonly Matcher<Subject>[]): Matcher<Subject> {
  const [only, ...others] = matchers;
  return only !== undefined && others.length === 0
    ? only
    : (subject) => matchers.some((matches) => matches(subject));
}

/** A matcher of each value, or of many values one that looks them up. */
export function eachOrTable<Value, Subject>(
  values: readonly Value[],
  each: (value: Value) => Matcher<Subject>,
  table: (values: readonly Value[]) => Matcher<Subject>,
): readonly Matcher<Subject>[] {
  return values.length < TABLE_FROM ? values.map(each) : [table(values)];
}

/** Below this many values comparing with each costs less than a look into a table. */
const TABLE_FROM = 8;
